import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayPlan, flatTariff, MONTHS, timeOfUseTariff } from '../../../test/samples/tariffs.ts';
import { tariffV2 } from '../../../test/samples/tariffs-v2.ts';
import { DAY_KINDS } from '../day-kinds.ts';
import { formatMicros, parseMicros } from '../decimal.ts';
import { cutInterval, type TimedQuantity } from '../rating.ts';
import { HOUR_MS, MINUTE_MS, parseTime } from '../time.ts';
import { type MonthFacts, monthBill } from './month-bill.ts';
import { previewTariff } from './preview.ts';
import type { AnyTariff } from './tariff-v2.ts';
import { NO_TERMS } from './terms.ts';

const FROM = parseTime('2026-08-31T16:00:00.000Z'); // 1 September 2026, 00:00 in Shanghai
const DAYS = 30;

/** One interval a quarter of a day: 1 kWh by night, 3 by day. */
const intervals: readonly TimedQuantity[] = Array.from({ length: DAYS * 4 }, (_, i) => ({
  fromMs: FROM + i * 6 * HOUR_MS,
  toMs: FROM + (i + 1) * 6 * HOUR_MS,
  quantityMicros: i % 4 === 0 ? 1_000_000n : 3_000_000n,
}));
const facts: MonthFacts = { account: 'acc-7', period: '2026-09', terms: NO_TERMS, intervals };

function amounts(tariff: AnyTariff, changes: Partial<MonthFacts> = {}) {
  const { lines, totalMicros } = monthBill(tariff, { ...facts, ...changes });
  return {
    ...Object.fromEntries(lines.map(({ key, amountMicros }) => [key, formatMicros(amountMicros)])),
    total: formatMicros(totalMicros),
  };
}

describe('the preview of a draft', () => {
  it('shows a past month line by line beside the version in force', () => {
    const draft = timeOfUseTariff({ version: 2, validFrom: '2026-10-31T16:00:00.000Z' });
    const { lines, differenceMicros } = previewTariff(draft, flatTariff(), facts);
    const shown = lines.map(({ key, draftMicros, currentMicros, differenceMicros: more }) =>
      [key, ...[draftMicros, currentMicros, more].map(formatMicros)].join(' '),
    );
    // On each of 22 workdays 7 kWh of 10 lie between 08:00 and 22:00.
    expect(shown).toEqual([
      'energy:valley/all 43.800000 0.000000 43.800000',
      'energy:peak/all 138.600000 0.000000 138.600000',
      'energy:all/all 0.000000 150.000000 -150.000000',
    ]);
    expect(formatMicros(differenceMicros)).toBe('32.400000');
  });

  it('refuses a draft that is not valid, and one that the facts do not suffice for', () => {
    const refusal = (code: string) => expect.objectContaining({ code });
    const gapped = flatTariff({ prices: [] });
    expect(() => previewTariff(gapped, flatTariff(), facts)).toThrow(refusal('price-missing'));
    const demanding = tariffV2({
      demand: {
        ...{ price: '42.000000', windowMinutes: 15, contract: 'contract', freePercent: '105' },
        ...{ overMultiple: '2', proration: 'daily' },
      },
    });
    expect(() => previewTariff(demanding, flatTariff(), facts)).toThrow(refusal('basis-missing'));
    const terms = { quantities: {}, basis: 'contract' } as const;
    expect(() => previewTariff(demanding, flatTariff(), { ...facts, terms })).toThrow(
      refusal('term-missing'),
    );
    const unknown = { ...facts, pools: [{ share: 'lift', pool: 1n, weights: [] }] };
    expect(() => monthBill(tariffV2(), unknown)).toThrow(refusal('share-unknown'));
    // A preview has the facts of both tariffs: what one has no rule for is no concern of it.
    expect(previewTariff(tariffV2(), flatTariff(), unknown).differenceMicros).toBe(0n);
  });
});

describe('the bill of a month', () => {
  it('has energy, fees, power, parking and shares, then the minimum, then tax', () => {
    const tariff = tariffV2({
      fees: [{ fee: 'meter', amount: '3.000000', per: 'month', proration: 'daily' }],
      quantityFees: [
        { fee: 'property', price: '2.000000', term: 'area', unit: 'm2', proration: 'daily' },
      ],
      capacity: { price: '1.000000', term: 'kva', proration: 'daily' },
      parking: { blockMinutes: 60, price: '5.000000', freeMinutes: 0, free: 'whole-stay' },
      shares: [{ share: 'lift', kind: 'common-area', key: 'area', pool: 'amount' }],
      minimum: { amount: '500.000000', proration: 'daily' },
      tax: {
        ...{ tax: 'vat', percent: '10', mode: 'on-top' },
        rounding: { mode: 'half-up', scale: 2 },
      },
    });
    const weights = [
      { account: 'acc-6', weight: 2_000_000n },
      { account: 'acc-7', weight: 1_000_000n },
    ];
    expect(
      amounts(tariff, {
        terms: { quantities: { area: '100.000000', kva: '10.000000' } },
        stays: [{ fromMs: FROM, toMs: FROM + 90 * MINUTE_MS }],
        pools: [{ share: 'lift', pool: parseMicros('10.000000'), weights }],
      }),
    ).toEqual({
      'energy:all/all': '150.000000',
      'fee:meter': '3.000000',
      'fee:property': '200.000000',
      'fee:capacity': '10.000000',
      parking: '10.000000',
      'share:lift': '3.330000',
      minimum: '123.670000',
      'tax:vat': '50.000000',
      total: '550.000000',
    });
  });

  it('counts toward tiers of a year what was used in its earlier months', () => {
    // Shanghai, residential, tier x time of use per year.
    const tiers = [
      { tier: '1', upTo: '3120.000000' },
      { tier: '2', upTo: '4800.000000' },
      { tier: '3' },
    ];
    const tariff = timeOfUseTariff({
      window: 'year',
      tiers,
      seasons: [
        {
          season: 'year',
          months: MONTHS,
          days: [dayPlan(DAY_KINDS, '00:00 valley 06:00 peak 22:00 valley 24:00')],
        },
      ],
      prices: [
        ...['0.617000', '0.677000', '0.977000'].map((price, i) => ({
          ...{ period: 'peak', tier: String(i + 1), price },
        })),
        ...['0.307000', '0.337000', '0.487000'].map((price, i) => ({
          ...{ period: 'valley', tier: String(i + 1), price },
        })),
      ],
    });
    const day = (toMs: number) => ({
      fromMs: toMs - 6 * HOUR_MS,
      toMs,
      quantityMicros: 100_000_000n,
    });
    // 100 kWh from 00:00 to 06:00, in valley, and 100 from 12:00 to 18:00, in peak.
    const used = { intervals: [day(FROM + 18 * HOUR_MS), day(FROM + 6 * HOUR_MS)] };
    expect(amounts(tariff, { ...used, usedMicros: parseMicros('3000.000000') })).toEqual({
      ...{ 'energy:valley/1': '30.700000', 'energy:peak/1': '12.340000' },
      ...{ 'energy:peak/2': '54.160000', total: '97.200000' },
    });
    expect(amounts(tariff, { ...used, usedMicros: parseMicros('4750.000000') })).toEqual({
      ...{ 'energy:valley/2': '16.850000', 'energy:valley/3': '24.350000' },
      ...{ 'energy:peak/3': '97.700000', total: '138.900000' },
    });
  });

  it('tells a tax inside without charging it', () => {
    const rounding = { mode: 'half-up', scale: 2 } as const;
    const tax = { tax: 'vat', percent: '13', mode: 'inside', rounding } as const;
    expect(amounts(tariffV2({ tax }))).toEqual({
      ...{ 'energy:all/all': '150.000000', 'tax:vat': '0.000000', total: '150.000000' },
    });
  });

  it('takes of an interval over its ends the part that lies in it', () => {
    const whole = { fromMs: FROM - HOUR_MS, toMs: FROM + HOUR_MS, quantityMicros: 10_000_000n };
    const last = FROM + DAYS * 24 * HOUR_MS;
    const end = { fromMs: last - HOUR_MS, toMs: last + HOUR_MS, quantityMicros: 2_000_000n };
    const other = { fromMs: last + HOUR_MS, toMs: last + 2 * HOUR_MS, quantityMicros: 9_000_000n };
    expect(amounts(flatTariff(), { intervals: [other, end, whole] }).total).toBe('3.000000');
  });

  it('is the same for any order of arrival and, within its rounding, any division of readings', () => {
    const tariff = timeOfUseTariff();
    const cuts = fc.array(fc.integer({ min: 1, max: DAYS * 24 * 60 - 1 }), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, fc.infiniteStream(fc.nat()), (minutes, order) => {
        const at = [...new Set(minutes)].sort((a, b) => a - b).map((m) => FROM + m * MINUTE_MS);
        const pieces = intervals
          .flatMap((interval) => cutInterval(interval, at))
          .map((piece) => ({ piece, key: order.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ piece }) => piece);
        const inOrder = pieces.toSorted((a, b) => a.fromMs - b.fromMs);
        const shuffled = monthBill(tariff, { ...facts, intervals: pieces });
        expect(shuffled).toEqual(monthBill(tariff, { ...facts, intervals: inOrder }));
        const off = shuffled.totalMicros - monthBill(tariff, facts).totalMicros;
        // Two lines, each rounded once to a cent.
        expect(off < 0n ? -off : off).toBeLessThanOrEqual(20_000n);
      }),
      { numRuns: 40 },
    );
  });
});
