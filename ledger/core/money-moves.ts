import { formatMicros, parseMicros } from './decimal.ts';
import { type Posting, postings, WALLET } from './event-data.ts';
import {
  HASH,
  ID,
  integer,
  list,
  MICROS,
  object,
  oneOf,
  PERIOD,
  type Read,
  shown,
  text,
} from './shape.ts';

/**
 * Money that moves besides top-ups, fees and metered charges: `data` of `refund.paid`, `reversal.posted`
 * and `adjustment.posted` (docs/formats.md, 4). `amount` of a move is the tenant's gain, so what takes
 * money from a wallet is negative; a refund alone names what was paid out, as a positive amount.
 */

/** Who asked and who, somebody else, agreed: ids of staff, never names. */
export const approval = object({ asked: text(ID), approved: text(ID) });
export const approvalOf = approval;
/** An earlier event of the same account: its number and its commitment. */
export const pastEvent = object({ n: integer(), hash: text(HASH) });
const move = object({ wallet: text(WALLET), amount: text(MICROS), balance: text(MICROS) });

export const refundPaid = object(
  {
    amount: text(MICROS),
    wallet: text(WALLET),
    balance: text(MICROS),
    period: text(PERIOD),
    method: text(ID),
    reason: text(ID),
    approval,
    postings,
  },
  {
    /** The top-up that is given back. */
    of: pastEvent,
    /** The provider's number of the refund, or the number of the slip. */
    reference: shown(1, 128),
  },
);

export const reversalPosted = object({
  of: pastEvent,
  moves: list(move, 8),
  period: text(PERIOD),
  reason: text(ID),
  approval,
  postings,
});

/**
 * Why money is moved by a decision. `transfer`: between the account's own wallets, by the tenant's order;
 * `write-off`: a debt that is given up; `surplus`: what was collected above the grid's bill goes back;
 * `goodwill`: a present; `correction`: of a charge that was wrong; `suspense`: money whose owner was not
 * known leaves the account where it waited; `settlement`: what is left when an account ends, to or from another;
 * `entry`: between books of the house, such as a provider's fee. It moves no wallet and stands in no tenant's chain.
 * `debt`: what a wallet owes is put aside, to be recovered from top-ups; `emergency`: credit that the tenant asks for.
 */
export const ADJUSTMENT_KINDS = [
  'transfer',
  'write-off',
  'surplus',
  'goodwill',
  'correction',
  'suspense',
  'settlement',
  'entry',
  'debt',
  'emergency',
] as const;

/** The chain of a site's own books: it has entries and closings, and no wallet. */
export const BOOKS_ACCOUNT = 'books';
/** Where money waits whose owner is not known. */
export const SUSPENSE_ACCOUNT = 'suspense';

export const adjustmentPosted = object(
  {
    kind: oneOf(...ADJUSTMENT_KINDS),
    moves: list(move, 8),
    period: text(PERIOD),
    reason: text(ID),
    postings,
  },
  {
    /** Of every kind but those that the tenant orders, and of a drawer's small difference. */
    approval,
    /** The tenant's order: who gave it. Of a drawer's small difference: the cashier (`isOfDrawer`). */
    order: text(ID),
    reference: shown(1, 128),
    /** Of a surplus: the settled period of the site, and the account's own statement of it. */
    share: object({ settled: pastEvent, statement: pastEvent }),
  },
);

export const MOVES = ['refund.paid', 'reversal.posted', 'adjustment.posted'] as const;
export type MoveType = (typeof MOVES)[number];

export function isMove(type: string): type is MoveType {
  return MOVES.some((move) => move === type);
}

export type Approval = Read<typeof approval>;
export type PastEvent = Read<typeof pastEvent>;
export type MoneyMove = Read<typeof move>;
export type RefundPaid = Read<typeof refundPaid>;
export type ReversalPosted = Read<typeof reversalPosted>;
export type AdjustmentPosted = Read<typeof adjustmentPosted>;
export type AdjustmentKind = (typeof ADJUSTMENT_KINDS)[number];

/** Kinds that only ever give to the tenant. */
const GIVING: readonly string[] = ['write-off', 'surplus', 'goodwill', 'debt', 'emergency'];

/** Kinds that take the tenant's order, and no approval. */
export function isOrdered(kind: AdjustmentKind): boolean {
  return kind === 'transfer' || kind === 'emergency';
}

/**
 * Whether moves are what their kind allows: each wallet once and not for nothing, a transfer that adds up to
 * zero, a gift that takes from nobody.
 */
export function isOfKind(
  kind: AdjustmentKind,
  moves: readonly { readonly wallet: string; readonly micros: bigint }[],
): boolean {
  // An entry is no move of a wallet, whatever it says.
  if (kind === 'entry') return false;
  const wallets = new Set(moves.map(({ wallet }) => wallet));
  if (moves.length === 0 || wallets.size < moves.length) return false;
  if (moves.some(({ micros }) => micros === 0n)) return false;
  if (kind === 'transfer') return moves.reduce((sum, { micros }) => sum + micros, 0n) === 0n;
  return !GIVING.includes(kind) || moves.every(({ micros }) => micros > 0n);
}

/** Types of events that `reversal.posted` can undo. */
export const REVERSIBLE: readonly string[] = [
  'topup.credited',
  'fee.charged',
  'charge.posted',
  'refund.paid',
  'adjustment.posted',
];

/**
 * The book on the other side of each kind of adjustment; `#` stands for the wallet, `@` for the account. A transfer has none:
 * what one wallet loses the other gains.
 */
const ADJUSTMENT_BOOK: Readonly<Record<AdjustmentKind, string | undefined>> = {
  transfer: undefined,
  'write-off': 'write-off:#',
  surplus: 'pass-through:#',
  goodwill: 'goodwill:#',
  correction: 'revenue:#',
  suspense: 'clearing:suspense',
  settlement: 'clearing:settlement',
  entry: undefined,
  debt: 'debt:@:#',
  emergency: 'emergency:@:#',
};

/**
 * What an adjustment posts: each move out of the account's own book of the wallet, against the book of the
 * kind, if it has one.
 */
export function adjustmentPostings(
  { account, currency }: { readonly account: string; readonly currency: string },
  kind: AdjustmentKind,
  moves: readonly { readonly wallet: string; readonly micros: bigint }[],
): Posting[] {
  const other = ADJUSTMENT_BOOK[kind];
  return moves.flatMap(({ wallet, micros }) => {
    const own = {
      ...{ account: `prepaid:${account}:${wallet}`, currency },
      amount: formatMicros(-micros),
    };
    if (other === undefined) return [own];
    const book = other.replace('@', account).replace('#', wallet);
    return [own, { account: book, amount: formatMicros(micros), currency }];
  });
}

/** What undoes postings: the same books, the other way round. */
export function oppositeOf(undone: readonly Posting[]): Posting[] {
  return undone.map((one) => ({ ...one, amount: formatMicros(-parseMicros(one.amount)) }));
}

/** Books of the house: none that says what a tenant has, or what a tenant was charged. */
const ENTRY_BOOK = /^(fees|transit|bank|cash|clearing|write-off|rounding)(:|$)/;

/** Whether postings are an entry: books of the house, each once and not for nothing, zero together. */
export function isEntry(entry: readonly Posting[]): boolean {
  const books = new Set(entry.map(({ account }) => account));
  if (books.size < 2 || books.size < entry.length) return false;
  const amounts = entry.map(({ amount }) => parseMicros(amount));
  if (amounts.includes(0n) || amounts.reduce((sum, micros) => sum + micros, 0n) !== 0n)
    return false;
  const currencies = new Set(entry.map(({ currency }) => currency));
  return currencies.size === 1 && entry.every(({ account }) => ENTRY_BOOK.test(account));
}
