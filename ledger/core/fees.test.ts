import { describe, expect, it } from 'vitest';
import { flatTariff } from '../../test/samples/tariffs.ts';
import { monthlyFee } from './fees.ts';
import type { TariffFee } from './tariff.ts';
import { parseTime } from './time.ts';

const fee: TariffFee = { fee: 'meter', amount: '8.900000', per: 'month', proration: 'daily' };
const tariff = flatTariff({ zone: 'America/Los_Angeles', currency: 'USD', fees: [fee] });
const EVER = [
  parseTime('2000-01-01T00:00:00.000Z'),
  parseTime('2100-01-01T00:00:00.000Z'),
] as const;

describe('a monthly fee', () => {
  it('is charged once and whole for a whole month', () => {
    const whole = { amountMicros: 8_900_000n };
    expect(monthlyFee(tariff, fee, '2026-02', ...EVER)).toEqual({ ...whole, days: 28, of: 28 });
    expect(monthlyFee(tariff, fee, '2024-02', ...EVER)).toEqual({ ...whole, days: 29, of: 29 });
  });

  it('counts days on the calendar, in the months of the clock change too', () => {
    expect(monthlyFee(tariff, fee, '2026-03', ...EVER).days).toBe(31);
    expect(monthlyFee(tariff, fee, '2026-11', ...EVER).days).toBe(30);
    const fromMs = parseTime('2026-03-08T08:00:00.000Z');
    const toMs = parseTime('2026-03-09T07:00:00.000Z');
    expect(monthlyFee(tariff, fee, '2026-03', fromMs, toMs).days).toBe(1);
  });

  it('is prorated by local days, a begun day counting, and rounded once', () => {
    // 20:00 on 10 September to 00:00 on 20 September in Los Angeles: 10 days.
    const fromMs = parseTime('2026-09-11T03:00:00.000Z');
    const toMs = parseTime('2026-09-20T07:00:00.000Z');
    const third = { amountMicros: 2_970_000n, days: 10, of: 30 };
    expect(monthlyFee(tariff, fee, '2026-09', fromMs, toMs)).toEqual(third);
    expect(monthlyFee(tariff, fee, '2026-09', fromMs, toMs + 1).days).toBe(11);
    const finer = { ...tariff, rounding: { mode: 'down', scale: 6 } } as const;
    expect(monthlyFee(finer, fee, '2026-09', fromMs, toMs).amountMicros).toBe(2_966_666n);
  });

  it('without proration is due as soon as one day was active', () => {
    const whole = { ...fee, proration: 'none' } as const;
    const fromMs = parseTime('2026-09-30T12:00:00.000Z');
    const due = { amountMicros: 8_900_000n, days: 1, of: 30 };
    expect(monthlyFee(tariff, whole, '2026-09', fromMs, fromMs + 1)).toEqual(due);
    const none = { amountMicros: 0n, days: 0, of: 31 };
    expect(monthlyFee(tariff, whole, '2026-08', fromMs, EVER[1])).toEqual(none);
    expect(monthlyFee(tariff, whole, '2026-10', EVER[0], fromMs)).toEqual(none);
    expect(monthlyFee(tariff, whole, '2026-09', fromMs, fromMs).amountMicros).toBe(0n);
  });

  it.each(['2026-13', '2026-9', '2026', ''])('refuses %j as a month', (month) => {
    const refusal = expect.objectContaining({ code: 'bad-period' });
    expect(() => monthlyFee(tariff, fee, month, ...EVER)).toThrow(refusal);
  });
});
