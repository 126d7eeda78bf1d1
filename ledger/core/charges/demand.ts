import { formatMicros, parseMicros, roundDiv } from '../decimal.ts';
import { parsePeriod } from '../fees.ts';
import type { TimedQuantity } from '../rating.ts';
import { Refusal } from '../refusal.ts';
import { integer, MICROS, object, oneOf, type Read, TIME, text } from '../shape.ts';
import { daysInMonth, formatTime, HOUR_MS, MINUTE_MS } from '../time.ts';
import type { Zone } from '../zone.ts';
import { type Charge, NANO, nanosOf, percentOf, type Rounding, roundMoney } from './charge.ts';
import type { DemandRule } from './tariff-v2.ts';
import { type AccountTerms, termOf } from './terms.ts';

/** The largest mean power of a month's windows. */
export interface DemandPeak {
  /** kW in micros: energy of the window / its length, rounded half up. */
  readonly powerMicros: bigint;
  readonly fromMs: number;
  readonly toMs: number;
  /** Windows of the month, and those that readings cover from end to end. */
  readonly windows: number;
  readonly complete: number;
}

/** Largest demand of a month without a single complete window. */
const NO_PEAK = { powerMicros: 0n, fromMs: 0, toMs: 0 };

/**
 * The maximum demand of the local month `period`. Windows begin at local midnight and every
 * `windowMinutes` of elapsed time after it, so a day of 23 or 25 hours has fewer or more of them. The
 * energy between two readings is shared by time, cumulative and floored, as rating does; a window
 * counts only if intervals cover all of it, so a gap never makes a peak and is seen in `complete`.
 * The order of the intervals does not matter, the first of equal windows is the peak.
 * Refuses `interval-overlap`, `bad-interval`, `bad-period`.
 */
export function maximumDemand(
  intervals: readonly TimedQuantity[],
  windowMinutes: number,
  zone: Zone,
  period: string,
): DemandPeak {
  const sorted = inOrder(intervals);
  let first = 0;
  let windows = 0;
  let complete = 0;
  let peak: Pick<DemandPeak, 'powerMicros' | 'fromMs' | 'toMs'> | undefined;
  for (const { fromMs, toMs } of windowsOf(period, windowMinutes * MINUTE_MS, zone)) {
    windows += 1;
    while ((sorted[first]?.toMs ?? Number.POSITIVE_INFINITY) <= fromMs) first += 1;
    const energy = energyBetween(sorted, first, fromMs, toMs);
    if (energy === undefined) continue;
    complete += 1;
    const powerMicros = roundDiv(energy * BigInt(HOUR_MS), BigInt(toMs - fromMs), 'half-up');
    if (!peak || powerMicros > peak.powerMicros) peak = { powerMicros, fromMs, toMs };
  }
  return { ...(peak ?? NO_PEAK), windows, complete };
}

/** What an event says of a demand charge. Power in kW, capacity in kVA, 6 decimals. */
export const demandLine = object(
  {
    formula: oneOf('price x (billed + multiple x over) x days / of', 'price x peak x days / of'),
    basis: oneOf('contract', 'measured'),
    price: text(MICROS),
    windowMinutes: integer(1),
    windows: integer(),
    complete: integer(),
    peak: text(MICROS),
    days: integer(),
    of: integer(1),
    amount: text(MICROS),
  },
  {
    peakWindow: object({ from: text(TIME), to: text(TIME) }),
    contract: text(MICROS),
    /** The least that counts as contract, where the tariff has a floor. */
    least: text(MICROS),
    /** The larger of contract and least. */
    billed: text(MICROS),
    /** Up to here no more than the contract is paid. */
    limit: text(MICROS),
    over: text(MICROS),
    multiple: text(),
  },
);
export type DemandLine = Read<typeof demandLine>;

export interface DemandFacts {
  readonly rule: DemandRule;
  readonly rounding: Rounding;
  readonly terms: AccountTerms;
  readonly basis: 'contract' | 'measured';
  readonly peak: DemandPeak;
  /** Active days of the month, and all of them. */
  readonly days: number;
  readonly of: number;
}

/**
 * The demand charge of a month. On the basis `contract`: billed = max(contract, floor % of capacity),
 * limit = billed x freePercent, over = max(0, peak - limit), amount = R(price x (billed +
 * overMultiple x over) x days / of). On the basis `measured`: R(price x peak x days / of), a peak
 * below zero counting as zero. Percentages of power drop what is below 10^-6; R rounds once.
 * Refuses `term-missing`, `term-negative`.
 */
export function demandCharge(facts: DemandFacts): Charge<DemandLine> {
  const { rule, basis, peak, days, of } = facts;
  const power = peak.powerMicros > 0n ? peak.powerMicros : 0n;
  const seen = {
    ...{ basis, price: rule.price, windowMinutes: rule.windowMinutes },
    ...{ windows: peak.windows, complete: peak.complete, peak: formatMicros(peak.powerMicros) },
    ...(peak.complete > 0
      ? { peakWindow: { from: formatTime(peak.fromMs), to: formatTime(peak.toMs) } }
      : {}),
    ...{ days, of },
  };
  if (basis === 'measured') {
    const amountMicros = priced(facts, power * NANO);
    const line: DemandLine = {
      ...{ formula: 'price x peak x days / of', ...seen },
      amount: formatMicros(amountMicros),
    };
    return { amountMicros, line };
  }
  const contract = termOf(facts.terms, rule.contract);
  const least = rule.floor && percentOf(termOf(facts.terms, rule.floor.term), rule.floor.percent);
  const billed = least !== undefined && least > contract ? least : contract;
  const limit = percentOf(billed, rule.freePercent);
  const over = power > limit ? power - limit : 0n;
  const amountMicros = priced(facts, billed * NANO + over * nanosOf(rule.overMultiple));
  const line: DemandLine = {
    ...{ formula: 'price x (billed + multiple x over) x days / of', ...seen },
    contract: formatMicros(contract),
    ...(least === undefined ? {} : { least: formatMicros(least) }),
    billed: formatMicros(billed),
    limit: formatMicros(limit),
    over: formatMicros(over),
    multiple: rule.overMultiple,
    amount: formatMicros(amountMicros),
  };
  return { amountMicros, line };
}

/** `power` in 10^-15 kW, so that no multiple is rounded on its own. */
function priced({ rule, rounding, days, of }: DemandFacts, power: bigint): bigint {
  const share = rule.proration === 'daily' ? days : days > 0 ? of : 0;
  return roundMoney(parseMicros(rule.price) * power * BigInt(share), BigInt(of), rounding, 21);
}

function inOrder(intervals: readonly TimedQuantity[]): TimedQuantity[] {
  const sorted = intervals.toSorted((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs);
  let reachedMs = Number.NEGATIVE_INFINITY;
  for (const { fromMs, toMs } of sorted) {
    if (toMs < fromMs) throw new Refusal('bad-interval', 'An interval ends before it begins.');
    if (fromMs < reachedMs) {
      const at = formatTime(fromMs);
      throw new Refusal('interval-overlap', `Two intervals cover ${at}. Give each use once.`, {
        at,
      });
    }
    reachedMs = toMs;
  }
  return sorted;
}

function* windowsOf(period: string, lengthMs: number, zone: Zone) {
  const { year, month } = parsePeriod(period);
  const of = daysInMonth(year, month);
  for (let day = 1; day <= of; day += 1) {
    const endMs = zone.startOfDay(year, month, day + 1);
    let fromMs = zone.startOfDay(year, month, day);
    while (fromMs < endMs) {
      const toMs = Math.min(fromMs + lengthMs, endMs);
      yield { fromMs, toMs };
      fromMs = toMs;
    }
  }
}

/** Undefined where the intervals from `first` on leave any part of (fromMs, toMs] out. */
function energyBetween(
  sorted: readonly TimedQuantity[],
  first: number,
  fromMs: number,
  toMs: number,
): bigint | undefined {
  let energy = 0n;
  let atMs = fromMs;
  for (let i = first; atMs < toMs; i += 1) {
    const interval = sorted[i];
    if (!interval || interval.fromMs > atMs) return undefined;
    const endMs = Math.min(interval.toMs, toMs);
    energy += reached(interval, endMs) - reached(interval, atMs);
    atMs = endMs;
  }
  return energy;
}

/** Quantity from the interval's start to `ms`, floored on the absolute value. */
function reached({ fromMs, toMs, quantityMicros }: TimedQuantity, ms: number): bigint {
  if (toMs === fromMs) return 0n;
  return (quantityMicros * BigInt(ms - fromMs)) / BigInt(toMs - fromMs);
}
