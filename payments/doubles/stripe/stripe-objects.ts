import type { HeldPayment, HeldRefund } from '../double.ts';
import type { KeptOrder } from '../order-book.ts';

export type StripeObject = Readonly<Record<string, unknown>>;

/** What Stripe keeps of an order besides number, amount and time. */
export interface StripeDetail {
  /** Of the session. */
  readonly id: string;
  readonly createdMs: number;
  readonly title: string;
  readonly successUrl: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Of the payment intent, and then of the charge. */
  readonly paymentMetadata: Readonly<Record<string, string>>;
}

/** A Checkout Session, its payment intent expanded as far as the charge. */
export function sessionObject(
  { order, amount, expiresMs, detail, state, payment }: KeptOrder<StripeDetail>,
  url: string,
  nowMs: number,
): StripeObject {
  const isOpen = state === 'open' && nowMs < expiresMs;
  const status = isOpen ? 'open' : state === 'paid' ? 'complete' : 'expired';
  const minor = Number(amount.minor);
  return {
    id: detail.id,
    object: 'checkout.session',
    amount_subtotal: minor,
    amount_total: minor,
    client_reference_id: order,
    created: seconds(detail.createdMs),
    currency: amount.currency.toLowerCase(),
    expires_at: seconds(expiresMs),
    livemode: false,
    metadata: detail.metadata,
    mode: 'payment',
    payment_intent: payment === undefined ? null : intentObject(payment, detail),
    payment_status: payment === undefined ? 'unpaid' : 'paid',
    status,
    success_url: detail.successUrl,
    url: isOpen ? url : null,
  };
}

export function chargeObject(
  held: HeldPayment,
  metadata: Readonly<Record<string, string>>,
  minor = held.amount.minor,
): StripeObject {
  return {
    id: held.id,
    object: 'charge',
    amount: Number(minor),
    amount_captured: Number(minor),
    balance_transaction: transactionId(held.id),
    captured: true,
    created: seconds(held.paidMs),
    currency: held.amount.currency.toLowerCase(),
    livemode: false,
    metadata,
    paid: true,
    payment_intent: intentId(held.id),
    status: 'succeeded',
  };
}

export function refundObject(
  held: HeldRefund,
  metadata: Readonly<Record<string, string>>,
  minor = held.amount.minor,
): StripeObject {
  return {
    id: held.id,
    object: 'refund',
    amount: Number(minor),
    charge: held.payment,
    created: seconds(held.askedMs),
    currency: held.amount.currency.toLowerCase(),
    metadata,
    payment_intent: intentId(held.payment),
    status: { waiting: 'pending', paid: 'succeeded', failed: 'failed' }[held.state],
  };
}

/** A line of the account's balance: of a charge or a refund, with the object that it came from. */
export function transactionObject(
  source: { readonly id: string; readonly feeTenThousandths: bigint },
  gross: { readonly minor: bigint; readonly currency: string; readonly atMs: number },
  category: 'charge' | 'refund',
  expanded: StripeObject | undefined,
): StripeObject {
  const amount = Number(gross.minor);
  const fee = Number(source.feeTenThousandths / 10_000n);
  return {
    id: transactionId(source.id),
    object: 'balance_transaction',
    amount,
    available_on: seconds(gross.atMs) + 2 * 86_400,
    created: seconds(gross.atMs),
    currency: gross.currency.toLowerCase(),
    fee,
    net: amount - fee,
    reporting_category: category,
    source: expanded ?? source.id,
    status: 'available',
    type: category,
  };
}

export function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

function intentObject(held: HeldPayment, detail: StripeDetail): StripeObject {
  return {
    id: intentId(held.id),
    object: 'payment_intent',
    amount: Number(held.amount.minor),
    currency: held.amount.currency.toLowerCase(),
    latest_charge: chargeObject(held, detail.paymentMetadata),
    metadata: detail.paymentMetadata,
    status: 'succeeded',
  };
}

function intentId(charge: string): string {
  return charge.replace('ch_', 'pi_');
}

function transactionId(source: string): string {
  return `txn_${source}`;
}
