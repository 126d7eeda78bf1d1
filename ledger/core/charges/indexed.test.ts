import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayPlan, MONTHS } from '../../../test/samples/tariffs.ts';
import { tariffV2 } from '../../../test/samples/tariffs-v2.ts';
import { DAY_KINDS } from '../day-kinds.ts';
import { formatMicros, parseMicros } from '../decimal.ts';
import { cutInterval, type TimedQuantity } from '../rating.ts';
import { MINUTE_MS, parseTime } from '../time.ts';
import { compileEnergy } from './energy.ts';
import {
  indexedLine,
  indexedPrice,
  type PriceList,
  parsePriceList,
  priceSeries,
  rateIndexed,
} from './indexed.ts';
import type { IndexRule } from './tariff-v2.ts';
import { NO_TERMS } from './terms.ts';

const rule: IndexRule = { series: 'agile-w', factor: '2.2', stepMinutes: 30, cap: '0.523800' };
/** GBP per kWh: P = 0.12 from 16:00 to 19:00, else 0. */
const agile = tariffV2({
  currency: 'GBP',
  zone: 'Europe/London',
  rounding: { mode: 'half-up', scale: 2 },
  seasons: [
    {
      season: 'year',
      months: MONTHS,
      days: [dayPlan(DAY_KINDS, '00:00 off 16:00 evening 19:00 off 24:00')],
    },
  ],
  prices: [
    { period: 'off', tier: 'all', price: '0.000000' },
    { period: 'evening', tier: 'all', price: '0.120000' },
  ],
  index: rule,
});
const tariff = compileEnergy(agile, NO_TERMS);
const FROM = parseTime('2026-01-14T15:00:00.000Z');
const list: PriceList = {
  series: 'agile-w',
  from: '2026-01-14T15:00:00.000Z',
  stepMinutes: 30,
  values: ['0.100000', '0.150000', '0.181818', '0.200000', '-0.050000', '0.000000'],
};
const series = priceSeries(rule, [list]);

function rate(interval: TimedQuantity, exactBefore = 0n) {
  return rateIndexed({ tariff, rule, series, interval, exactBefore });
}

function use(fromMinute: number, toMinute: number, kWh: string): TimedQuantity {
  const [fromMs, toMs] = [FROM + fromMinute * MINUTE_MS, FROM + toMinute * MINUTE_MS];
  return { fromMs, toMs, quantityMicros: parseMicros(kWh) };
}

describe('an indexed price', () => {
  it.each([
    // W, P -> min(2.20 x W + P, 52.38) in pence, here in pounds
    ['0.100000', '0.000000', '0.220000'],
    ['0.150000', '0.120000', '0.450000'],
    ['0.200000', '0.120000', '0.523800'],
    ['0.238091', '0.000000', '0.523800'],
    ['0.238090', '0.000000', '0.523798'],
    ['-0.050000', '0.120000', '0.010000'],
    ['-0.050000', '0.000000', '-0.110000'],
  ])('of W %s and P %s is %s', (value, added, price) => {
    const found = indexedPrice(rule, parseMicros(value), parseMicros(added));
    expect(formatMicros(found)).toBe(price);
  });

  it('has a floor where the rule gives one, and rounds the product half up', () => {
    expect(indexedPrice({ ...rule, floor: '0.000000' }, -50_000n, 0n)).toBe(0n);
    expect(indexedPrice({ ...rule, factor: '0.5' }, 3n, 0n)).toBe(2n);
    expect(indexedPrice({ ...rule, factor: '0.5' }, -3n, 0n)).toBe(-2n);
  });
});

describe('use at indexed prices', () => {
  it('is cut at steps and periods, and rounded once', () => {
    const { line, amountMicros } = rate(use(15, 90, '2.500000'));
    const slot = (from: string, to: string) => ({
      from: `2026-01-14T${from}:00.000Z`,
      to: `2026-01-14T${to}:00.000Z`,
    });
    expect(line).toEqual({
      series: 'agile-w',
      slots: [
        {
          ...{ ...slot('15:15', '15:30'), period: 'off', value: '0.100000' },
          ...{ price: '0.220000', qty: '0.500000' },
        },
        {
          ...{ ...slot('15:30', '16:00'), period: 'off', value: '0.150000' },
          ...{ price: '0.330000', qty: '1.000000' },
        },
        {
          ...{ ...slot('16:00', '16:30'), period: 'evening', value: '0.181818' },
          ...{ price: '0.520000', qty: '1.000000' },
        },
      ],
      before: '0.000000000000',
      exact: '0.960000000000',
      amount: '0.960000',
    });
    expect(amountMicros).toBe(960_000n);
    expect(indexedLine(JSON.parse(JSON.stringify(line)), '')).toEqual(line);
  });

  it('is paid to the tenant where the price is negative', () => {
    const night = priceSeries(rule, [{ ...list, from: '2026-01-14T01:00:00.000Z' }]);
    const fromMs = parseTime('2026-01-14T03:00:00.000Z');
    const interval = { fromMs, toMs: fromMs + 30 * MINUTE_MS, quantityMicros: 3_000_000n };
    const { line } = rateIndexed({ tariff, rule, series: night, interval, exactBefore: 0n });
    expect([line.slots[0]?.price, line.amount]).toEqual(['-0.110000', '-0.330000']);
  });

  it('costs the same however its readings lie, but for one step of rounding', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 179 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 8n }), cuts, (quantityMicros, minutes) => {
        const whole = { ...use(0, 180, '0.000000'), quantityMicros };
        const ends = [...new Set(minutes)].sort((a, b) => a - b).map((m) => FROM + m * MINUTE_MS);
        let [exact, amount] = [0n, 0n];
        for (const piece of cutInterval(whole, ends)) {
          const charge = rate(piece, exact);
          exact += charge.exact;
          amount += charge.amountMicros;
        }
        const once = rate(whole);
        const off = amount - once.amountMicros;
        expect(off < 0n ? -off : off).toBeLessThanOrEqual(10_000n);
        const fine = exact - once.exact;
        // A floor may move a millionth of a kWh from one slot to another: never a cent.
        expect(fine < 0n ? -fine : fine).toBeLessThan(20n * 1_000_000n);
      }),
    );
  });

  it('is not charged while a value is missing', () => {
    expect(() => rate(use(150, 181, '1.000000'))).toThrow(
      expect.objectContaining({
        code: 'price-list-gap',
        params: { series: 'agile-w', at: '2026-01-14T18:00:00.000Z' },
      }),
    );
    const refusal = (code: string) => expect.objectContaining({ code });
    expect(() => rate(use(0, 0, '1.000000'))).toThrow(refusal('bad-interval'));
    expect(() => rate(use(0, 4097 * 30, '1.000000'))).toThrow(refusal('bad-interval'));
    const before = { fromMs: -1, toMs: 0, quantityMicros: 1n };
    expect(() => rate(before)).toThrow(refusal('tariff-not-in-force'));
  });
});

describe('a list of values', () => {
  it('is read as it is logged', () => {
    const evidence = { source: 'Exchange', text: 'Day-ahead auction', hash: 'a'.repeat(64) };
    expect(parsePriceList({ ...list, evidence })).toEqual({ ...list, evidence });
    const refusal = (code: string) => expect.objectContaining({ code });
    expect(() => parsePriceList({ ...list, values: [0.1] })).toThrow(refusal('bad-shape'));
    const impossible = { ...list, from: '2026-02-30T00:00:00.000Z' };
    expect(() => parsePriceList(impossible)).toThrow(refusal('bad-time'));
  });

  it('never replaces a value, and keeps to the step of the tariff', () => {
    const refusal = (code: string) => expect.objectContaining({ code });
    expect(() => priceSeries(rule, [list, list])).toThrow(refusal('price-list-twice'));
    expect(() => priceSeries(rule, [{ ...list, stepMinutes: 15 }])).toThrow(
      refusal('price-list-step'),
    );
    const between = { ...list, from: '2026-01-14T15:10:00.000Z' };
    expect(() => priceSeries(rule, [between])).toThrow(refusal('price-list-step'));
    expect(priceSeries(rule, [{ ...between, series: 'other' }]).values.size).toBe(0);
  });
});
