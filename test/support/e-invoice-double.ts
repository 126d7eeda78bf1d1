import { isDeepStrictEqual } from 'node:util';
import type {
  EInvoicePort,
  InvoiceRequest,
  InvoiceState,
} from '../../api/e-invoice/e-invoice-port.ts';
import { Refusal } from '../../ledger/core/refusal.ts';

/** A platform that issues what it was asked for when it is told to. */
export class EInvoiceDouble implements EInvoicePort {
  readonly isConnected = true;
  readonly asked = new Map<string, InvoiceRequest>();
  readonly #numbers = new Map<string, string>();

  async request(request: InvoiceRequest): Promise<InvoiceState> {
    const known = this.asked.get(request.statement);
    if (known !== undefined && !isDeepStrictEqual(known, request)) {
      throw new Refusal('e-invoice-differs', 'This invoice was asked for with other content.');
    }
    this.asked.set(request.statement, structuredClone(request));
    return this.#stateOf(request.statement);
  }

  async find(statement: string): Promise<InvoiceState | undefined> {
    return this.asked.has(statement) ? this.#stateOf(statement) : undefined;
  }

  issue(statement: string, number: string): void {
    this.#numbers.set(statement, number);
  }

  #stateOf(statement: string): InvoiceState {
    const number = this.#numbers.get(statement);
    const reference = `R-${statement}`;
    return number === undefined
      ? { state: 'asked', reference }
      : { state: 'issued', reference, number };
  }
}
