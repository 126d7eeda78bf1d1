import { describe, expect, it } from 'vitest';
import { flatTariff, timeOfUseTariff } from '../../../test/samples/tariffs.ts';
import { tariffV2, unmeteredTariff } from '../../../test/samples/tariffs-v2.ts';
import { parseTariff, validateTariff } from '../tariff.ts';
import { tariffHash } from '../tariff-book.ts';
import { parseAnyTariff, parseTariffV2, type TariffV2 } from './tariff-v2.ts';
import { refuseInvalid, validateAnyTariff } from './tariff-v2-checks.ts';

const rounding = { mode: 'half-up', scale: 2 } as const;

/** Every member of format 2, some of which no one tariff would have together. */
const full: TariffV2 = tariffV2({
  tiers: [{ tier: 'a', upToPercent: '100' }, { tier: 'b' }],
  prices: [
    { period: 'all', tier: 'a', price: '1.000000' },
    { period: 'all', tier: 'b', price: '2.000000' },
  ],
  quota: { term: 'quota', excess: { base: '1.000000', multiples: { b: '1' } } },
  allowance: { upTo: '5.000000', per: 'persons' },
  demand: {
    ...{ price: '42.000000', windowMinutes: 15, contract: 'contract', freePercent: '105' },
    ...{ overMultiple: '2', proration: 'daily', floor: { term: 'capacity', percent: '40' } },
  },
  capacity: { price: '26.300000', term: 'capacity', proration: 'none' },
  quantityFees: [{ fee: 'area', price: '1.000000', term: 'area', unit: 'm2', proration: 'daily' }],
  parking: {
    ...{ blockMinutes: 60, price: '5.000000', freeMinutes: 15, free: 'whole-stay' },
    dailyCap: '40.000000',
  },
  minimum: { amount: '10.000000', proration: 'none', per: 'shops' },
  tax: { tax: 'vat', percent: '13', mode: 'inside', rounding },
  shares: [
    { share: 'lift', kind: 'common-area', key: 'area', pool: 'quantity', price: '0.700000' },
    { share: 'loss', kind: 'line-loss', key: 'metered', pool: 'amount' },
  ],
});
const indexed = tariffV2({
  index: { series: 'w', factor: '2.2', stepMinutes: 30, cap: '0.523800', floor: '-1.000000' },
});

function changed(path: string, value: unknown, tariff: TariffV2 = full): unknown {
  const copy = JSON.parse(JSON.stringify(tariff));
  const steps = path.split('/').slice(1);
  const last = steps.pop() ?? '';
  const place = steps.reduce((inner, step) => inner[step], copy);
  if (value === undefined) delete place[last];
  else place[last] = value;
  return copy;
}

describe('a tariff of format 2', () => {
  it.each([
    ['with every member', full],
    ['at indexed prices', indexed],
    ['with none of them', tariffV2()],
    ['of fees alone', unmeteredTariff({ quantityFees: full.quantityFees })],
  ])('%s is kept as it came, and valid', (_, tariff) => {
    const json = JSON.parse(JSON.stringify(tariff));
    expect(parseTariffV2(json)).toEqual(json);
    expect(parseAnyTariff(json)).toEqual(json);
    expect(validateAnyTariff(tariff)).toEqual({ errors: [], warnings: [] });
  });

  it('may plan for event days, as format 1 may not', () => {
    const [season] = timeOfUseTariff().seasons;
    if (!season) throw new Error('the sample has a season');
    const spans = [{ from: '00:00', to: '24:00', period: 'peak' }];
    const days = [...season.days, { on: ['event'] as const, spans }];
    const seasons = [{ ...season, days }];
    const { v: _, ...members } = timeOfUseTariff({ seasons });
    expect(validateAnyTariff(parseTariffV2({ v: 2, ...members })).errors).toEqual([]);
    expect(() => parseTariff({ v: 1, ...members })).toThrow(
      expect.objectContaining({
        code: 'bad-tariff',
        params: expect.objectContaining({ pointer: '/seasons/0/days/2/on/0' }),
      }),
    );
  });

  it('has a gap in the plan of an event day reported as in any other', () => {
    const [season] = flatTariff().seasons;
    if (!season) throw new Error('the sample has a season');
    const spans = [{ from: '00:00', to: '23:00', period: 'all' }];
    const seasons = [{ ...season, days: [...season.days, { on: ['event'] as const, spans }] }];
    expect(validateAnyTariff(tariffV2({ seasons })).errors).toEqual([
      {
        code: 'tariff-gap',
        pointer: '/seasons/0/days/1/spans',
        detail: { season: 'year', day: 'event', from: '23:00', to: '24:00' },
      },
    ]);
  });

  it.each([
    ['/surprise', 1],
    ['/v', 3],
    ['/tiers/0/upToPercent', 100],
    ['/quota/excess/multiples/b', 1],
    ['/allowance/upTo', '5'],
    ['/demand/windowMinutes', 7],
    ['/demand/floor', {}],
    ['/capacity/unit', 'kVA'],
    ['/quantityFees/0/unit', 'm 2'],
    ['/parking/blockMinutes', 0],
    ['/parking/free', 'always'],
    ['/minimum/proration', 'hourly'],
    ['/tax/mode', 'outside'],
    ['/tax/rounding/scale', 7],
    ['/shares/0/key', 'mood'],
    ['/index', { series: 'w', factor: '1', stepMinutes: 7 }],
  ])('refuses %s = %j', (pointer, value) => {
    const json = changed(pointer, value);
    expect(() => parseTariffV2(json)).toThrow(expect.objectContaining({ code: 'bad-tariff' }));
    if (pointer !== '/v') {
      expect(() => parseAnyTariff(json)).toThrow(expect.objectContaining({ code: 'bad-tariff' }));
    }
  });
});

describe('a tariff of format 1', () => {
  it('is read, judged and hashed as before', () => {
    const first = timeOfUseTariff();
    expect(parseAnyTariff(JSON.parse(JSON.stringify(first)))).toEqual(first);
    expect(validateAnyTariff(first)).toEqual(validateTariff(first));
    expect(tariffHash(flatTariff())).toBe(
      '92adb186afc625a49bc9d6dec5ea3d6b634691eb26de60427ff1a5dfaf4c00f0',
    );
    for (const value of [{ ...first, tax: full.tax }, { ...first, v: 3 }, null, 'tariff']) {
      expect(() => parseAnyTariff(value)).toThrow(expect.objectContaining({ code: 'bad-tariff' }));
    }
  });
});

describe('a mistake in format 2', () => {
  const one = (changes: Partial<TariffV2>, base = full) =>
    validateAnyTariff({ ...base, ...changes }).errors;
  const [a, b] = full.tiers;
  if (!a || !b) throw new Error('the sample has two tiers');

  it.each<[string, Partial<TariffV2>, string, object]>([
    ['quota-missing', { quota: undefined }, '/quota', {}],
    ['tier-limit-twice', { tiers: [{ ...a, upTo: '1.000000' }, b] }, '/tiers/0', { tier: 'a' }],
    [
      'multiple-spare',
      { quota: { term: 'quota', excess: { base: '1.000000', multiples: { a: '1', b: '1' } } } },
      '/quota/excess/multiples/a',
      { tier: 'a' },
    ],
    [
      'multiple-missing',
      { quota: { term: 'quota', excess: { base: '1.000000', multiples: {} } } },
      '/quota/excess/multiples',
      { tier: 'b' },
    ],
    [
      'tier-order',
      { tiers: [{ tier: 'a', upToPercent: '0' }, b] },
      '/tiers/0/upToPercent',
      { tier: 'a', upTo: '0 %' },
    ],
    [
      'last-tier-limited',
      { tiers: [a, { tier: 'b', upToPercent: '120' }] },
      '/tiers/1/upToPercent',
      { tier: 'b', upTo: '120 %' },
    ],
    ['price-missing', { prices: full.prices.slice(1) }, '/prices', { period: 'all', tier: 'a' }],
    ['demand-unit', { unit: 'm3' }, '/unit', { unit: 'm3' }],
    [
      'fee-twice',
      {
        quantityFees: [
          { fee: 'capacity', price: '1.000000', term: 'x', unit: 'm2', proration: 'none' },
        ],
      },
      '/quantityFees/0',
      { fee: 'capacity' },
    ],
    [
      'share-price-missing',
      { shares: [{ share: 'lift', kind: 'common-area', key: 'equal', pool: 'quantity' }] },
      '/shares/0',
      { share: 'lift' },
    ],
    [
      'share-price-spare',
      {
        shares: [
          { share: 'l', kind: 'line-loss', key: 'equal', pool: 'amount', price: '1.000000' },
        ],
      },
      '/shares/0/price',
      { share: 'l' },
    ],
    [
      'share-twice',
      { shares: [...(full.shares ?? []).slice(1), ...(full.shares ?? []).slice(1)] },
      '/shares/1',
      { share: 'loss' },
    ],
    [
      'index-tiers',
      { index: { series: 'w', factor: '1', stepMinutes: 30 } },
      '/index',
      { tiers: 2 },
    ],
  ])('%s is named with its place', (code, changes, pointer, detail) => {
    const found = one(changes);
    expect(found).toContainEqual({ code, pointer, detail });
    expect(found).toHaveLength(1);
    expect(() => refuseInvalid({ ...full, ...changes })).toThrow(
      expect.objectContaining({ code, params: { ...detail, pointer } }),
    );
  });

  it('is a quota without percentages, limits of two kinds, or a tier within the free use', () => {
    const tiers = [{ tier: 'a', upTo: '5.000000' }, { tier: 'b', upTo: '9.000000' }, { tier: 'c' }];
    const prices = tiers.map(({ tier }) => ({ period: 'all', tier, price: '1.000000' }));
    const codes = (changes: Partial<TariffV2>) =>
      one({ tiers, prices, ...changes }, tariffV2()).map(({ code, pointer }) => [code, pointer]);
    expect(codes({ quota: { term: 'q' } })).toEqual([['quota-idle', '/quota']]);
    const mixed = [{ tier: 'a', upToPercent: '1' }, ...tiers.slice(1)];
    expect(codes({ tiers: mixed, quota: { term: 'q' } })).toContainEqual([
      ...['tier-limits-mixed', '/tiers'],
    ]);
    expect(codes({ allowance: { upTo: '5.000000' } })).toEqual([
      ['tier-unreachable', '/tiers/0/upTo'],
    ]);
    expect(codes({ allowance: { upTo: '4.999999' } })).toEqual([]);
    const named = [{ tier: 'free' }];
    const free = [{ period: 'all', tier: 'free', price: '1.000000' }];
    expect(codes({ tiers: named, prices: free, allowance: { upTo: '1.000000' } })).toEqual([
      ['tier-twice', '/tiers/0'],
    ]);
  });

  it('is a tariff that charges nothing', () => {
    expect(one({}, unmeteredTariff())).toEqual([{ code: 'tariff-empty', pointer: '', detail: {} }]);
  });

  it.each([
    ['/demand/price', '-1.000000', '0', '999999999.999999'],
    ['/demand/freePercent', '99.9', '100', '1000'],
    ['/demand/overMultiple', '0.5', '1', '100'],
    ['/demand/floor/percent', '101', '0', '100'],
    ['/capacity/price', '-0.000001', '0', '999999999.999999'],
    ['/quantityFees/0/price', '-1.000000', '0', '999999999.999999'],
    ['/parking/price', '-5.000000', '0', '999999999.999999'],
    ['/minimum/amount', '0.000000', '0.000001', '999999999.999999'],
    ['/allowance/upTo', '0.000000', '0.000001', '999999999.999999'],
    ['/tax/percent', '101', '0', '100'],
    ['/shares/0/price', '-0.700000', '0', '999999999.999999'],
    ['/quota/excess/base', '-1.000000', '0', '999999999.999999'],
  ])('is an impossible number: %s = %s', (pointer, value, min, max) => {
    const tariff = parseTariffV2(changed(pointer, value));
    expect(validateAnyTariff(tariff).errors).toEqual([
      { code: 'number-impossible', pointer, detail: { value, min, max } },
    ]);
  });

  it('is a floor of indexed prices above their cap', () => {
    const tariff = parseTariffV2(changed('/index/floor', '0.523801', indexed));
    expect(validateAnyTariff(tariff).errors).toEqual([
      {
        code: 'number-impossible',
        pointer: '/index/floor',
        detail: { value: '0.523801', min: '-999999999.999999', max: '0.523800' },
      },
    ]);
  });
});

describe('a warning', () => {
  it('tells a printed price that the multiple does not give, which is billed all the same', () => {
    const excess = { base: '0.900000', multiples: { b: '1' } };
    const { errors, warnings } = validateAnyTariff({ ...full, quota: { term: 'quota', excess } });
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      {
        code: 'price-differs-from-excess',
        pointer: '/prices/1/price',
        detail: {
          ...{ period: 'all', tier: 'b', printed: '2.000000', computed: '1.900000' },
          difference: '0.100000',
        },
      },
    ]);
  });

  it('tells a daily cap that one block exceeds', () => {
    const tariff = parseTariffV2(changed('/parking/dailyCap', '4.000000'));
    expect(validateAnyTariff(tariff)).toEqual({
      errors: [],
      warnings: [
        {
          code: 'cap-below-price',
          pointer: '/parking/dailyCap',
          detail: { cap: '4.000000', price: '5.000000' },
        },
      ],
    });
  });
});
