import { parseMicros, powerOfTen, roundDiv } from './decimal.ts';
import { Refusal } from './refusal.ts';
import type { Tariff, TariffFee } from './tariff.ts';
import { daysInMonth } from './time.ts';
import { type Zone, zoneOf } from './zone.ts';

/** A fee of one month: `days` of the month's `of` days were active. */
export interface MonthlyFee {
  readonly amountMicros: bigint;
  readonly days: number;
  readonly of: number;
}

/**
 * The fee of the local calendar month `periodMonth` (`2026-09`) for what was active during
 * [activeFromMs, activeToMs): give the time in which both the account was open and this tariff
 * version applied. A local day counts when any instant of it was active. Proration `daily` charges
 * R(amount x days / of), with the tariff's rounding and the days on the calendar, 23-hour and
 * 25-hour days alike; `none` charges R(amount) as soon as one day was active. Refuses `bad-period`.
 */
export function monthlyFee(
  tariff: Pick<Tariff, 'zone' | 'rounding'>,
  fee: TariffFee,
  periodMonth: string,
  activeFromMs: number,
  activeToMs: number,
): MonthlyFee {
  const { days, of } = activeDays(zoneOf(tariff.zone), periodMonth, activeFromMs, activeToMs);
  return { amountMicros: feeAmount(tariff, fee, days, of), days, of };
}

/** The local days of a month, and those of which any instant lies in [activeFromMs, activeToMs). */
export function activeDays(
  zone: Zone,
  periodMonth: string,
  activeFromMs: number,
  activeToMs: number,
): { readonly days: number; readonly of: number } {
  const { year, month } = parsePeriod(periodMonth);
  const of = daysInMonth(year, month);
  let days = 0;
  for (let day = 1; day <= of; day += 1) {
    const startMs = zone.startOfDay(year, month, day);
    const endMs = zone.startOfDay(year, month, day + 1);
    if (Math.max(startMs, activeFromMs) < Math.min(endMs, activeToMs)) days += 1;
  }
  return { days, of };
}

/** What `days` active days out of a month's `of` cost, in micros. */
export function feeAmount(
  tariff: Pick<Tariff, 'rounding'>,
  fee: TariffFee,
  days: number,
  of: number,
): bigint {
  const { mode, scale } = tariff.rounding;
  const step = powerOfTen(6 - scale);
  const share = fee.proration === 'daily' ? days : days > 0 ? of : 0;
  const amount = parseMicros(fee.amount) * BigInt(share);
  return roundDiv(amount, BigInt(of) * step, mode) * step;
}

export function parsePeriod(text: string): { year: number; month: number } {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text);
  if (!match) {
    const period = text.slice(0, 16);
    const message = `"${period}" is not a month: write YYYY-MM, such as 2026-09.`;
    throw new Refusal('bad-period', message, { period });
  }
  return { year: Number(match[1]), month: Number(match[2]) };
}
