import { canonicalize } from './canonical-json.ts';
import { formatMicros, parseMicros } from './decimal.ts';
import { type Posting, postings } from './event-data.ts';
import { approval, pastEvent } from './money-moves.ts';
import { ID, MICROS, object, PERIOD, type Read, shown, text } from './shape.ts';

/**
 * Deposits: money of the tenant that is kept apart. It is in no wallet, pays no charge and keeps no supply on;
 * it stands in a book of its own, `deposit:<account>:<deposit>`, until it is returned.
 */
export const depositTaken = object(
  { deposit: text(ID), amount: text(MICROS), method: text(ID), period: text(PERIOD), postings },
  { reference: shown(1, 128) },
);
export const depositReturned = object(
  {
    /** The event that took it. */
    of: pastEvent,
    ...{ deposit: text(ID), amount: text(MICROS), method: text(ID), reason: text(ID) },
    ...{ approval, period: text(PERIOD), postings },
  },
  { reference: shown(1, 128) },
);
export type DepositTaken = Read<typeof depositTaken>;
export type DepositReturned = Read<typeof depositReturned>;

/** A deposit as it stands: the event that took it, and what of it is not returned yet. */
export interface HeldDeposit {
  readonly n: number;
  readonly hash: string;
  readonly left: bigint;
}

/** What a deposit posts: from where the money is to its own book, or, returned, the other way round. */
export function depositPostings(
  { account, currency }: { readonly account: string; readonly currency: string },
  { deposit, method }: { readonly deposit: string; readonly method: string },
  micros: bigint,
): Posting[] {
  return [
    { account: `cash:${method}`, amount: formatMicros(micros), currency },
    { account: `deposit:${account}:${deposit}`, amount: formatMicros(-micros), currency },
  ];
}

/** Whether a deposit may be taken so; `held` is what is known of its id before. */
export function isTakenRight(
  data: DepositTaken,
  of: { readonly account: string; readonly currency: string },
  held: HeldDeposit | undefined,
): boolean {
  const micros = parseMicros(data.amount);
  const expected = canonicalize(depositPostings(of, data, micros));
  return held === undefined && micros > 0n && canonicalize(data.postings) === expected;
}

/** Whether it may go back so: two people agreed, it is the one that is named, and so much of it is left. */
export function isReturnedRight(
  data: DepositReturned,
  of: { readonly account: string; readonly currency: string },
  held: HeldDeposit | undefined,
): boolean {
  const { amount, approval: agreed } = data;
  const micros = parseMicros(amount);
  const isNamed = held?.n === data.of.n && held.hash === data.of.hash;
  const isLeft = micros > 0n && micros <= (held?.left ?? 0n);
  const expected = canonicalize(depositPostings(of, data, -micros));
  const isAgreed = agreed.asked !== agreed.approved;
  return isNamed && isLeft && isAgreed && canonicalize(data.postings) === expected;
}
