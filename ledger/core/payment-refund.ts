import { ORDER, ORDER_PARTS, PROVIDER } from './orders.ts';
import { ID, integer, MICROS, object, oneOf, type Read, shown, TIME, text } from './shape.ts';

/**
 * A refund that a provider is to make: what is known of it outside the log. While it is under way its money
 * is in a wallet of the account's own that nothing else touches; the log has both moves, and the payout.
 */

/** The wallet of an account that holds what is being given back. */
export const REFUND_WALLET = 'refund';

const PRINTABLE = /^[\x21-\x7e]{1,128}$/;

export const paymentRefund = object(
  {
    /** Our number of it at the provider. */
    refund: text(ORDER),
    provider: text(PROVIDER),
    payment: text(PRINTABLE),
    order: shown(1, 128),
    account: text(ID),
    /** The wallets that it is taken from. */
    parts: ORDER_PARTS,
    amount: text(MICROS),
    /** Of the payment. */
    paid: text(MICROS),
    currency: text(/^[A-Z]{3}$/),
    reason: text(ID),
    approval: object({ asked: text(ID), approved: text(ID) }),
    askedAt: text(TIME),
    /**
     * `asked`: to be sent, or sent without an answer; `waiting`: the provider has it; `paid`: the payer has
     * the money; `declined`: never paid, the money is back in its wallets; `returned`: paid and come back.
     */
    state: oneOf('asked', 'waiting', 'paid', 'declined', 'returned'),
  },
  {
    /** The provider's number of it. */
    id: text(PRINTABLE),
    /** Number of the account's `refund.paid`. */
    n: integer(),
    endedAt: text(TIME),
    /** Why it was declined or came back: the name of the exception, and what the provider said. */
    problem: oneOf('refund-declined', 'refund-returned'),
    said: shown(1, 256),
  },
);

export type PaymentRefund = Read<typeof paymentRefund>;

/** Whether nobody knows yet how it ends. */
export function isUnderWay({ state }: PaymentRefund): boolean {
  return state === 'asked' || state === 'waiting';
}
