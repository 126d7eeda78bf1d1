import { describe, expect, it } from 'vitest';
import { flatTariff, timeOfUseTariff } from '../../../test/samples/tariffs.ts';
import { tariffV2, unmeteredTariff } from '../../../test/samples/tariffs-v2.ts';
import { formatMicros, parseMicros } from '../decimal.ts';
import { compileTariff, rateInterval } from '../rating.ts';
import { HOUR_MS, parseTime } from '../time.ts';
import { compileEnergy } from './energy.ts';
import type { TariffV2 } from './tariff-v2.ts';
import { type AccountTerms, NO_TERMS } from './terms.ts';

const FROM = parseTime('2026-09-13T16:00:00.000Z');

function rated(tariff: TariffV2, terms: AccountTerms, quantity: string, used = '0.000000') {
  const { lines } = rateInterval({
    tariff: compileEnergy(tariff, terms),
    ...{ fromMs: FROM, toMs: FROM + HOUR_MS, quantityMicros: parseMicros(quantity) },
    usedMicros: parseMicros(used),
    billedMicros: () => 0n,
  });
  return lines.map(
    ({ tier, qty, price, amount }) =>
      `${tier}: ${formatMicros(qty)} x ${formatMicros(price)} = ${formatMicros(amount)}`,
  );
}

/** Henan: above the quota +1, +2, +3, +4, +5 times the price of water. */
const henan = tariffV2({
  unit: 'm3',
  tiers: [
    { tier: 'quota', upToPercent: '100' },
    { tier: 'over-10', upToPercent: '110' },
    { tier: 'over-20', upToPercent: '120' },
    { tier: 'over-25', upToPercent: '125' },
    { tier: 'over-30', upToPercent: '130' },
    { tier: 'above' },
  ],
  prices: ['5.95', '11.90', '17.85', '23.80', '29.75', '35.70'].map((price, i) => ({
    period: 'all',
    tier: ['quota', 'over-10', 'over-20', 'over-25', 'over-30', 'above'][i] ?? '',
    price: `${price}0000`,
  })),
  quota: { term: 'water-quota' },
});

describe('a quota', () => {
  const terms = { quantities: { 'water-quota': '1000.000000' } };

  it('makes tiers of percentages of what the account was granted', () => {
    expect(rated(henan, terms, '1350.000000')).toEqual([
      'quota: 1000.000000 x 5.950000 = 5950.000000',
      'over-10: 100.000000 x 11.900000 = 1190.000000',
      'over-20: 100.000000 x 17.850000 = 1785.000000',
      'over-25: 50.000000 x 23.800000 = 1190.000000',
      'over-30: 50.000000 x 29.750000 = 1487.500000',
      'above: 50.000000 x 35.700000 = 1785.000000',
    ]);
  });

  it.each([
    ['999.999999', 'quota'],
    ['1000.000000', 'over-10'],
    ['1099.999999', 'over-10'],
    ['1100.000000', 'over-20'],
    ['1200.000000', 'over-25'],
    ['1250.000000', 'over-30'],
    ['1300.000000', 'above'],
  ])('puts the next millionth after %s into %s', (used, tier) => {
    expect(rated(henan, terms, '0.000001', used)[0]?.split(':')[0]).toBe(tier);
  });

  it('of zero leaves the highest price, and one that is not given none', () => {
    const none = { quantities: { 'water-quota': '0.000000' } };
    expect(rated(henan, none, '1.000000')).toEqual(['above: 1.000000 x 35.700000 = 35.700000']);
    const missing = expect.objectContaining({
      code: 'term-missing',
      params: { term: 'water-quota' },
    });
    expect(() => rated(henan, NO_TERMS, '1.000000')).toThrow(missing);
    const negative = { quantities: { 'water-quota': '-1.000000' } };
    expect(() => rated(henan, negative, '1.000000')).toThrow(
      expect.objectContaining({ code: 'term-negative' }),
    );
  });
});

describe('a free allowance', () => {
  const tiered = tariffV2({
    tiers: [{ tier: '1', upTo: '100.000000' }, { tier: '2' }],
    prices: [
      { period: 'all', tier: '1', price: '0.500000' },
      { period: 'all', tier: '2', price: '0.800000' },
    ],
    allowance: { upTo: '15.000000' },
  });

  it('is a first tier at no price, and counts toward the limits of the others', () => {
    expect(rated(tiered, NO_TERMS, '110.000000')).toEqual([
      'free: 15.000000 x 0.000000 = 0.000000',
      '1: 85.000000 x 0.500000 = 42.500000',
      '2: 10.000000 x 0.800000 = 8.000000',
    ]);
  });

  it('per person grows with the household, over whole tiers if need be', () => {
    const perPerson = { ...tiered, allowance: { upTo: '15.000000', per: 'persons' } };
    const household = (persons: string) => ({ quantities: { persons } });
    expect(rated(perPerson, household('3.000000'), '50.000000')).toEqual([
      'free: 45.000000 x 0.000000 = 0.000000',
      '1: 5.000000 x 0.500000 = 2.500000',
    ]);
    expect(rated(perPerson, household('8.000000'), '130.000000')).toEqual([
      'free: 120.000000 x 0.000000 = 0.000000',
      '2: 10.000000 x 0.800000 = 8.000000',
    ]);
    expect(rated(perPerson, household('0.000000'), '1.000000')).toEqual([
      '1: 1.000000 x 0.500000 = 0.500000',
    ]);
  });
});

describe('metered use', () => {
  it('of a tariff of format 1, or of format 2 without more, is rated as ever', () => {
    const plain = timeOfUseTariff();
    const { v: _, ...members } = plain;
    const compiled = compileTariff(plain);
    expect(compileEnergy(plain, NO_TERMS).cells).toEqual(compiled.cells);
    const second = compileEnergy({ v: 2, ...members }, NO_TERMS);
    expect(second.cells).toEqual(compiled.cells);
    expect(second.limits).toEqual(compiled.limits);
  });

  it('has no price in a tariff of fees alone', () => {
    const refusal = expect.objectContaining({ code: 'tariff-not-metered' });
    expect(() => compileEnergy(unmeteredTariff(), NO_TERMS)).toThrow(refusal);
    expect(compileEnergy(flatTariff(), NO_TERMS).cells).toHaveLength(1);
  });
});
