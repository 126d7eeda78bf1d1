import { DAY_MS, daysFromCivil, daysInMonth, HOUR_MS, MINUTE_MS } from '../../ledger/core/time.ts';
import { type Zone, zoneOf } from '../../ledger/core/zone.ts';
import { CHINA_OFFSET_MS } from '../china-time.ts';

/**
 * `china`: `2026-09-01 12:34:56` on the clock of China; `utc`: the same in UTC, as Stripe writes it,
 * with or without the time. The others are dates alone, as banks write them.
 */
export type TimeForm = 'china' | 'utc' | DateForm;
export type DateForm = (typeof DATE_FORMS)[number];
export const DATE_FORMS = [
  'YYYY-MM-DD',
  'YYYY/MM/DD',
  'YYYYMMDD',
  'DD.MM.YYYY',
  'DD/MM/YYYY',
  'MM/DD/YYYY',
] as const;

/** Milliseconds since 1970, of a date alone those of its beginning in UTC; NaN for what is no time. */
export function timeMs(bytes: Uint8Array, start: number, end: number, form: TimeForm): number {
  const length = end - start;
  if (form !== 'china' && form !== 'utc') return dateMs(bytes, start, length, form);
  const day = dateMs(bytes, start, Math.min(length, 10), 'YYYY-MM-DD');
  if (length === 10 && form === 'utc') return day;
  if (length !== 19 || bytes[start + 10] !== 0x20) return Number.NaN;
  if (bytes[start + 13] !== 0x3a || bytes[start + 16] !== 0x3a) return Number.NaN;
  const hour = two(bytes, start + 11);
  const minute = two(bytes, start + 14);
  const second = two(bytes, start + 17);
  if (!(hour < 24 && minute < 60 && second < 60)) return Number.NaN;
  const ms = day + hour * HOUR_MS + minute * MINUTE_MS + second * 1000;
  return form === 'china' ? ms - CHINA_OFFSET_MS : ms;
}

/** The beginning of a day that is given as its beginning in UTC, on the clock of a zone. */
export function startOfDayIn(zone: Zone, utcDayMs: number): number {
  const date = new Date(utcDayMs);
  return zone.startOfDay(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate());
}

const CHINA = 'Asia/Shanghai';

/** The zone that a bank's days are of; China's where nothing else is said. */
export function bankZone(name: string | undefined): Zone {
  return zoneOf(name ?? CHINA);
}

/** Month, day and clock without a year (`0901123456`) on the clock of China, nearest to a day. */
export function nearestYearMs(text: string, dayMs: number): number {
  if (!/^\d{10}$/.test(text)) return Number.NaN;
  const bytes = Buffer.from(text, 'latin1');
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((at) => two(bytes, at));
  const clock = ((hour ?? 99) * 60 + (minute ?? 99)) * MINUTE_MS + (second ?? 99) * 1000;
  if (!((hour ?? 99) < 24 && (minute ?? 99) < 60 && (second ?? 99) < 60)) return Number.NaN;
  const year = new Date(dayMs).getUTCFullYear();
  let nearest = Number.NaN;
  for (const candidate of [year, year - 1, year + 1]) {
    const ms = civilMs(candidate, month ?? 0, day ?? 0) + clock - CHINA_OFFSET_MS;
    const isNearer = Number.isNaN(nearest) || Math.abs(ms - dayMs) < Math.abs(nearest - dayMs);
    if (!Number.isNaN(ms) && isNearer) nearest = ms;
  }
  return nearest;
}

function dateMs(bytes: Uint8Array, start: number, length: number, form: DateForm): number {
  if (length !== form.length) return Number.NaN;
  for (let at = 0; at < length; at += 1) {
    const code = form.charCodeAt(at);
    if ((code === 0x2d || code === 0x2e || code === 0x2f) && bytes[start + at] !== code) {
      return Number.NaN;
    }
  }
  const yearAt = start + form.indexOf('YYYY');
  const year = two(bytes, yearAt) * 100 + two(bytes, yearAt + 2);
  const month = two(bytes, start + form.indexOf('MM'));
  return civilMs(year, month, two(bytes, start + form.indexOf('DD')));
}

function civilMs(year: number, month: number, day: number): number {
  // NaN fails every comparison, so a character that is no digit ends here too.
  if (!(year >= 1970 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  if (!(day <= daysInMonth(year, month))) return Number.NaN;
  return daysFromCivil(year, month, day) * DAY_MS;
}

function two(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - 0x30;
  const units = (bytes[at + 1] ?? 0) - 0x30;
  if (!(tens >= 0 && tens <= 9 && units >= 0 && units <= 9)) return Number.NaN;
  return tens * 10 + units;
}
