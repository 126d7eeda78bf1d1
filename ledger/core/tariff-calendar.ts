import { PLAN_DAYS } from './day-kinds.ts';
import type { Tariff, TariffSeason } from './tariff.ts';
import { periodsOf } from './tariff-checks.ts';
import {
  civilFromDays,
  clockMinute,
  DAY_MS,
  daysFromCivil,
  MINUTE_MS,
  parseDate,
  weekdayOf,
} from './time.ts';
import { type Zone, zoneOf } from './zone.ts';

/** A stretch (startMs, endMs] in one period; `period` indexes `TariffCalendar.periods`. */
export interface PeriodSpan {
  readonly startMs: number;
  readonly endMs: number;
  readonly period: number;
}

/** A local calendar month or year [startMs, endMs) over which use counts toward the tiers. */
export interface TierWindow {
  readonly startMs: number;
  readonly endMs: number;
}

/** Which period of a valid tariff applies when. */
export interface TariffCalendar {
  readonly zone: Zone;
  readonly periods: readonly string[];
  /** A stretch that begins at or before `ms` and ends after it; not always the longest one. */
  spanAfter(ms: number): PeriodSpan;
  /** The periods of (fromMs, toMs] in order, neighbours of one period merged. */
  spansBetween(fromMs: number, toMs: number): PeriodSpan[];
  /** The tier window of an interval that begins at `ms`. */
  windowAfter(ms: number): TierWindow;
}

/**
 * The calendar of a tariff without errors. The local clock decides: a span begins at the instant at
 * which the clock shows or skips past its `from`, and applies again where the clock repeats it. A
 * date in the tariff's calendar is the kind of day that it says there, in the season of its month.
 */
export function tariffCalendar(tariff: Tariff): TariffCalendar {
  const zone = zoneOf(tariff.zone);
  const periods = periodsOf(tariff);
  const plans = dayPlans(tariff, periods);
  const special = new Map<number, number>();
  for (const { date, as } of tariff.calendar) {
    const { year, month, day } = parseDate(date);
    special.set(daysFromCivil(year, month, day), PLAN_DAYS.indexOf(as));
  }
  let last: PeriodSpan = { startMs: 0, endMs: 0, period: 0 };
  let lastWindow: TierWindow = { startMs: 0, endMs: 0 };

  function spanAfter(ms: number): PeriodSpan {
    if (ms >= last.startMs && ms < last.endMs) return last;
    const offset = zone.offsetSpanAt(ms);
    const local = ms + offset.offsetMs;
    const day = Math.floor(local / DAY_MS);
    const kind = special.get(day) ?? weekdayOf(day) - 1;
    const midnight = day * DAY_MS;
    for (const slot of plans[civilFromDays(day).month * KINDS + kind] ?? []) {
      if (local < midnight + slot.toMs) {
        const shift = midnight - offset.offsetMs;
        last = {
          startMs: Math.max(offset.startMs, shift + slot.fromMs),
          endMs: Math.min(offset.endMs, shift + slot.toMs),
          period: slot.period,
        };
        return last;
      }
    }
    throw new Error(`tariff ${tariff.id}: no period at ${ms}; was it validated?`);
  }

  function spansBetween(fromMs: number, toMs: number): PeriodSpan[] {
    const spans: PeriodSpan[] = [];
    for (let startMs = fromMs; startMs < toMs; ) {
      const { endMs, period } = spanAfter(startMs);
      const before = spans.at(-1);
      const cut = Math.min(endMs, toMs);
      if (before?.period === period) {
        spans[spans.length - 1] = { startMs: before.startMs, endMs: cut, period };
      } else spans.push({ startMs, endMs: cut, period });
      startMs = cut;
    }
    return spans;
  }

  function windowAfter(ms: number): TierWindow {
    if (ms < lastWindow.startMs || ms >= lastWindow.endMs) {
      lastWindow = findWindow(zone, tariff.window, ms);
    }
    return lastWindow;
  }

  return { zone, periods, spanAfter, spansBetween, windowAfter };
}

function findWindow(zone: Zone, kind: Tariff['window'], ms: number): TierWindow {
  const [year = 0, month = 0] = zone.monthOf(ms).split('-').map(Number);
  const first = kind === 'year' ? 1 : month;
  const next = kind === 'year' ? 13 : month + 1;
  return { startMs: zone.startOfMonth(year, first), endMs: zone.startOfMonth(year, next) };
}

interface Slot {
  readonly fromMs: number;
  readonly toMs: number;
  readonly period: number;
}

const KINDS = PLAN_DAYS.length;

/** Slots by month x kind of day, in the order of the clock. */
function dayPlans(tariff: Tariff, periods: readonly string[]): readonly (readonly Slot[])[] {
  const plans: (readonly Slot[])[] = [];
  for (const season of tariff.seasons) {
    for (const { kind, slots } of seasonPlans(season, periods)) {
      for (const month of season.months) plans[month * KINDS + kind] = slots;
    }
  }
  return plans;
}

function seasonPlans(season: TariffSeason, periods: readonly string[]) {
  return season.days.flatMap(({ on, spans }) => {
    const slots: Slot[] = spans
      .map(({ from, to, period }) => ({
        fromMs: clockMinute(from) * MINUTE_MS,
        toMs: clockMinute(to) * MINUTE_MS,
        period: periods.indexOf(period),
      }))
      .sort((a, b) => a.fromMs - b.fromMs);
    return on.map((day) => ({ kind: PLAN_DAYS.indexOf(day), slots }));
  });
}
