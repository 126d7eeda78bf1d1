import { Refusal } from '../../ledger/core/refusal.ts';
import { monthAfter } from '../../ledger/core/verdict/bill-periods.ts';

/** Both ends inclusive: months, or days. */
export interface MonthSpan {
  readonly from: string;
  readonly to: string;
}

/** Reports hold a row an account and month: two years of them are read in one go. */
const MOST_MONTHS = 24;

/** Refuses `bad-interval` where the end is before the beginning. */
export function refuseBackwards(from: string, to: string = from): MonthSpan {
  if (from <= to) return { from, to };
  throw new Refusal('bad-interval', `${to} is before ${from}. Give them the other way round.`, {
    from,
    to,
  });
}

/** The months of a span in order. Refuses `report-too-long`. */
export function monthsOf({ from, to }: MonthSpan): string[] {
  const months: string[] = [];
  for (let month = from; month <= to; month = monthAfter(month)) {
    months.push(month);
    if (months.length <= MOST_MONTHS) continue;
    const message = `Ask for at most ${MOST_MONTHS} months at a time.`;
    throw new Refusal('report-too-long', message, { most: MOST_MONTHS });
  }
  return months;
}
