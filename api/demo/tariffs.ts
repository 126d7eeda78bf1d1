import { DAY_KINDS, type DayKind } from '../../ledger/core/day-kinds.ts';
import type { Tariff, TariffDays } from '../../ledger/core/tariff.ts';
import { TOWER } from './tower.ts';

type Common = Omit<Tariff, 'id' | 'name' | 'utility' | 'unit' | 'seasons' | 'prices'>;

const WORKDAYS: readonly DayKind[] = ['mon', 'tue', 'wed', 'thu', 'fri'];
const REST_DAYS: readonly DayKind[] = ['sat', 'sun', 'holiday'];
const YEAR = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/**
 * What the tower's tenants pay: electricity by Beijing's table of July 2024 (two-part, 1-10 kV) with a
 * monthly fee, water by Beijing's yearly tiers, cooling and gas by the unit.
 */
export function towerTariffs(validFrom: string): Tariff[] {
  const common: Common = {
    ...{ v: 1, version: 1, currency: TOWER.currency, zone: TOWER.zone, validFrom },
    ...{ rounding: { mode: 'half-up', scale: 2 }, window: 'month', tiers: [{ tier: 'all' }] },
    ...{ calendar: [], fees: [] },
  };
  const always = [days(DAY_KINDS, '00:00 all 24:00')];
  const oneSeason = [{ season: 'year', months: YEAR, days: always }];
  const unit = (price: string) => ({
    seasons: oneSeason,
    prices: [{ period: 'all', tier: 'all', price }],
  });
  return [
    {
      ...common,
      ...{ id: 'tower-electricity', utility: 'electricity', unit: 'kWh' },
      name: 'Electricity by time of use 分时电价',
      seasons: [
        { season: 'summer', months: [7, 8], days: [days(DAY_KINDS, SUMMER_DAY)] },
        {
          ...{ season: 'rest', months: [1, 2, 3, 4, 5, 6, 9, 10, 11, 12] },
          days: [days(DAY_KINDS, OTHER_DAY)],
        },
      ],
      prices: [
        { period: 'valley', tier: 'all', price: '0.435829' },
        { period: 'flat', tier: 'all', price: '0.681335' },
        { period: 'peak', tier: 'all', price: '0.926841' },
        { period: 'sharp', tier: 'all', price: '1.057777' },
      ],
      fees: [{ fee: 'metering', amount: '15.000000', per: 'month', proration: 'daily' }],
    },
    {
      ...common,
      ...{ id: 'tower-water', utility: 'water', unit: 'm3', window: 'year' },
      name: 'Water, three tiers a year 阶梯水价',
      tiers: [
        { tier: 'first', upTo: '180.000000' },
        { tier: 'second', upTo: '260.000000' },
        { tier: 'third' },
      ],
      seasons: oneSeason,
      prices: [
        { period: 'all', tier: 'first', price: '5.000000' },
        { period: 'all', tier: 'second', price: '7.000000' },
        { period: 'all', tier: 'third', price: '9.000000' },
      ],
    },
    {
      ...{ ...common, id: 'tower-cooling', utility: 'cooling', unit: 'kWh' },
      ...{ name: 'Central air conditioning 中央空调', ...unit('0.420000') },
    },
    {
      ...{ ...common, id: 'tower-gas', utility: 'gas', unit: 'm3' },
      ...{ name: 'Gas 燃气', ...unit('4.550000') },
    },
  ];
}

/** PG&E A-6 of 2011: what a recorded load is billed by, on the calendar of its own zone. */
export function loadTariff(zone: string, validFrom: string): Tariff {
  const rest = (period: string) => days(REST_DAYS, `00:00 ${period} 24:00`);
  return {
    ...{ v: 1, id: 'pge-a6', version: 1, name: 'PG&E A-6 2011', utility: 'electricity' },
    ...{ currency: 'USD', unit: 'kWh', zone, validFrom },
    // Finer than a cent, so that a month's sum can be compared with the exact one.
    ...{ rounding: { mode: 'half-up', scale: 6 }, window: 'month', tiers: [{ tier: 'all' }] },
    calendar: [],
    seasons: [
      {
        ...{ season: 'summer', months: [5, 6, 7, 8, 9, 10] },
        days: [days(WORKDAYS, A6_SUMMER), rest('summer-off')],
      },
      {
        ...{ season: 'winter', months: [11, 12, 1, 2, 3, 4] },
        days: [days(WORKDAYS, A6_WINTER), rest('winter-off')],
      },
    ],
    prices: [
      { period: 'summer-off', tier: 'all', price: '0.137680' },
      { period: 'summer-part', tier: 'all', price: '0.237130' },
      { period: 'summer-peak', tier: 'all', price: '0.486570' },
      { period: 'winter-off', tier: 'all', price: '0.127680' },
      { period: 'winter-part', tier: 'all', price: '0.155340' },
    ],
    fees: [{ fee: 'customer', amount: '8.900000', per: 'month', proration: 'daily' }],
  };
}

const SUMMER_DAY =
  '00:00 valley 07:00 flat 10:00 peak 11:00 sharp 13:00 flat 16:00 sharp 17:00 peak 22:00 flat ' +
  '23:00 valley 24:00';
const OTHER_DAY =
  '00:00 valley 07:00 flat 10:00 peak 13:00 flat 17:00 peak 22:00 flat 23:00 valley 24:00';
const A6_SUMMER =
  '00:00 summer-off 08:00 summer-part 12:00 summer-peak 18:00 summer-part 22:00 summer-off 24:00';
const A6_WINTER = '00:00 winter-off 08:30 winter-part 21:30 winter-off 24:00';

/** `00:00 valley 08:00 peak 24:00`: clock times with the period between each two. */
function days(on: readonly DayKind[], plan: string): TariffDays {
  const words = plan.split(' ');
  const spans: { from: string; to: string; period: string }[] = [];
  for (let at = 0; at + 2 < words.length; at += 2) {
    const [from = '', period = '', to = ''] = words.slice(at, at + 3);
    spans.push({ from, to, period });
  }
  return { on, spans };
}
