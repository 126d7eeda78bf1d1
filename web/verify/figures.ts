import { Refusal } from '../../ledger/core/refusal.ts';
import { formatTime, parseTime } from '../../ledger/core/time.ts';
import { type Lang, showMoney, showNumber } from '../../ledger/core/words/format.ts';
import { say, wordsFor } from '../../ledger/core/words/render.ts';
import { type LocalParts, zoneOf } from '../../ledger/core/zone.ts';

/** `1,286.40 yuan`, `1,286.40 元`; any other currency by its ISO 4217 code. */
export function moneyOf(lang: Lang, text: string, currency: string): string {
  return `${showMoney(text)} ${currencyName(lang, currency)}`;
}

export function currencyName(lang: Lang, currency: string): string {
  const code = `name-${currency}`;
  return wordsFor(code) !== undefined ? say(lang, code) : currency;
}

/** The figures of one column with equally many decimals, so that their points stand in line. */
export function column(texts: readonly string[], least: number): string[] {
  const shown = texts.map((text) => showNumber(text, least));
  const decimals = Math.max(...shown.map((text) => (text.split('.')[1] ?? '').length));
  return texts.map((text) => showNumber(text, decimals));
}

/** The month `2026-09` in words. */
export function monthName(lang: Lang, period: string): string {
  const [year = '', month = ''] = period.split('-');
  if (lang === 'en') return `${MONTHS[Number(month) - 1] ?? month} ${year}`;
  return `${year} 年 ${Number(month)} 月`;
}

/** The local date `2026-09-02` in words, without the year. */
export function dayName(lang: Lang, date: string): string {
  const [, month = '', day = ''] = date.split('-');
  if (lang === 'en') return `${Number(day)} ${(MONTHS[Number(month) - 1] ?? '').slice(0, 3)}`;
  return `${Number(month)} 月 ${Number(day)} 日`;
}

/**
 * An instant on the clock of the named zone, whatever zone the device is in: `2 Sep 2026, 08:15`. A
 * time or zone that does not exist, as a forged bill may have, is shown as it is written.
 */
export function timeName(lang: Lang, at: string, zone: string): string {
  const parts = localParts(at, zone);
  if (parts === undefined) return at;
  const clock = `${two(Math.floor(parts.minuteOfDay / 60))}:${two(parts.minuteOfDay % 60)}`;
  const date = dateOf(parts);
  if (lang === 'en') return `${dayName(lang, date)} ${parts.year}, ${clock}`;
  return `${parts.year} 年 ${dayName(lang, date)} ${clock}`;
}

/** The local date of the instant just before `atMs`, as `2026-09-02`; in UTC for an unknown zone. */
export function localDay(atMs: number, zone: string): string {
  const at = formatTime(atMs - 1);
  const parts = localParts(at, zone);
  return parts === undefined ? at.slice(0, 10) : dateOf(parts);
}

function localParts(at: string, zone: string): LocalParts | undefined {
  try {
    return zoneOf(zone).localParts(parseTime(at));
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

function dateOf({ year, month, day }: LocalParts): string {
  return `${year}-${two(month)}-${two(day)}`;
}

const MONTHS: readonly string[] = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

function two(value: number): string {
  return String(value).padStart(2, '0');
}
