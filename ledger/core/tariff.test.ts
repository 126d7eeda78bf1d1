import { describe, expect, it } from 'vitest';
import {
  dayPlan,
  flatTariff,
  MONTHS,
  REST_DAYS,
  timeOfUseTariff,
  WORKDAYS,
} from '../../test/samples/tariffs.ts';
import { DAY_KINDS } from './day-kinds.ts';
import { compileTariff } from './rating.ts';
import { parseTariff, type Tariff, validateTariff } from './tariff.ts';

/** The tariff as JSON with one place replaced (or, with undefined, removed). */
function changed(path: string, value: unknown, tariff: Tariff = fullTariff()): unknown {
  const copy = JSON.parse(JSON.stringify(tariff));
  const steps = path.split('/').slice(1);
  const last = steps.pop() ?? '';
  const place = steps.reduce((inner, step) => inner[step], copy);
  if (value === undefined) delete place[last];
  else place[last] = value;
  return copy;
}

function fullTariff(): Tariff {
  return timeOfUseTariff({
    validTo: '2030-01-01T00:00:00.000Z',
    calendar: [{ date: '2026-10-01', as: 'holiday' }],
    tiers: [{ tier: 'base', upTo: '100.000000' }, { tier: 'above' }],
    prices: ['valley', 'peak'].flatMap((period) => [
      { period, tier: 'base', price: '0.300000' },
      {
        period,
        tier: 'above',
        price: '0.500000',
        parts: { floating: '0.400000', fixed: '0.100000' },
      },
    ]),
    components: { floating: '0.25', fixed: '0.05', multipliers: { valley: '1', peak: '1.0' } },
    fees: [{ fee: 'meter', amount: '8.900000', per: 'month', proration: 'daily' }],
  });
}

function errors(changes: Partial<Tariff>) {
  return validateTariff(flatTariff(changes)).errors;
}

describe('the shape of a tariff', () => {
  it('is kept as it came, field by field', () => {
    const json = JSON.parse(JSON.stringify(fullTariff()));
    expect(parseTariff(json)).toEqual(fullTariff());
    expect(validateTariff(parseTariff(json))).toEqual({ errors: [], warnings: [] });
    expect(Object.keys(parseTariff(changed('/validTo', undefined)))).not.toContain('validTo');
  });

  it.each(Object.keys(fullTariff()).filter((name) => name !== 'validTo' && name !== 'components'))(
    'needs the field %s, of its type',
    (name) => {
      const refusal = expect.objectContaining({
        code: 'bad-tariff',
        params: expect.objectContaining({ pointer: `/${name}` }),
      });
      expect(() => parseTariff(changed(`/${name}`, undefined))).toThrow(refusal);
      expect(() => parseTariff(changed(`/${name}`, null))).toThrow(refusal);
      expect(() => parseTariff(changed(`/${name}`, true))).toThrow(refusal);
    },
  );

  it.each([
    ['/surprise', 1],
    ['/v', 2],
    ['/version', 0],
    ['/version', 1.5],
    ['/version', '1'],
    ['/id', 'a b'],
    ['/id', ''],
    ['/name', 'hidden\u202etext'],
    ['/name', 'two\nlines'],
    ['/currency', 'cny'],
    ['/unit', 'k Wh'],
    ['/validFrom', '2026-02-30T00:00:00.000Z'],
    ['/validFrom', '2026-01-01'],
    ['/validTo', 5],
    ['/rounding/mode', 'up'],
    ['/rounding/scale', 7],
    ['/rounding/extra', 0],
    ['/window', 'week'],
    ['/tiers/0/upTo', '100'],
    ['/tiers/0/price', '1.000000'],
    ['/calendar/0/date', '1 Oct'],
    ['/calendar/0/as', 'feast'],
    ['/seasons/0/months/0', 0],
    ['/seasons/0/months/0', 13],
    ['/seasons/0/days/0/on/0', 'monday'],
    ['/seasons/0/days/0/spans/0/from', '24:00'],
    ['/seasons/0/days/0/spans/0/to', '24:01'],
    ['/seasons/0/days/0/spans/0/to', '8:00'],
    ['/prices/0/price', '0.3'],
    ['/prices/0/price', 0.3],
    ['/prices/0/price', '-0.000000'],
    ['/prices/1/parts/fixed', '0.1'],
    ['/components/floating', '1e3'],
    ['/components/multipliers/peak', 1],
    ['/fees/0/per', 'year'],
    ['/fees/0/proration', 'hourly'],
  ])('refuses %s = %j, naming the place', (pointer, value) => {
    const params = expect.objectContaining({ pointer });
    const refusal = expect.objectContaining({ code: 'bad-tariff', params });
    expect(() => parseTariff(changed(pointer, value))).toThrow(refusal);
  });

  it.each([null, [], 'tariff', 1, undefined])('refuses %j in place of a tariff', (value) => {
    expect(() => parseTariff(value)).toThrow(expect.objectContaining({ code: 'bad-tariff' }));
  });
});

describe('a day plan', () => {
  const seasonOf = (plan: string) => ({
    seasons: [{ season: 'year', months: MONTHS, days: [dayPlan(DAY_KINDS, plan)] }],
  });
  const day = DAY_KINDS.join(',');
  const pointer = '/seasons/0/days/0/spans';

  it('that leaves time unpriced is an error that names the gap', () => {
    const days = [dayPlan(WORKDAYS, '00:30 all 08:00'), dayPlan(REST_DAYS, '00:00 all 24:00')];
    days[0] = { ...dayPlan(WORKDAYS, '00:30 all 08:00 all 23:30') };
    const detail = { season: 'year', day: 'mon,tue,wed,thu,fri' };
    expect(errors({ seasons: [{ season: 'year', months: MONTHS, days }] })).toEqual([
      { code: 'tariff-gap', pointer, detail: { ...detail, from: '00:00', to: '00:30' } },
      { code: 'tariff-gap', pointer, detail: { ...detail, from: '23:30', to: '24:00' } },
    ]);
  });

  it('that prices time twice is an error that names the overlap', () => {
    const spans = [
      { from: '12:00', to: '24:00', period: 'all' },
      { from: '00:00', to: '12:01', period: 'all' },
      { from: '05:00', to: '06:00', period: 'all' },
    ];
    const days = [{ on: DAY_KINDS, spans }];
    const detail = { season: 'year', day };
    expect(errors({ seasons: [{ season: 'year', months: MONTHS, days }] })).toEqual([
      {
        code: 'tariff-overlap',
        pointer: `${pointer}/2`,
        detail: { ...detail, from: '05:00', to: '06:00' },
      },
      {
        code: 'tariff-overlap',
        pointer: `${pointer}/0`,
        detail: { ...detail, from: '12:00', to: '12:01' },
      },
    ]);
  });

  it('has no empty span', () => {
    expect(errors(seasonOf('00:00 all 08:00 all 08:00 all 24:00'))).toEqual([
      {
        code: 'span-empty',
        pointer: `${pointer}/1`,
        detail: { season: 'year', day, from: '08:00', to: '08:00' },
      },
    ]);
  });

  it('may go by the minute', () => {
    expect(errors(seasonOf('00:00 all 08:30 all 08:31 all 24:00'))).toEqual([]);
  });
});

describe('a tariff', () => {
  const days = [dayPlan(DAY_KINDS, '00:00 all 24:00')];
  const price = { period: 'all', tier: 'all', price: '1.000000' };

  it.each<[string, Partial<Tariff>, string, string, object]>([
    [
      'a month without season',
      { seasons: [{ season: 's', months: MONTHS.slice(1), days }] },
      'month-missing',
      '/seasons',
      { month: 1 },
    ],
    [
      'a month in two seasons',
      {
        seasons: [
          { season: 's', months: MONTHS, days },
          { season: 'w', months: [2], days },
        ],
      },
      'month-twice',
      '/seasons/1/months/0',
      { month: 2, season: 'w', other: 's' },
    ],
    [
      'a kind of day without plan',
      { seasons: [{ season: 's', months: MONTHS, days: [dayPlan(WORKDAYS, '00:00 all 24:00')] }] },
      'day-missing',
      '/seasons/0/days',
      { season: 's', day: 'sat' },
    ],
    [
      'a kind of day with two plans',
      {
        seasons: [
          { season: 's', months: MONTHS, days: [...days, dayPlan(['sun'], '00:00 all 24:00')] },
        ],
      },
      'day-twice',
      '/seasons/0/days/1/on/0',
      { season: 's', day: 'sun' },
    ],
    ['a price missing', { prices: [] }, 'price-missing', '/prices', { period: 'all', tier: 'all' }],
    [
      'a price to spare',
      { prices: [price, { ...price, period: 'peak' }] },
      'price-spare',
      '/prices/1',
      { period: 'peak', tier: 'all' },
    ],
    [
      'a price given twice',
      { prices: [price, price] },
      'price-twice',
      '/prices/1',
      { period: 'all', tier: 'all' },
    ],
    [
      'a limit on the last tier',
      { tiers: [{ tier: 'all', upTo: '5.000000' }] },
      'last-tier-limited',
      '/tiers/0/upTo',
      { tier: 'all', upTo: '5.000000' },
    ],
    [
      'a tier named twice',
      { tiers: [{ tier: 'all', upTo: '5.000000' }, { tier: 'all' }] },
      'tier-twice',
      '/tiers/1',
      { tier: 'all' },
    ],
    [
      'an end before its beginning',
      { validTo: '2000-01-01T00:00:00.000Z' },
      'validity-empty',
      '/validTo',
      { validFrom: '2000-01-01T00:00:00.000Z', validTo: '2000-01-01T00:00:00.000Z' },
    ],
    ['an unknown zone', { zone: 'Mars/Base' }, 'unknown-zone', '/zone', { zone: 'Mars/Base' }],
    [
      'a date that does not exist',
      { calendar: [{ date: '2026-02-29', as: 'holiday' }] },
      'date-invalid',
      '/calendar/0/date',
      { date: '2026-02-29' },
    ],
    [
      'a date of two kinds',
      {
        calendar: [
          { date: '2026-10-10', as: 'fri' },
          { date: '2026-10-10', as: 'holiday' },
        ],
      },
      'date-twice',
      '/calendar/1/date',
      { date: '2026-10-10' },
    ],
    [
      'a fee listed twice',
      {
        fees: [
          { fee: 'a', amount: '1.000000', per: 'month', proration: 'none' },
          { fee: 'a', amount: '2.000000', per: 'month', proration: 'daily' },
        ],
      },
      'fee-twice',
      '/fees/1',
      { fee: 'a' },
    ],
  ])('with %s is an error, and is never compiled', (_, changes, code, pointer, detail) => {
    expect(errors(changes)[0]).toEqual({ code, pointer, detail });
    const refusal = expect.objectContaining({ code, params: { ...detail, pointer } });
    expect(() => compileTariff(flatTariff(changes))).toThrow(refusal);
  });

  it('has tiers that ascend from above zero', () => {
    const tiers = [
      { tier: 'a', upTo: '0.000000' },
      { tier: 'b', upTo: '10.000000' },
      { tier: 'c', upTo: '10.000000' },
      { tier: 'd' },
      { tier: 'e' },
    ];
    const prices = tiers.map(({ tier }) => ({ ...price, tier }));
    expect(errors({ tiers, prices })).toEqual([
      { code: 'tier-order', pointer: '/tiers/0/upTo', detail: { tier: 'a', upTo: '0.000000' } },
      { code: 'tier-order', pointer: '/tiers/2/upTo', detail: { tier: 'c', upTo: '10.000000' } },
      { code: 'tier-limit-missing', pointer: '/tiers/3', detail: { tier: 'd' } },
    ]);
  });

  it('says in a sentence where a day is not priced', () => {
    const seasons = [
      { season: 'summer', months: MONTHS, days: [dayPlan(DAY_KINDS, '00:00 all 23:00')] },
    ];
    expect(() => compileTariff(flatTariff({ seasons }))).toThrow(
      /^Season summer, mon,tue,.*: nothing is priced from 23:00 to 24:00\. Add a span\.$/,
    );
  });
});

describe('a printed price', () => {
  it('that its parts do not explain gives a warning and is billed all the same', () => {
    const parts = { floating: '0.400000', fixed: '0.100001' };
    const prices = [{ period: 'all', tier: 'all', price: '0.500000', parts }];
    const tariff = flatTariff({ prices });
    expect(validateTariff(tariff)).toEqual({
      errors: [],
      warnings: [
        {
          code: 'price-differs-from-components',
          pointer: '/prices/0/price',
          detail: {
            period: 'all',
            tier: 'all',
            printed: '0.500000',
            computed: '0.500001',
            difference: '-0.000001',
            source: 'parts',
          },
        },
      ],
    });
    expect(compileTariff(tariff).tariff.prices).toEqual(prices);
  });

  it('is compared with components rounded half up to 6 decimals', () => {
    const components = { floating: '0.333333333', fixed: '0.1', multipliers: { all: '1.2' } };
    const warnings = (price: string) =>
      validateTariff(
        flatTariff({ components, prices: [{ period: 'all', tier: 'all', price }] }),
      ).warnings.map(({ detail }) => detail.computed);
    expect(warnings('0.500000')).toEqual([]);
    expect(warnings('0.499999')).toEqual(['0.500000']);
  });
});
