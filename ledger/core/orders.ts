import { WALLET } from './event-data.ts';
import { ID, integer, list, MICROS, object, oneOf, type Read, shown, TIME, text } from './shape.ts';

/**
 * What is known of money on its way in, outside the log: an order that somebody wants to pay, and a payment
 * that a provider has told of. The log has the credit; these say where it came from.
 */

const part = object({ wallet: text(WALLET), amount: text(MICROS) });

/** How money is shared among the wallets of one account. */
export const ORDER_PARTS = list(part, 8);
export const ORDER = /^[A-Za-z0-9]{6,32}$/;
export const PROVIDER = /^[a-z][a-z0-9-]{0,31}$/;

export const paymentOrder = object(
  {
    order: text(ORDER),
    account: text(ID),
    provider: text(PROVIDER),
    way: text(ID),
    /** How the money is shared among wallets, as the payer was shown it before. */
    parts: ORDER_PARTS,
    amount: text(MICROS),
    currency: text(/^[A-Z]{3}$/),
    openedAt: text(TIME),
    expiresAt: text(TIME),
    /**
     * `open`: may be paid; `paid`: credited; `closed`: the provider takes no payment for it any more. What
     * is paid all the same after that is credited, too.
     */
    state: oneOf('open', 'paid', 'closed'),
  },
  { payment: text(/^[\x21-\x7e]{1,128}$/) },
);

/** Why a payment waits for somebody who knows whose it is. */
export const SUSPENSE_REASONS = [
  'order-unknown',
  'amount-differs',
  'order-paid-already',
  'account-closed',
] as const;

export const paymentTaken = object(
  {
    provider: text(PROVIDER),
    payment: text(/^[\x21-\x7e]{1,128}$/),
    order: shown(1, 128),
    amount: text(MICROS),
    currency: text(/^[A-Z]{3}$/),
    paidAt: text(TIME),
    takenAt: text(TIME),
    state: oneOf('credited', 'suspense', 'resolved'),
    /** Where it was credited: the account and the numbers of its events. */
    account: text(ID),
    credits: list(integer(), 8),
  },
  {
    reason: oneOf(...SUSPENSE_REASONS),
    /** What its provider gave back of it, or is to: no refund goes beyond what is left. */
    refunded: text(MICROS),
  },
);

export type OrderPart = Read<typeof part>;
export type PaymentOrderDoc = Read<typeof paymentOrder>;
export type PaymentTaken = Read<typeof paymentTaken>;
export type SuspenseReason = (typeof SUSPENSE_REASONS)[number];
