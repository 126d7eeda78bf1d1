import { Refusal } from '../refusal.ts';
import { formatTime, parseTime } from '../time.ts';
import { zoneOf } from '../zone.ts';

export type Lang = 'en' | 'zh-CN';

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `1234.500000` as `1,234.5`: every digit that was rated, thousands apart, no idle zeros. */
export function showNumber(text: string, decimals = 0): string {
  const match = DECIMAL.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = ''] = match;
  const rest = fraction.slice(decimals).replace(/0+$/, '');
  const shown = fraction.slice(0, decimals).padEnd(decimals, '0') + rest;
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return `${sign}${grouped}${shown === '' ? '' : `.${shown}`}`;
}

/** `1286.400000` as `1,286.40`, `12.345600` as `12.3456`: never rounded, two decimals at least. */
export function showMoney(text: string): string {
  return showNumber(text, 2);
}

export interface LocalTime {
  /** `13 Aug`, with the year where `withYear`. */
  readonly date: string;
  /** `02:00`, and ` UTC` after it where the zone is unknown. */
  readonly clock: string;
}

/** A canonical time on the wall of a zone, or undefined when the text is no time. */
export function localTime(
  text: string,
  lang: Lang,
  zone: string | undefined,
  withYear = false,
): LocalTime | undefined {
  const ms = instant(text);
  if (ms === undefined) return undefined;
  const offset = offsetIn(zone, ms);
  const local = formatTime(ms + (offset ?? 0));
  const [year = '', month = '', day = ''] = local.slice(0, 10).split('-');
  const date = showDate(lang, Number(month), Number(day), withYear ? year : undefined);
  return { date, clock: `${local.slice(11, 16)}${offset === undefined ? ' UTC' : ''}` };
}

/** Year of a time text in UTC; undefined when it is none. */
export function yearOf(text: string): string | undefined {
  return instant(text) === undefined ? undefined : text.slice(0, 4);
}

function showDate(lang: Lang, month: number, day: number, year: string | undefined): string {
  if (lang === 'zh-CN') return `${year === undefined ? '' : `${year} 年 `}${month} 月 ${day} 日`;
  return `${day} ${MONTHS[month - 1] ?? ''}${year === undefined ? '' : ` ${year}`}`;
}

function instant(text: string): number | undefined {
  // A date alone stands for its first instant.
  const full = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00.000Z` : text;
  try {
    return parseTime(full);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Undefined for a zone that is not known here: then the time is shown in UTC and says so. */
function offsetIn(zone: string | undefined, ms: number): number | undefined {
  if (zone === undefined) return undefined;
  try {
    return zoneOf(zone).offsetAt(ms);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
