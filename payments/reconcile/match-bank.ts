import type { MinorAmount } from '../provider.ts';
import type { SettlementRow } from '../settlement-row.ts';
import { type DayException, exceptionFor } from './day-exception.ts';
import { FINE } from './day-match.ts';

const DAY_MS = 86_400_000;
/** Weekends and holidays lie between a payout and its credit. */
const WINDOW_MS = 10 * DAY_MS;
/** A number shorter than that stands in too many texts by chance. */
const SHORTEST_REFERENCE = 6;

/** Money that a provider should have sent to the bank. */
export interface Payout {
  /** `wechat/2026-09-01`, or the provider's own number behind the source. */
  readonly payout: string;
  readonly amount: MinorAmount;
  /** When it left at the earliest. */
  readonly fromMs: number;
  /** Texts by which the bank may name it: the payout's number, the merchant's. */
  readonly references: readonly string[];
}

export interface BankMatch {
  readonly payout: string;
  /** Row of the statement. */
  readonly row: number;
  readonly amount: MinorAmount;
}

export interface BankReport {
  /** Certain: amount, time and reference agree, and nothing else could be meant. */
  readonly matches: readonly BankMatch[];
  /** Everything else; uncertain pairs are suggestions in `state-differs` and `amount-differs`. */
  readonly exceptions: readonly DayException[];
  readonly credits: bigint;
  /** Of what was credited beyond what is matched with certainty, in ten-thousandths of a minor unit. */
  readonly unexplained: bigint;
}

export interface StatementToMatch {
  readonly payouts: readonly Payout[];
  readonly rows: readonly SettlementRow[];
  readonly currency: string;
  /** The end of the day that the statement is of: until then a payout may still be on its way. */
  readonly toMs: number;
}

/**
 * Holds the credits of a bank's statement against payouts. A pair is matched only where amount, time and
 * reference agree and neither side has another such partner. What agrees in less is suggested, never
 * taken. A payout is missed only when its time is over.
 */
export function matchBank({ payouts, rows, currency, toMs }: StatementToMatch): BankReport {
  const ours = rows.filter(({ gross }) => gross.currency === currency);
  const credits = ours.filter(({ kind }) => kind === 'credit');
  const pairs = credits.flatMap((row) =>
    payouts.filter((payout) => isCertain(payout, row)).map((payout) => ({ payout, row })),
  );
  const certain = pairs.filter(
    ({ payout, row }) =>
      pairs.filter((other) => other.payout === payout || other.row === row).length === 1,
  );
  const [takenRows, takenPayouts] = [
    new Set(certain.map(({ row }) => row)),
    new Set(certain.map(({ payout }) => payout)),
  ];
  const open = payouts.filter((payout) => !takenPayouts.has(payout));
  const exceptions = credits
    .filter((row) => !takenRows.has(row))
    .map((row) => uncertain(row, open));
  for (const payout of open) {
    if (toMs - payout.fromMs > WINDOW_MS) exceptions.push(missing(payout));
  }
  const total = credits.reduce((sum, { gross }) => sum + gross.minor, 0n) * FINE;
  const matched = certain.reduce((sum, { row }) => sum + row.gross.minor, 0n) * FINE;
  const over = exceptions
    .filter(({ reason }) => reason === 'payout-missing')
    .reduce((sum, { difference }) => sum + difference, 0n);
  return {
    matches: certain.map(({ payout, row }) => ({
      ...{ payout: payout.payout, row: row.row, amount: row.gross },
    })),
    ...{ exceptions, credits: total, unexplained: total - matched + over },
  };
}

function isCertain(payout: Payout, row: SettlementRow): boolean {
  return isInTime(payout, row) && payout.amount.minor === row.gross.minor && names(row, payout);
}

/** The likeliest payout for a credit, with what makes it uncertain. */
function uncertain(row: SettlementRow, payouts: readonly Payout[]): DayException {
  const inTime = payouts.filter((payout) => isInTime(payout, row));
  const byAmount = inTime.filter(({ amount }) => amount.minor === row.gross.minor);
  const byName = inTime.filter((payout) => names(row, payout));
  const both = byAmount.filter((payout) => byName.includes(payout));
  const about = {
    ...{ difference: row.gross.minor * FINE, atMs: row.atMs, row: row.row, id: row.id },
    bank: row.gross.minor,
  };
  const guess = [...both, ...byAmount][0];
  if (guess !== undefined) {
    const { payout, amount } = guess;
    return exceptionFor('reference-missing', { ...about, provider: amount.minor, found: payout });
  }
  const [named] = byName;
  if (named === undefined) return exceptionFor('credit-unknown', about);
  const found = named.payout;
  return exceptionFor('payout-amount-differs', { ...about, provider: named.amount.minor, found });
}

function missing({ payout, amount, fromMs }: Payout): DayException {
  return exceptionFor('payout-missing', {
    ...{ difference: -amount.minor * FINE, atMs: fromMs, found: payout, provider: amount.minor },
  });
}

function isInTime({ fromMs }: Payout, { atMs }: SettlementRow): boolean {
  return atMs >= fromMs - DAY_MS && atMs - fromMs <= WINDOW_MS;
}

function names({ id, order, text, payout }: SettlementRow, { references }: Payout): boolean {
  const told = [id, order, text, payout].filter((part) => part !== undefined).join(' ');
  return references.some(
    (reference) => reference.length >= SHORTEST_REFERENCE && told.includes(reference),
  );
}
