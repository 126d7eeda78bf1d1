import type { TariffV2 } from '../../ledger/core/charges/tariff-v2.ts';
import { DAY_KINDS } from '../../ledger/core/day-kinds.ts';
import { dayPlan, MONTHS } from '../samples/tariffs.ts';
import { type Attacker, forged, type Twist } from './attack.ts';
import { all, honest, NEIGHBOUR, officeTariff, TENANT } from './story.ts';

const EVIDENCE = { source: 'Weather office', text: '36 degrees tomorrow', hash: '9f'.repeat(32) };
export const EVENT_DAY = { tariff: 'office', date: '2026-09-05', as: 'event', evidence: EVIDENCE };
export const QUOTA = { quantities: { quota: '20.000000', persons: '2.000000' } };

const usual = dayPlan(DAY_KINDS, '00:00 valley 08:00 peak 22:00 valley 24:00');
const event = dayPlan([], '00:00 valley 08:00 sharp 22:00 valley 24:00');

/** The office under format 2: a free allowance, a quota, and event days in September. */
export function hotTariff(changes: Partial<TariffV2> = {}): TariffV2 {
  return {
    ...officeTariff(),
    v: 2,
    tiers: [{ tier: 'quota', upToPercent: '100' }, { tier: 'above' }],
    quota: { term: 'quota' },
    allowance: { upTo: '0.500000', per: 'persons' },
    seasons: [
      { season: 'hot', months: [9], days: [usual, { on: ['event'], spans: event.spans }] },
      { season: 'other', months: MONTHS.filter((month) => month !== 9), days: [usual] },
    ],
    prices: [
      { period: 'valley', tier: 'quota', price: '0.300001' },
      { period: 'valley', tier: 'above', price: '0.350007' },
      { period: 'peak', tier: 'quota', price: '0.900003' },
      { period: 'peak', tier: 'above', price: '0.950009' },
      { period: 'sharp', tier: 'quota', price: '1.500003' },
      { period: 'sharp', tier: 'above', price: '1.550009' },
    ],
    ...changes,
  };
}

export const FIRST_TERMS = '2026-08-28T01:30:00.000Z';

/** Format 2 in the place of format 1, with what it needs. */
export const HOT: Twist = {
  tariff: (f) => f.publish('2026-07-30T02:00:00.000Z', hotTariff()),
  open: all(honest.open, (f) => f.agree(TENANT, FIRST_TERMS, { from: '2026-08', terms: QUOTA })),
  'open-neighbour': all(honest['open-neighbour'], (f) =>
    f.agree(NEIGHBOUR, '2026-08-28T03:30:00.000Z', { from: '2026-08', terms: QUOTA }),
  ),
  'top-up': all(honest['top-up'], (f) => f.declare('2026-09-02T03:00:00.000Z', EVENT_DAY)),
};

/** A lie on the site that bills by format 2. */
export function hot(
  name: string,
  expected: Parameters<typeof forged>[2],
  twist: Twist,
  lie?: Parameters<typeof forged>[4],
  by: Attacker = 'operator',
) {
  return forged(by, name, expected, { ...HOT, ...twist }, lie);
}
