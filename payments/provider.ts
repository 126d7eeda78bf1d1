/** The providers that money comes in by; the front desk is none, it has no other side to ask. */
export const PROVIDER_NAMES = ['stripe', 'alipay', 'wechat', 'unionpay'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** An amount as providers count it: whole minor units (fen, cents), of one currency (ISO 4217). */
export interface MinorAmount {
  readonly minor: bigint;
  readonly currency: string;
}

/** An order of ours, to be opened at a provider. */
export interface PaymentOrder {
  /** Our number of it: 6 to 32 of `A-Z a-z 0-9`, never used twice, the same at every provider. */
  readonly order: string;
  readonly amount: MinorAmount;
  /** Shown to the payer; it names no person. At most 120 characters. */
  readonly title: string;
  /** How the payer pays, one of the provider's `ways`. */
  readonly way: string;
  readonly openedMs: number;
  /** From then on the provider takes no payment for it. */
  readonly expiresMs: number;
  /** Where the payer's browser comes back to. It proves nothing. */
  readonly returnUrl: string;
  /** The payer's id at the provider, where the way asks for it (WeChat's `openid`). */
  readonly payer?: string;
  /** The payer's address, where the way asks for it (WeChat H5). */
  readonly payerAddress?: string;
}

/**
 * What the payer's device needs to pay: an address to go to, a text to show as a code, a form to
 * send by POST, or the parameters of a call in the provider's own application.
 */
export type PaymentStart =
  | { readonly kind: 'redirect'; readonly url: string }
  | { readonly kind: 'code'; readonly text: string }
  | {
      readonly kind: 'form';
      readonly url: string;
      readonly fields: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'call'; readonly parameters: Readonly<Record<string, string>> };

/** What a provider says of one order. `payment` and `amount` are of the payment, once there is one. */
export interface OrderState {
  readonly order: string;
  /**
   * `open`: not paid, may still be; `paid`: the provider has the money; `closed`: never paid, and never
   * will be; `unknown`: the provider has no such order, which for a while may only mean not yet.
   * What was paid and given back, in part or whole, is `paid`: refunds are asked for one by one.
   */
  readonly state: 'open' | 'paid' | 'closed' | 'unknown';
  readonly payment?: ProviderPayment;
}

/** Money that a provider has taken. It is credited once by (provider, `id`), whoever tells of it. */
export interface ProviderPayment {
  /** The provider's own number. */
  readonly id: string;
  readonly order: string;
  readonly amount: MinorAmount;
  readonly paidMs: number;
}

/** A refund that was asked for, by our own number of it; asked for again it is the same refund. */
export interface RefundOrder {
  /** As `PaymentOrder.order`. */
  readonly refund: string;
  readonly order: string;
  /** The provider's number of the payment. */
  readonly payment: string;
  /** Of the payment; some providers want it repeated. */
  readonly paid: MinorAmount;
  /** At most what is left of the payment. */
  readonly amount: MinorAmount;
  readonly reason: string;
  readonly askedMs: number;
}

export interface RefundState {
  readonly refund: string;
  /** `unknown`: the provider has no such refund, so ask for it (again) with the same number. */
  readonly state: 'waiting' | 'paid' | 'failed' | 'unknown';
  /** The provider's number of it, once it has one. */
  readonly id?: string;
  readonly amount?: MinorAmount;
}

/** A request as it came: names of headers in lower case, the body byte by byte. */
export interface RawNotification {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * What a notification says after its signature was verified. It is never believed alone: who takes it
 * asks `order` or `refundState` when anything is in doubt, and the settlement file has the last word.
 */
export type Notification =
  | { readonly kind: 'payment'; readonly payment: ProviderPayment }
  | { readonly kind: 'refund'; readonly order: string; readonly refund: RefundState }
  | { readonly kind: 'closed'; readonly order: string }
  /** Verified, and of no concern to us: answered so that it is not sent again. */
  | { readonly kind: 'other'; readonly what: string };

/** An HTTP answer to a notification. */
export interface NotificationAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/**
 * The port between Billproof and one merchant's account at a provider. Every method that asks may throw
 * `ProviderUnavailable`: nothing is known then, and the same question may be asked again, with no effect
 * that is doubled. A `Refusal` is an answer that time alone does not change. Nothing is kept here:
 * orders, payments and refunds are the caller's to remember.
 */
export interface PaymentProvider {
  readonly name: ProviderName;
  /** How a payer can pay, such as `native`, `jsapi`, `h5`. */
  readonly ways: readonly string[];
  /** Our number there, as its settlement files name us; a file is checked to be ours by it. */
  readonly merchant: string;
  /** Currencies that it takes, ISO 4217. */
  readonly currencies: readonly string[];
  /**
   * Opens an order; an order that is opened already is opened once. Refuses `currency-not-taken`,
   * `amount-out-of-range`, `way-unknown`, `order-paid`, `order-closed`, `payment-refused` (what the
   * provider said is in `params`).
   */
  open(order: PaymentOrder): Promise<PaymentStart>;
  /** What became of an order. The way to find out after an error, a lost notification, an expiry. */
  order(order: Pick<PaymentOrder, 'order' | 'openedMs' | 'amount'>): Promise<OrderState>;
  /** Ends an order that nobody shall pay any more. Refuses `order-paid`. An ended order is ended. */
  close(order: Pick<PaymentOrder, 'order' | 'openedMs' | 'amount'>): Promise<void>;
  /** Asks for a refund. Refuses `refund-refused`. The answer is often only `waiting`. */
  refund(refund: RefundOrder): Promise<RefundState>;
  refundState(refund: RefundOrder): Promise<RefundState>;
  /**
   * Verifies a notification over its raw bytes and reads it. Refuses `notification-unsigned` (no or a
   * wrong signature, an unknown key, a tag that differs), `notification-stale` (its time is more than
   * five minutes off), `notification-not-ours` (another merchant or application), `notification-bad`.
   */
  readNotification(raw: RawNotification, nowMs: number): Promise<Notification>;
  /** How the provider wants to hear that it was taken (`taken`), or that it should come again. */
  answer(taken: boolean): NotificationAnswer;
  /**
   * The settlement file of one day of the provider's own calendar (`2026-09-01`), as it came; undefined
   * while it is not made yet. An empty day has a file without rows, or `rows: false`.
   * Refuses `settlement-hash-differs`.
   */
  settlementFile(day: string): Promise<SettlementFile | undefined>;
}

export interface SettlementFile {
  /** As it came from the provider: what is hashed, kept and named in the reconciliation. */
  readonly bytes: Uint8Array;
  /** False where the provider answered that the day has no bill because nothing happened. */
  readonly rows: boolean;
}

/** The provider did not answer, or not in a way that tells anything. */
export class ProviderUnavailable extends Error {
  readonly code = 'provider-unavailable';
}
