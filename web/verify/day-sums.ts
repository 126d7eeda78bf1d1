import { parseMicros } from '../../ledger/core/decimal.ts';
import { parseTime } from '../../ledger/core/time.ts';
import type { Bill } from '../../ledger/core/verdict.ts';
import { localDay } from './figures.ts';

/** Quantity of one period of the day on one day, in micros of the unit. */
export interface DayPart {
  readonly period: string;
  readonly qtyMicros: bigint;
}
/** A chart's worth of one wallet: every day on which something was charged, in order. */
export interface DaySums {
  readonly wallet: string;
  readonly unit: string;
  /** Periods in the order in which they are stacked, the dearest hours first. */
  readonly periods: readonly string[];
  readonly days: readonly { readonly day: string; readonly parts: readonly DayPart[] }[];
}

/**
 * The charged quantities of a bill by wallet and local day. An interval counts for the day in which it
 * ends, whole: nothing is shared out or rounded, so the days of a chart add up to the bill's lines.
 */
export function sumDays(bill: Bill): DaySums[] {
  const meters = new Map(bill.statement.meters.map((meter) => [meter.meter, meter]));
  const wallets = new Map<string, WalletDays>();
  for (const point of bill.usage) {
    const meter = meters.get(point.meter);
    if (meter === undefined) continue;
    const key = `${meter.wallet} ${meter.unit}`;
    const sums = wallets.get(key) ?? { ...meter, days: new Map() };
    wallets.set(key, sums);
    const day = localDay(parseTime(point.toAt), bill.zone);
    const parts = sums.days.get(day) ?? new Map<string, bigint>();
    sums.days.set(day, parts);
    parts.set(point.period, (parts.get(point.period) ?? 0n) + parseMicros(point.qty));
  }
  return [...wallets.values()].map(daySums);
}

interface WalletDays {
  readonly wallet: string;
  readonly unit: string;
  readonly days: Map<string, Map<string, bigint>>;
}

const ORDER = [
  'sharp',
  'peak',
  'part-peak',
  'mid-peak',
  'flat',
  'off-peak',
  'valley',
  'deep-valley',
];

function daySums({ wallet, unit, days }: WalletDays): DaySums {
  const periods = [...new Set([...days.values()].flatMap((parts) => [...parts.keys()]))];
  periods.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const sorted = [...days].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    wallet,
    unit,
    periods,
    days: sorted.map(([day, parts]) => ({
      day,
      parts: periods.map((period) => ({ period, qtyMicros: parts.get(period) ?? 0n })),
    })),
  };
}

function rank(period: string): number {
  const at = ORDER.indexOf(period);
  return at < 0 ? ORDER.length : at;
}
