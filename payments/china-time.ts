import { DAY_MS, HOUR_MS } from '../ledger/core/time.ts';

/** China keeps one time, eight hours ahead of UTC, without summer time since 1991. */
export const CHINA_OFFSET_MS = 8 * HOUR_MS;

/** `2026-09-01` of a time in China. */
export function chinaDay(ms: number): string {
  return chinaText(ms).slice(0, 10);
}

/** `2026-09-01 10:00:00` in China. */
export function chinaText(ms: number): string {
  return new Date(ms + CHINA_OFFSET_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** `20260901100000` in China. */
export function chinaDigits(ms: number): string {
  return chinaText(ms).replace(/\D/g, '');
}

/** RFC 3339 in China's time, whole seconds: `2026-09-01T10:00:00+08:00`. */
export function chinaRfc3339(ms: number): string {
  return `${chinaText(ms).replace(' ', 'T')}+08:00`;
}

/** When a day of China begins. */
export function chinaMidnight(day: string): number {
  return Date.parse(`${day}T00:00:00+08:00`);
}

export function dayAfter(day: string): string {
  return chinaDay(chinaMidnight(day) + DAY_MS);
}

export function dayBefore(day: string): string {
  return chinaDay(chinaMidnight(day) - DAY_MS);
}

/** `20260901100000`, a time in China; undefined where there is no such time. */
export function fromChinaDigits(digits: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(digits);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}+08:00`);
  return Number.isNaN(ms) || chinaDigits(ms) !== digits ? undefined : ms;
}
