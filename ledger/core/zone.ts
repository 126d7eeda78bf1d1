import { Refusal } from './refusal.ts';
import { civilFromDays, DAY_MS, daysFromCivil, HOUR_MS, MINUTE_MS, weekdayOf } from './time.ts';

/** What the clock on the wall shows. `weekday` 1 = Monday to 7 = Sunday. */
export interface LocalParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly minuteOfDay: number;
}

/** A stretch [startMs, endMs) in which local time = UTC + offsetMs. */
export interface OffsetSpan {
  readonly startMs: number;
  readonly endMs: number;
  readonly offsetMs: number;
}

/**
 * A site's local time, by the IANA rules that the platform carries, whatever zone the process runs
 * in. Where the local clock skips a time, that time begins at the instant of the skip; where it
 * repeats one, the time begins at its first showing. So days and months never overlap, and their
 * lengths (23, 24 or 25 hours) add up.
 */
export interface Zone {
  readonly name: string;
  /** Local time minus UTC, in milliseconds. */
  offsetAt(ms: number): number;
  /** A stretch around `ms` without any change of the offset; not always the longest one. */
  offsetSpanAt(ms: number): OffsetSpan;
  localParts(ms: number): LocalParts;
  /** The first instant at which the local clock shows, or has passed, this date and minute. */
  instantOf(year: number, month: number, day: number, minuteOfDay: number): number;
  startOfDay(year: number, month: number, day: number): number;
  /** A month outside 1..12 is carried into the year. */
  startOfMonth(year: number, month: number): number;
  /** The month, `2026-09`, whose [start, next start) holds the instant. */
  monthOf(ms: number): string;
  nextMonthStart(ms: number): number;
}

/** A part [startMs, endMs) of a local month, up to its end. */
interface MonthSpan {
  readonly startMs: number;
  readonly endMs: number;
  readonly name: string;
}

/** Names of the IANA database; its old ones with digits or dashes in front (`EST5EDT`) are left out. */
export const ZONE_NAME = /^(?=.{1,64}$)[A-Z][A-Za-z]*(?:\/[A-Z][A-Za-z0-9_+-]*){0,2}$/;

/** The zone of an IANA name such as `Asia/Shanghai`, spelled as it is there. Refuses `unknown-zone`. */
export function zoneOf(name: string): Zone {
  const known = zones.get(name);
  if (known) return known;
  const zone = makeZone(name, offsetReader(name));
  zones.set(name, zone);
  return zone;
}

/** Finding a year's changes costs milliseconds, and they never differ: kept for the process. */
const zones = new Map<string, Zone>();

const FIRST_YEAR = 1900;
const LAST_YEAR = 9999;
/** No place on earth is further from UTC. */
const FURTHEST_MS = 26 * HOUR_MS;

function makeZone(name: string, readOffset: (ms: number) => number): Zone {
  const years = new Map<number, readonly OffsetSpan[]>();
  let last: OffsetSpan = { startMs: 0, endMs: 0, offsetMs: 0 };
  let lastMonth: MonthSpan = { startMs: 0, endMs: 0, name: '' };

  function offsetSpanAt(ms: number): OffsetSpan {
    if (ms >= last.startMs && ms < last.endMs) return last;
    const { year } = civilFromDays(Math.floor(ms / DAY_MS));
    let spans = years.get(year);
    if (!spans) {
      spans = findSpans(year, readOffset);
      years.set(year, spans);
    }
    for (const span of spans) {
      if (ms < span.endMs) {
        last = span;
        return span;
      }
    }
    throw new Error(`zone ${name}: no offset found at ${ms}`);
  }

  function instantOf(year: number, month: number, day: number, minuteOfDay: number): number {
    const wall = daysFromCivil(year, month, day) * DAY_MS + minuteOfDay * MINUTE_MS;
    let span = offsetSpanAt(wall - FURTHEST_MS);
    for (;;) {
      const instant = Math.max(span.startMs, wall - span.offsetMs);
      if (instant < span.endMs) return instant;
      span = offsetSpanAt(span.endMs);
    }
  }

  /** Instants mostly come in order, so a month is looked for once. */
  function monthAt(ms: number): MonthSpan {
    if (!(ms >= lastMonth.startMs && ms < lastMonth.endMs)) lastMonth = findMonth(ms);
    return lastMonth;
  }

  function findMonth(ms: number): MonthSpan {
    const { year, month } = localDate(ms + offsetSpanAt(ms).offsetMs);
    const endMs = instantOf(year, month + 1, 1, 0);
    if (ms < endMs) return { startMs: ms, endMs, name: monthName(year, month) };
    // The clock went back over the end of the month: the new month has begun all the same.
    const name = month === 12 ? monthName(year + 1, 1) : monthName(year, month + 1);
    return { startMs: ms, endMs: instantOf(year, month + 2, 1, 0), name };
  }

  return {
    name,
    offsetSpanAt,
    instantOf,
    offsetAt: (ms) => offsetSpanAt(ms).offsetMs,
    localParts: (ms) => localParts(ms + offsetSpanAt(ms).offsetMs),
    startOfDay: (year, month, day) => instantOf(year, month, day, 0),
    startOfMonth: (year, month) => instantOf(year, month, 1, 0),
    nextMonthStart: (ms) => monthAt(ms).endMs,
    monthOf: (ms) => monthAt(ms).name,
  };
}

function monthName(year: number, month: number): string {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`;
}

function localDate(localMs: number) {
  return civilFromDays(Math.floor(localMs / DAY_MS));
}

function localParts(localMs: number): LocalParts {
  const days = Math.floor(localMs / DAY_MS);
  const { year, month, day } = civilFromDays(days);
  const minuteOfDay = Math.floor((localMs - days * DAY_MS) / MINUTE_MS);
  return { year, month, day, weekday: weekdayOf(days), minuteOfDay };
}

/**
 * The spans of a UTC year. Offsets are compared day by day (no zone changes twice within one), and
 * the second of a change is then found by halving.
 */
function findSpans(year: number, readOffset: (ms: number) => number): readonly OffsetSpan[] {
  if (year < FIRST_YEAR || year > LAST_YEAR) {
    const message = `The year ${year} is outside ${FIRST_YEAR} to ${LAST_YEAR}. Check the time.`;
    throw new Refusal('time-out-of-range', message, { year });
  }
  const endMs = daysFromCivil(year + 1, 1, 1) * DAY_MS;
  const spans: OffsetSpan[] = [];
  let startMs = daysFromCivil(year, 1, 1) * DAY_MS;
  let offsetMs = readOffset(startMs);
  for (let dayMs = startMs + DAY_MS; dayMs <= endMs; dayMs += DAY_MS) {
    const next = readOffset(dayMs);
    if (next === offsetMs) continue;
    const changeMs = findChange(dayMs - DAY_MS, dayMs, offsetMs, readOffset);
    if (changeMs < endMs) {
      spans.push({ startMs, endMs: changeMs, offsetMs });
      startMs = changeMs;
      offsetMs = next;
    }
  }
  spans.push({ startMs, endMs, offsetMs });
  return spans;
}

function findChange(
  beforeMs: number,
  afterMs: number,
  offsetMs: number,
  readOffset: (ms: number) => number,
): number {
  let low = beforeMs / 1000;
  let high = afterMs / 1000;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (readOffset(middle * 1000) === offsetMs) low = middle;
    else high = middle;
  }
  return high * 1000;
}

/** Reads the offset at a whole second off the fields that the platform prints for it. */
function offsetReader(name: string): (ms: number) => number {
  const format = zoneFormat(name);
  return (ms) => {
    const field: Record<string, number> = {};
    for (const part of format.formatToParts(ms)) field[part.type] = Number(part.value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = field;
    const clock = (hour * 60 + minute) * 60 + second;
    return daysFromCivil(year, month, day) * DAY_MS + clock * 1000 - ms;
  };
}

function zoneFormat(name: string): Intl.DateTimeFormat {
  // Fixed offsets ("+08:00") are known to some platforms only, so they are refused on all.
  if (ZONE_NAME.test(name)) {
    try {
      const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
        timeZone: name,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
      // The platform takes any case; other verifiers look for the file of that very name.
      const { timeZone } = format.resolvedOptions();
      if (timeZone === name || timeZone.toLowerCase() !== name.toLowerCase()) return format;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  const zone = name.slice(0, 64);
  const message = `"${zone}" is not a time zone known here. Give an IANA name, Asia/Shanghai.`;
  throw new Refusal('unknown-zone', message, { zone });
}
