import { parseMicros } from './decimal.ts';
import type { AdjustmentPosted } from './money-moves.ts';
import { ORDER_PARTS } from './orders.ts';
import { ID, integer, list, MICROS, object, oneOf, type Read, shown, TIME, text } from './shape.ts';

/** The front desk: what is known of a cashier's shift and its receipts outside the log, which has the credits. */

export const DESK = /^[a-z][a-z0-9-]{0,23}$/;
export const DESK_METHODS = ['cash', 'pos', 'transfer', 'cheque'] as const;
export type DeskMethod = (typeof DESK_METHODS)[number];

/** Above it a drawer that does not agree is posted by two people; up to it by the cashier alone. */
export const ALONE_MICROS = 10_000_000n;
/** Where a drawer's difference goes: short it is our loss, over it is nobody's money yet. */
export const DRAWER_BOOK = 'write-off:drawer';
export const CASH_BOOK = 'cash:cash';
export const DRAWER_REASONS = ['cash-over', 'cash-short'] as const;

export const deskDoc = object(
  {
    desk: text(DESK),
    /** Number of its last receipt: each next one is one more, over all shifts. */
    receipts: integer(),
  },
  { shift: text(ID) },
);

export const shiftDoc = object(
  {
    shift: text(ID),
    desk: text(DESK),
    cashier: text(ID),
    openedAt: text(TIME),
    /** In the drawer before the first receipt. */
    float: text(MICROS),
    /** `open`: takes money; `counted`: the drawer differs by more than one person may post; `closed`. */
    state: oneOf('open', 'counted', 'closed'),
    /** Number of the desk's last receipt before the shift, and of the last one of it. */
    after: integer(),
    last: integer(),
    cash: text(MICROS),
    pos: text(MICROS),
    transfer: text(MICROS),
    cheque: text(MICROS),
    /** Refunds out of the drawer. */
    paidOut: text(MICROS),
    /** In the drawer by the books: float and cash less what was paid out. */
    expected: text(MICROS),
  },
  {
    counted: text(MICROS),
    /** What was counted beyond what was expected; negative where it is less. */
    difference: text(MICROS),
    countedAt: text(TIME),
    note: shown(1, 256),
    approval: text(ID),
    closedAt: text(TIME),
  },
);

export const receiptDoc = object(
  {
    receipt: text(ID),
    shift: text(ID),
    account: text(ID),
    method: oneOf(...DESK_METHODS),
    /** Negative of a refund. */
    amount: text(MICROS),
    parts: ORDER_PARTS,
    /** Numbers of the account's events. */
    events: list(integer(), 8),
    by: text(ID),
    at: text(TIME),
  },
  { reference: shown(1, 128) },
);

export type DeskDoc = Read<typeof deskDoc>;
export type ShiftDoc = Read<typeof shiftDoc>;
export type ReceiptDoc = Read<typeof receiptDoc>;

/** The receipt of a desk by its number: `lobby-00000042`. They sort as they were written. */
export function receiptName(desk: string, number: number): string {
  return `${desk}-${String(number).padStart(8, '0')}`;
}

/**
 * Whether an entry is the difference of one drawer that a cashier posts alone: those two books and no
 * other, at most `ALONE_MICROS`, and the cashier's id beside the shift's.
 */
export function isOfDrawer(data: AdjustmentPosted): boolean {
  const { postings, reason, order, reference } = data;
  const [cash, loss] = postings;
  if (postings.length !== 2 || order === undefined || reference === undefined) return false;
  if (cash?.account !== CASH_BOOK || loss?.account !== DRAWER_BOOK) return false;
  const micros = parseMicros(cash.amount);
  if (micros > ALONE_MICROS || micros < -ALONE_MICROS) return false;
  return reason === (micros > 0n ? 'cash-over' : 'cash-short');
}
