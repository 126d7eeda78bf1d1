import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeOfUseTariff } from '../../../test/samples/tariffs.ts';
import { tariffV2 } from '../../../test/samples/tariffs-v2.ts';
import { cutInterval, rateInterval, type TimedQuantity } from '../rating.ts';
import { DAY_MS, HOUR_MS, parseTime } from '../time.ts';
import { zoneOf } from '../zone.ts';
import { BillSums } from './bill-sums.ts';
import { type DueFacts, dueCharge } from './due-charge.ts';
import { compileEnergy } from './energy.ts';
import { parkingCharge } from './parking.ts';

const REF = { id: 'sample', version: 1, hash: '00'.repeat(32) };
const ZONE = zoneOf('Asia/Shanghai');
const START = parseTime('2026-08-31T16:00:00.000Z');
const TARIFF = tariffV2({
  ...timeOfUseTariff(),
  v: 2,
  tiers: [{ tier: 'quota', upToPercent: '100' }, { tier: 'above' }],
  quota: { term: 'quota' },
  allowance: { upTo: '1.000000' },
  prices: ['valley', 'peak'].flatMap((period, i) => [
    { period, tier: 'quota', price: `0.3${i}0001` },
    { period, tier: 'above', price: `0.5${i}0007` },
  ]),
  demand: {
    ...{ price: '42.000000', windowMinutes: 60, contract: 'contract', proration: 'daily' },
    ...{ freePercent: '105', overMultiple: '2' },
  },
  minimum: { amount: '500.000000', proration: 'daily' },
});
const TERMS = { quantities: { quota: '40.000000', contract: '1.000000' } };
const STEP = 10_000n;

/** Readings that follow each other, by hours and micros between them. */
const month = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.bigInt(0n, 30_000_000n)), {
    minLength: 1,
    maxLength: 15,
  })
  .map((steps) => {
    let fromMs = START;
    return steps.map(([hours, quantityMicros]): TimedQuantity => {
      const interval = { fromMs, toMs: fromMs + hours * HOUR_MS, quantityMicros };
      fromMs = interval.toMs;
      return interval;
    });
  });

function energyOf(intervals: readonly TimedQuantity[]) {
  const tariff = compileEnergy(TARIFF, TERMS);
  const billed = new Map<string, bigint>();
  let usedMicros = 0n;
  let amount = 0n;
  for (const interval of intervals) {
    const billedMicros = (key: string) => billed.get(key) ?? 0n;
    const { lines, amountMicros } = rateInterval({ tariff, ...interval, usedMicros, billedMicros });
    for (const { period, tier, before, qty } of lines)
      billed.set(`${period}/${tier}`, before + qty);
    usedMicros += interval.quantityMicros;
    amount += amountMicros;
  }
  return { amount, lines: BigInt(billed.size) };
}

function sumsOf(intervals: readonly TimedQuantity[]): BillSums {
  const sums = new BillSums();
  for (const interval of intervals) {
    sums.uses.push({ tariff: REF, wallet: 'electricity', unit: 'kWh', ...interval });
    sums.add(REF, interval.quantityMicros, true);
  }
  return sums;
}

function due(charge: 'demand' | 'minimum', sums: BillSums) {
  const facts: DueFacts = {
    ...{ ref: REF, tariff: TARIFF, zone: ZONE, period: '2026-09', sums, days: 30, of: 30 },
    terms: { ...TERMS, basis: 'measured' },
  };
  return dueCharge({ charge, name: charge }, facts);
}

function micros(value: bigint): bigint {
  return value < 0n ? -value : value;
}

describe('what a bill of format 2 charges', () => {
  it('is the same wherever a reading lies, but for one step of rounding a line', () => {
    fc.assert(
      fc.property(
        month,
        fc.array(fc.double({ min: 0.01, max: 0.99, noNaN: true })),
        (whole, cuts) => {
          const parts = whole.flatMap((interval, i) => {
            const { fromMs, toMs } = interval;
            const at = fromMs + Math.floor((toMs - fromMs) * (cuts[i] ?? 0));
            return at <= fromMs ? [interval] : cutInterval(interval, [at, toMs]);
          });
          const [a, b] = [energyOf(whole), energyOf(parts)];
          const lines = a.lines > b.lines ? a.lines : b.lines;
          expect(micros(a.amount - b.amount) <= lines * STEP).toBe(true);
          const [peak, cut] = [due('demand', sumsOf(whole)), due('demand', sumsOf(parts))];
          const off = micros((peak?.amountMicros ?? 0n) - (cut?.amountMicros ?? 0n));
          expect(off <= STEP).toBe(true);
        },
      ),
    );
  });

  it('never depends on the order in which its use arrived', () => {
    fc.assert(
      fc.property(month, fc.func(fc.integer()), (intervals, rank) => {
        const shuffled = intervals.toSorted((a, b) => rank(a.fromMs) - rank(b.fromMs));
        for (const charge of ['demand', 'minimum'] as const) {
          expect(due(charge, sumsOf(shuffled))).toEqual(due(charge, sumsOf(intervals)));
        }
      }),
    );
  });

  it('leaves use that overlaps the use before it out of a demand', () => {
    const hour = { fromMs: START, toMs: START + HOUR_MS, quantityMicros: 5_000_000n };
    const twice = sumsOf([hour, { ...hour, quantityMicros: 9_000_000n }]);
    expect(twice.intervalsOf('sample')).toMatchObject([hour]);
    expect(twice.intervalsOf('other')).toEqual([]);
    expect(twice.metered('electricity', 'kWh')).toBe(14_000_000n);
  });

  it('of a day of parking never depends on the order of its stays', () => {
    const rule = {
      ...{ blockMinutes: 60, price: '5.000000', freeMinutes: 15, free: 'whole-stay' as const },
      dailyCap: '40.000000',
    };
    const stays = fc.array(
      fc.tuple(fc.integer({ min: 0, max: 1200 }), fc.integer({ max: 239, min: 0 })),
    );
    const cost = (list: readonly (readonly [number, number])[]) => {
      const charged = new Map<string, bigint>();
      for (const [start, minutes] of list) {
        const fromMs = START + 2 * DAY_MS + start * 60_000;
        const times = { fromMs, toMs: fromMs + minutes * 60_000 };
        const chargedOn = (date: string) => charged.get(date) ?? 0n;
        const place = { rule, rounding: TARIFF.rounding, zone: ZONE, chargedOn };
        for (const { date, amount } of parkingCharge({ ...place, ...times }).line.days) {
          charged.set(date, chargedOn(date) + BigInt(amount.replace('.', '')));
        }
      }
      return new Map([...charged].sort());
    };
    fc.assert(
      fc.property(stays, (list) => {
        expect(cost(list.toReversed())).toEqual(cost(list));
      }),
    );
  });
});
