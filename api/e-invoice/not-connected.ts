import { Refusal } from '../../ledger/core/refusal.ts';
import type { EInvoicePort, InvoiceState } from './e-invoice-port.ts';

/**
 * No platform: what this product has until an adapter is written against one. It never says that an invoice
 * was asked for, since a tenant would wait for it.
 */
export class NotConnected implements EInvoicePort {
  readonly isConnected = false;

  async request(): Promise<InvoiceState> {
    throw notConnected();
  }

  async find(): Promise<InvoiceState | undefined> {
    throw notConnected();
  }
}

function notConnected(): Refusal {
  return new Refusal(
    'e-invoice-not-connected',
    'No platform for electronic invoices is connected. Ask the property office for the invoice.',
  );
}
