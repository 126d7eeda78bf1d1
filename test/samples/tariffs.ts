import { DAY_KINDS, type DayKind } from '../../ledger/core/day-kinds.ts';
import type { Tariff, TariffDays } from '../../ledger/core/tariff.ts';

export const MONTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
export const WORKDAYS: readonly DayKind[] = ['mon', 'tue', 'wed', 'thu', 'fri'];
export const REST_DAYS: readonly DayKind[] = ['sat', 'sun', 'holiday'];

/** One price at all times; whatever a test is about is laid over it. */
export function flatTariff(changes: Partial<Tariff> = {}): Tariff {
  return {
    v: 1,
    id: 'sample',
    version: 1,
    name: 'Sample 样例',
    utility: 'electricity',
    currency: 'CNY',
    unit: 'kWh',
    zone: 'Asia/Shanghai',
    validFrom: '2000-01-01T00:00:00.000Z',
    rounding: { mode: 'half-up', scale: 2 },
    window: 'month',
    tiers: [{ tier: 'all' }],
    calendar: [],
    seasons: [{ season: 'year', months: MONTHS, days: [dayPlan(DAY_KINDS, '00:00 all 24:00')] }],
    prices: [{ period: 'all', tier: 'all', price: '0.500000' }],
    fees: [],
    ...changes,
  };
}

/** Peak 08:00 to 22:00 on workdays, else valley. */
export function timeOfUseTariff(changes: Partial<Tariff> = {}): Tariff {
  const work = dayPlan(WORKDAYS, '00:00 valley 08:00 peak 22:00 valley 24:00');
  const rest = dayPlan(REST_DAYS, '00:00 valley 24:00');
  return flatTariff({
    seasons: [{ season: 'year', months: MONTHS, days: [work, rest] }],
    prices: [
      { period: 'valley', tier: 'all', price: '0.300000' },
      { period: 'peak', tier: 'all', price: '0.900000' },
    ],
    ...changes,
  });
}

/** `00:00 valley 08:00 peak 24:00`: clock times with the period between each two. */
export function dayPlan(on: readonly DayKind[], plan: string): TariffDays {
  const words = plan.split(' ');
  const spans: { from: string; to: string; period: string }[] = [];
  for (let at = 0; at + 2 < words.length; at += 2) {
    const [from = '', period = '', to = ''] = words.slice(at, at + 3);
    spans.push({ from, to, period });
  }
  return { on, spans };
}
