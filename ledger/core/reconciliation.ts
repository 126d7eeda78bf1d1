import { PROVIDER } from './orders.ts';
import { Refusal } from './refusal.ts';
import {
  bool,
  HASH,
  ID,
  integer,
  list,
  map,
  object,
  oneOf,
  type Read,
  shown,
  TIME,
  text,
} from './shape.ts';

/**
 * A day's file of a provider or bank held against the ledger. The event has neither amounts nor ids of
 * tenants, since the keys of the account `site` are public; the documents beside the log have the numbers,
 * and the event their hash.
 */

/** A day with more is no day to go through by hand: another account's file, or no payments taken. */
export const MOST_EXCEPTIONS = 5_000;
export const RECONCILED_DAY = /^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/;
/** Ten-thousandths of a minor unit, the step of providers' fees: 6 to 8 decimals, by the currency. */
export const FINE_AMOUNT = /^(?!-0\.0+$)-?(0|[1-9][0-9]{0,17})\.[0-9]{6,8}$/;
const SEEN = /^[\x21-\x7e]{1,128}$/;
const CURRENCY = /^[A-Z]{3}$/;
const BUCKET = /^[a-z]+(-[a-z]+)*$/;
/** Its bucket and its number in there, in the order of the file. */
export const EXCEPTION = /^[a-z]+(-[a-z]+)*\.[0-9]{7}$/;

/** `data` of `reconciliation.completed` (docs/formats.md, 4). */
export const reconciliationCompleted = object({
  source: text(PROVIDER),
  day: text(RECONCILED_DAY),
  /** SHA-256 of the file as it came. */
  file: text(HASH),
  /** SHA-256 of the report's canonical text. */
  report: text(HASH),
  matched: integer(),
  exceptions: integer(),
  closed: bool,
});

/** What people did about an exception. None of it is money: that is in the events it led to. */
export const EXCEPTION_ACTIONS = [
  'credit',
  'refund',
  'refund-duplicate',
  'adjust',
  'book-fee',
  'write-off',
  'match',
  'wait-a-day',
  'carry',
] as const;
export type ExceptionAction = (typeof EXCEPTION_ACTIONS)[number];

const actionTaken = object(
  { action: oneOf(...EXCEPTION_ACTIONS), note: shown(1, 200), by: text(ID), at: text(TIME) },
  {
    /** What was asked for: it counts once somebody else has agreed. */
    approval: text(ID),
    /** The payment that was credited. */
    payment: text(SEEN),
  },
);

const facts = {
  bucket: text(BUCKET),
  reason: text(BUCKET),
  field: text(BUCKET),
  suggestion: text(BUCKET),
  difference: text(FINE_AMOUNT),
  at: text(TIME),
};
const sides = {
  row: integer(),
  id: shown(1, 128),
  order: shown(1, 128),
  refund: shown(1, 128),
  ordered: text(FINE_AMOUNT),
  ledger: text(FINE_AMOUNT),
  provider: text(FINE_AMOUNT),
  bank: text(FINE_AMOUNT),
  fee: text(FINE_AMOUNT),
  found: shown(1, 128),
};
export const exceptionFacts = object(facts, sides);
export const exceptionDoc = object(
  { exception: text(EXCEPTION), ...facts, actions: list(actionTaken, 32) },
  sides,
);

const numbers = {
  source: text(PROVIDER),
  day: text(RECONCILED_DAY),
  file: text(HASH),
  currency: text(CURRENCY),
  rows: integer(),
  matched: integer(),
  /** By their names, such as `orders`, `credits`, `gross`, `refunds`, `fees`, `payout`. */
  sums: map(/^[a-zA-Z]{1,32}$/, text(FINE_AMOUNT)),
  unexplained: text(FINE_AMOUNT),
};
/** Payouts that a bank's statement was matched with, as `<source>/<day>` or a provider's number. */
const payouts = list(
  object({ payout: shown(1, 128), row: integer(), amount: text(FINE_AMOUNT) }),
  1_000,
);
export const reconciliationFacts = object(
  { ...numbers, exceptions: list(exceptionFacts) },
  { payouts },
);
export const reconciliationDoc = object(
  {
    ...numbers,
    exceptions: integer(),
    /** How many exceptions each bucket has. */
    buckets: map(BUCKET, integer(1)),
    /** What nobody has decided about yet. */
    remaining: text(FINE_AMOUNT),
    /** What was left for another day, by name. */
    carried: text(FINE_AMOUNT),
    report: text(HASH),
    completed: text(ID),
    completedAt: text(TIME),
    isClosed: bool,
  },
  { payouts, closed: text(ID), closedAt: text(TIME) },
);

export type ActionTaken = Read<typeof actionTaken>;
export type ExceptionFacts = Read<typeof exceptionFacts>;
export type ExceptionDoc = Read<typeof exceptionDoc>;
export type ReconciliationFacts = Read<typeof reconciliationFacts>;
export type ReconciliationDoc = Read<typeof reconciliationDoc>;

/** Id of the document of a reconciliation, and of the first part of those of its exceptions. */
export function reconciliationId({ source, day }: { source: string; day: string }): string {
  return `${source}/${day}`;
}
export function tooDifferent(): Refusal {
  const message = `More than ${MOST_EXCEPTIONS} rows differ. Is it the file of this account and day?`;
  return new Refusal('reconciliation-too-different', message, { most: MOST_EXCEPTIONS });
}

export function exceptionId(
  doc: { source: string; day: string; file: string },
  exception: string,
): string {
  return `${reconciliationId(doc)}/${doc.file.slice(0, 12)}/${exception}`;
}
