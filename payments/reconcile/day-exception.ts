/** Where a row of the file or a payment of ours ends that is not simply matched. */
export const BUCKETS = [
  'amount-differs',
  'ours-only',
  'provider-only',
  'state-differs',
  'fee-differs',
  'duplicate',
  'pending-across-midnight',
] as const;
export type Bucket = (typeof BUCKETS)[number];

/** What is likely to be right. It is only said, never done: people decide. */
export const SUGGESTIONS = [
  'credit',
  'refund',
  'refund-duplicate',
  'match',
  'wait-a-day',
  'book-fee',
  'write-off',
] as const;
export type Suggestion = (typeof SUGGESTIONS)[number];

export type Field = 'amount' | 'currency' | 'order' | 'state' | 'fee' | 'day' | 'id' | 'reference';

/** Each reason, with the bucket that it is of, the field that differs, and what is suggested. */
const REASONS = {
  /** The file has another amount than the ledger. */
  'amount-differs': ['amount-differs', 'amount', 'write-off'],
  /** The ledger credited another amount than was ordered. */
  'order-amount-differs': ['amount-differs', 'order', 'write-off'],
  'currency-differs': ['amount-differs', 'currency', 'write-off'],
  /** A voucher or discount: less reached us than was ordered. */
  discount: ['amount-differs', 'amount', 'write-off'],
  'not-in-file': ['ours-only', 'id', 'wait-a-day'],
  /** An order of ours that nobody told us the payment of. */
  'never-told': ['provider-only', 'id', 'credit'],
  'order-unknown': ['provider-only', 'order', 'credit'],
  'refund-unknown': ['provider-only', 'id', 'refund'],
  adjustment: ['provider-only', 'amount', 'write-off'],
  /** The provider's state is none that a credit or refund should stand on. */
  'provider-state': ['state-differs', 'state', 'wait-a-day'],
  'in-suspense': ['state-differs', 'state', 'credit'],
  'order-differs': ['state-differs', 'order', 'credit'],
  'fee-rounded': ['fee-differs', 'fee', 'book-fee'],
  'fee-differs': ['fee-differs', 'fee', 'book-fee'],
  'fee-row': ['fee-differs', 'fee', 'book-fee'],
  'row-twice': ['duplicate', 'id', 'wait-a-day'],
  'order-paid-twice': ['duplicate', 'order', 'refund-duplicate'],
  /** Ours, so near to midnight that the neighbouring day's file may have it. */
  'near-midnight': ['pending-across-midnight', 'day', 'wait-a-day'],
  /** In this file, and ours of the neighbouring day. */
  'neighbouring-day': ['pending-across-midnight', 'day', 'match'],
  /** Of a bank's statement. */
  'payout-missing': ['ours-only', 'amount', 'wait-a-day'],
  'credit-unknown': ['provider-only', 'reference', 'match'],
  'reference-missing': ['state-differs', 'reference', 'match'],
  'payout-amount-differs': ['amount-differs', 'amount', 'write-off'],
} as const satisfies Record<string, readonly [Bucket, Field, Suggestion]>;
export type Reason = keyof typeof REASONS;

/** Amounts are minor units; `difference` is in ten-thousandths of one, as fees are. */
export interface DayException {
  readonly bucket: Bucket;
  readonly reason: Reason;
  /** The one field in which the sides differ. */
  readonly field: Field;
  readonly suggestion: Suggestion;
  /** What reaches us beyond what we expect; negative where less does. All of them add up. */
  readonly difference: bigint;
  readonly atMs: number;
  /** Row of the file. */
  readonly row?: number | undefined;
  /** The provider's number of the payment or refund. */
  readonly id?: string | undefined;
  readonly order?: string | undefined;
  readonly refund?: string | undefined;
  /** What each side says of the amount, as far as it knows of it. */
  readonly ordered?: bigint | undefined;
  readonly ledger?: bigint | undefined;
  readonly provider?: bigint | undefined;
  readonly bank?: bigint | undefined;
  readonly feeTenThousandths?: bigint | undefined;
  /** Where both sides name a thing differently: theirs. */
  readonly found?: string | undefined;
}

/** An exception for a reason, which gives bucket, field and suggestion. */
export function exceptionFor(
  reason: Reason,
  rest: Omit<DayException, 'bucket' | 'reason' | 'field' | 'suggestion'>,
): DayException {
  const [bucket, field, suggestion] = REASONS[reason];
  return { bucket, reason, field, suggestion, ...rest };
}
