import { assert } from '../../ledger/core/assert.ts';
import type { ProviderName } from '../provider.ts';
import type { SettlementRow } from '../settlement-row.ts';
import { type DayException, exceptionFor } from './day-exception.ts';
import { DayMatch, type DaySums } from './day-match.ts';
import type { OurPayment, OurRefund } from './our-side.ts';

export type Many<T> = Iterable<T> | AsyncIterable<T>;

export interface DayToReconcile {
  readonly source: ProviderName;
  /** Of the provider's own calendar. */
  readonly day: string;
  /** When that day begins and ends. */
  readonly span: { readonly fromMs: number; readonly toMs: number };
  /** That the ledger counts in. Rows in another one are named and not added. */
  readonly currency: string;
  /** Of the day and of the days beside it: what is not of the day only explains rows. */
  readonly payments: Many<OurPayment>;
  readonly refunds: Many<OurRefund>;
  /** Of one file; nothing counts before the last has come without a refusal. */
  readonly rows: Many<readonly SettlementRow[]>;
  /** What became of an order of ours that the file has a payment of and the ledger has none. */
  readonly order: (order: string) => Promise<'open' | 'closed' | 'paid' | undefined>;
  /** The agreed fee for an amount, in ten-thousandths of a minor unit; else fees are as the file says. */
  readonly feeOf?: ((minor: bigint) => bigint) | undefined;
  /** Orders of others who share the merchant's account: their rows are only counted. */
  readonly isElsewhere?: ((order: string) => boolean) | undefined;
  /** So near to midnight a payment may be in the neighbouring day's file. */
  readonly marginMs?: number | undefined;
}

export interface DayReport {
  readonly source: ProviderName;
  readonly day: string;
  readonly currency: string;
  /** Rows that agree with ours in everything. */
  readonly matched: number;
  readonly exceptions: readonly DayException[];
  readonly sums: DaySums;
  /**
   * What the file brings beyond the ledger's own side, from the totals of both alone, in ten-thousandths
   * of a minor unit. The differences of the exceptions are it, to the last digit.
   */
  readonly unexplained: bigint;
}

/**
 * Holds a provider's file of one day against the ledger's side and its orders. Memory is that of our side:
 * rows are not kept unless they differ. Nothing is done about what is found; each exception says what
 * could be. Refuses `reconciliation-too-different` beyond `MOST_EXCEPTIONS`, and what reading refuses.
 */
export async function reconcileDay(asked: DayToReconcile): Promise<DayReport> {
  const match = new DayMatch(asked);
  for await (const payment of asked.payments) match.addPayment(payment);
  for await (const refund of asked.refunds) match.addRefund(refund);
  for await (const rows of asked.rows) for (const row of rows) match.take(row);
  match.endFile();
  for (const row of match.strangers) match.add(await strangerOf(asked, match, row));
  const { source, day, currency } = asked;
  const { exceptions, matched, sums, unexplained } = match;
  const named = exceptions.reduce((sum, { difference }) => sum + difference, 0n);
  assert(named === unexplained, 'what is unexplained is what the exceptions name');
  return { ...{ source, day, currency, matched, sums, unexplained }, exceptions };
}

/** A payment of the file that the ledger does not know. */
async function strangerOf(
  { order: orderOf }: DayToReconcile,
  match: DayMatch,
  row: SettlementRow,
): Promise<DayException> {
  const { order } = row;
  const state =
    order === undefined ? undefined : match.hasOrder(order) ? 'paid' : await orderOf(order);
  const reason =
    state === undefined ? 'order-unknown' : state === 'paid' ? 'order-paid-twice' : 'never-told';
  return exceptionFor(reason, match.aboutRow(row, match.wholeOf(row)));
}
