import { Refusal } from './refusal.ts';

/** A date of the Gregorian calendar; `month` and `day` count from 1. */
export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/**
 * The one text form of a time in anything hashed (formats.md), `YYYY-MM-DDTHH:MM:SS.mmmZ`, as
 * milliseconds since 1970 (negative before). A leap second has no place in it, nor has an offset.
 * Refuses `bad-time`.
 */
export function parseTime(text: string): number {
  if (text.length !== 24 || !hasTimePunctuation(text)) throw badTime(text);
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  const ms = twoDigits(text, 20) * 10 + digit(text, 22);
  // A character that is no digit makes its number NaN, and every comparison with NaN is false.
  const clock = hour < 24 && minute < 60 && second < 60 && ms >= 0;
  if (!clock || !isCivilDate(year, month, day)) throw badTime(text);
  return (
    daysFromCivil(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + ms
  );
}

/** The inverse of `parseTime`, for the years 0000 to 9999. */
export function formatTime(ms: number): string {
  if (ms !== lastMs) {
    lastMsText = timeText(ms);
    lastMs = ms;
  }
  return lastMsText;
}

/** Readings come by the hundred for one time, and each asks for its text more than once. */
let lastMs = Number.NaN;
let lastMsText = '';

function timeText(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  let rest = ms - days * DAY_MS;
  const fraction = rest % 1000;
  rest = (rest - fraction) / 1000;
  const second = rest % 60;
  rest = (rest - second) / 60;
  const minute = rest % 60;
  const clock = `${two((rest - minute) / 60)}:${two(minute)}:${two(second)}.${three(fraction)}Z`;
  return `${dateText(days)}T${clock}`;
}

/** `2026-10-01` as a date that exists. Refuses `bad-date`. */
export function parseDate(text: string): CivilDate {
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const formed = text.length === 10 && text[4] === '-' && text[7] === '-';
  if (!formed || !isCivilDate(year, month, day)) {
    const shown = text.slice(0, 24);
    const params = { text: shown };
    throw new Refusal('bad-date', `"${shown}" is not a date: write YYYY-MM-DD.`, params);
  }
  return { year, month, day };
}

/** `YYYY-MM-DD` for the years 0000 to 9999. */
export function formatDate(year: number, month: number, day: number): string {
  return `${two(Math.floor(year / 100))}${two(year % 100)}-${two(month)}-${two(day)}`;
}

/** Minutes since midnight of a valid `HH:MM`, `24:00` included. */
export function clockMinute(text: string): number {
  return twoDigits(text, 0) * 60 + twoDigits(text, 3);
}

/** `HH:MM` of 0 to 1,440 minutes since midnight. */
export function clockText(minute: number): string {
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** Days from 1970-01-01 to the date. A month outside 1..12 or a day outside the month is carried. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const months = year * 12 + (month - 1);
  // Years begin in March, so that the leap day is the last day and the cycle of 400 years is even.
  const shifted = months - 2;
  const marchYear = Math.floor(shifted / 12);
  const marchMonth = shifted - marchYear * 12;
  const dayOfYear = Math.floor((153 * marchMonth + 2) / 5) + day - 1;
  const leapDays =
    Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}

/** The date that lies `days` days after 1970-01-01. */
export function civilFromDays(days: number): CivilDate {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return { year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day };
}

/** Days in a month of the Gregorian calendar; `month` from 1. */
export function daysInMonth(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
}

/** 1 = Monday to 7 = Sunday (ISO 8601), of the day `days` days after 1970-01-01. */
export function weekdayOf(days: number): number {
  return ((((days + 3) % 7) + 7) % 7) + 1;
}

function isCivilDate(year: number, month: number, day: number): boolean {
  return year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

/** The day number of the date text below: readings come in order, so one day is formatted once. */
let lastDay = Number.NaN;
let lastDayText = '';

function dateText(days: number): string {
  if (days !== lastDay) {
    const { year, month, day } = civilFromDays(days);
    if (!(year >= 0 && year <= 9999)) throw new Error(`formatTime: year ${year} has no text form`);
    lastDayText = formatDate(year, month, day);
    lastDay = days;
  }
  return lastDayText;
}

const TWO: readonly string[] = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));

function two(n: number): string {
  return TWO[n] ?? String(n);
}

function three(n: number): string {
  return n < 10 ? `00${n}` : n < 100 ? `0${n}` : String(n);
}

function digit(text: string, at: number): number {
  const code = text.charCodeAt(at) - 48;
  return code >= 0 && code <= 9 ? code : Number.NaN;
}

function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1);
}

function hasTimePunctuation(text: string): boolean {
  return (
    text.charCodeAt(4) === 45 &&
    text.charCodeAt(7) === 45 &&
    text.charCodeAt(10) === 84 &&
    text.charCodeAt(13) === 58 &&
    text.charCodeAt(16) === 58 &&
    text.charCodeAt(19) === 46 &&
    text.charCodeAt(23) === 90
  );
}

function badTime(text: string): Refusal {
  const shown = text.slice(0, 40);
  return new Refusal(
    'bad-time',
    `"${shown}" is not a time: write UTC with milliseconds, 2026-09-01T00:00:00.000Z.`,
    { text: shown },
  );
}
