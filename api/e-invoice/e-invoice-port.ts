/** Who the invoice is made out to. It goes to the tax platform and is kept nowhere here. */
export interface InvoiceBuyer {
  readonly title: string;
  /** Taxpayer identification number (纳税人识别号); absent for a person. */
  readonly taxNumber?: string | undefined;
  readonly email?: string | undefined;
}

/** A line of a bill, as it was rated; amounts with 6 decimals, before any rounding of the platform's. */
export interface InvoiceLine {
  readonly name: string;
  readonly unit: string;
  readonly quantity: string;
  readonly price: string;
  readonly amount: string;
}

export interface InvoiceRequest {
  /** Id of the statement: an invoice is asked for once for each, however often the request is sent. */
  readonly statement: string;
  readonly period: string;
  readonly currency: string;
  readonly buyer: InvoiceBuyer;
  readonly lines: readonly InvoiceLine[];
  readonly total: string;
}

export type InvoiceState =
  | { readonly state: 'asked'; readonly reference: string }
  | { readonly state: 'issued'; readonly reference: string; readonly number: string }
  | { readonly state: 'refused'; readonly reference: string; readonly reason: string };

/**
 * The way to a platform of electronic invoices (全面数字化的电子发票), such as a tax authority's or that of a
 * provider that is licensed for it. An adapter passes `test/ports/e-invoice-contract.ts`.
 */
export interface EInvoicePort {
  /** Whether there is a platform behind it. Where there is none every question is refused. */
  readonly isConnected: boolean;
  /**
   * Asks for an invoice; durable at the platform when the promise resolves. The same request again is answered with
   * its present state. Refuses `e-invoice-not-connected`, `e-invoice-differs` where the statement was asked for
   * with other content, `provider-unavailable` when nothing is known and it may be sent again.
   */
  request(request: InvoiceRequest): Promise<InvoiceState>;
  /** Undefined where none was asked for. Refuses `e-invoice-not-connected`, `provider-unavailable`. */
  find(statement: string): Promise<InvoiceState | undefined>;
}
