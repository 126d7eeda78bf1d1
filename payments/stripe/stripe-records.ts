import { z } from 'zod';
import type { MinorAmount, OrderState, ProviderPayment, RefundState } from '../provider.ts';

const minor = z.int().nonnegative();
const currency = z.string().regex(/^[a-z]{3}$/);
const seconds = z.int().positive();
const metadata = z.record(z.string(), z.string());

const chargeShape = z.object({
  object: z.literal('charge'),
  id: z.string().min(1),
  amount: minor,
  currency,
  created: seconds,
  status: z.enum(['succeeded', 'pending', 'failed']),
  metadata,
});

const intentShape = z.object({
  status: z.string(),
  latest_charge: chargeShape.nullable(),
});

const sessionShape = z.object({
  object: z.literal('checkout.session'),
  id: z.string().min(1),
  client_reference_id: z.string().nullable(),
  status: z.enum(['open', 'complete', 'expired']),
  payment_status: z.enum(['paid', 'unpaid', 'no_payment_required']),
  url: z.string().nullish(),
  /** Expanded as far as the charge; there is none before somebody tries to pay. */
  payment_intent: intentShape.nullish(),
});

export type Session = z.infer<typeof sessionShape>;

/** A Checkout Session, with `payment_intent.latest_charge` expanded. Undefined where it is none. */
export function readSession(json: unknown): Session | undefined {
  return sessionShape.safeParse(json).data;
}

/**
 * What a session says of its order; undefined where Stripe says that it is paid and not by what. A charge
 * that succeeded is money, whatever the session says.
 */
export function stateOf(order: string, session: Session): OrderState | undefined {
  const { status, payment_status: paymentStatus, payment_intent: intent } = session;
  const charge = intent?.latest_charge;
  if (charge?.status === 'succeeded') {
    return { order, state: 'paid', payment: paymentOf(order, charge) };
  }
  if (paymentStatus === 'paid') return undefined;
  if (status === 'open') return { order, state: 'open' };
  if (status === 'expired') return { order, state: 'closed' };
  // Completed, and the bank has not decided yet; or it has said no, and the page is gone.
  const isOver = intent?.status === 'canceled' || intent?.status === 'requires_payment_method';
  return { order, state: isOver ? 'closed' : 'open' };
}

/** What the event of a charge that succeeded carries. */
export interface ChargeRecord {
  /** Undefined where the charge is none of ours: the account may sell other things too. */
  readonly payment: ProviderPayment | undefined;
}

/** Undefined where it is no charge that succeeded. */
export function readCharge(json: unknown): ChargeRecord | undefined {
  const { data: charge } = chargeShape.safeParse(json);
  if (charge?.status !== 'succeeded') return undefined;
  const { order } = charge.metadata;
  return { payment: order === undefined ? undefined : paymentOf(order, charge) };
}

/** The charge is the payment: it is what settlement rows and refunds name. */
function paymentOf(order: string, charge: z.infer<typeof chargeShape>): ProviderPayment {
  return { id: charge.id, order, amount: amountOf(charge), paidMs: charge.created * 1_000 };
}

const refundShape = z.object({
  object: z.literal('refund'),
  id: z.string().min(1),
  amount: minor,
  currency,
  status: z.enum(['pending', 'requires_action', 'succeeded', 'failed', 'canceled']),
  metadata,
});

/** `order` and `refund` are undefined where the refund was made by hand, in Stripe's dashboard. */
export interface RefundRecord {
  readonly order: string | undefined;
  readonly refund: string | undefined;
  readonly state: Omit<RefundState, 'refund'>;
}

export function readRefund(json: unknown): RefundRecord | undefined {
  const { data } = refundShape.safeParse(json);
  if (data === undefined) return undefined;
  const { id, status, metadata: ours } = data;
  const { order, refund } = ours;
  return { order, refund, state: { state: REFUND_STATES[status], id, amount: amountOf(data) } };
}

const REFUND_STATES = {
  pending: 'waiting',
  requires_action: 'waiting',
  succeeded: 'paid',
  failed: 'failed',
  canceled: 'failed',
} as const;

function amountOf(object: { readonly amount: number; readonly currency: string }): MinorAmount {
  return { minor: BigInt(object.amount), currency: object.currency.toUpperCase() };
}

const listShape = z.object({
  object: z.literal('list'),
  has_more: z.boolean(),
  data: z.array(z.looseObject({ id: z.string().min(1) })),
});

export type ListPage = z.infer<typeof listShape>;

export function readList(json: unknown): ListPage | undefined {
  return listShape.safeParse(json).data;
}
