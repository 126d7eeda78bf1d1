import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceParking } from '../../../test/reference/parking.ts';
import { parseMicros } from '../decimal.ts';
import { HOUR_MS, MINUTE_MS } from '../time.ts';
import { zoneOf } from '../zone.ts';
import { parkingCharge, parkingLine } from './parking.ts';
import type { ParkingRule } from './tariff-v2.ts';

const rounding = { mode: 'half-up', scale: 2 } as const;
const rule: ParkingRule = {
  blockMinutes: 60,
  price: '5.000000',
  freeMinutes: 15,
  free: 'whole-stay',
  dailyCap: '40.000000',
};

function stay(
  from: readonly [number, number, number, number],
  minutes: number,
  changes: Partial<ParkingRule> = {},
  zoneName = 'Asia/Shanghai',
  charged: ReadonlyMap<string, bigint> = new Map(),
) {
  const zone = zoneOf(zoneName);
  const fromMs = zone.instantOf(...from);
  const { line, amountMicros } = parkingCharge({
    ...{ rule: { ...rule, ...changes }, rounding, zone, fromMs },
    toMs: fromMs + minutes * MINUTE_MS,
    chargedOn: (date) => charged.get(date) ?? 0n,
  });
  expect(parkingLine(JSON.parse(JSON.stringify(line)), '')).toEqual(line);
  expect(amountMicros).toBe(parseMicros(line.amount));
  const days = line.days.map(({ date, blocks, amount }) => `${date} ${blocks} = ${amount}`);
  return { days, amount: line.amount, formula: line.formula };
}

const NOON = [2026, 9, 14, 12 * 60] as const;

describe('a stay', () => {
  it('within the free minutes costs nothing', () => {
    const free = { days: [], amount: '0.000000', formula: 'free' };
    expect(stay(NOON, 15)).toEqual(free);
    expect(stay(NOON, 0)).toEqual(free);
  });

  it('longer than them pays from its beginning, or from their end', () => {
    expect(stay(NOON, 16).days).toEqual(['2026-09-14 1 = 5.000000']);
    expect(stay(NOON, 61).days).toEqual(['2026-09-14 2 = 10.000000']);
    const first = { free: 'first-minutes' } as const;
    expect(stay(NOON, 75, first).days).toEqual(['2026-09-14 1 = 5.000000']);
    expect(stay(NOON, 76, first).days).toEqual(['2026-09-14 2 = 10.000000']);
  });

  it('pays each begun block on the local day in which it begins', () => {
    expect(stay([2026, 9, 14, 22 * 60 + 30], 180)).toEqual({
      days: ['2026-09-14 2 = 10.000000', '2026-09-15 1 = 5.000000'],
      amount: '15.000000',
      formula: 'min(price x blocks, cap - before)',
    });
  });

  it('costs at most the cap of each day, what earlier stays paid included', () => {
    expect(stay(NOON, 36 * 60).days).toEqual([
      '2026-09-14 12 = 40.000000',
      '2026-09-15 24 = 40.000000',
    ]);
    const charged = new Map([['2026-09-14', parseMicros('38.000000')]]);
    expect(stay(NOON, 60, {}, 'Asia/Shanghai', charged).days).toEqual(['2026-09-14 1 = 2.000000']);
  });

  it('counts time that passes where the clock skips or repeats an hour', () => {
    // Berlin, 29 March 2026: 01:30 to 03:30 is one hour; 25 October: it is three.
    expect(stay([2026, 3, 29, 90], 60, {}, 'Europe/Berlin').days).toEqual([
      '2026-03-29 1 = 5.000000',
    ]);
    expect(stay([2026, 10, 25, 90], 180, {}, 'Europe/Berlin').days).toEqual([
      '2026-10-25 3 = 15.000000',
    ]);
    const { dailyCap: _, ...uncapped } = rule;
    const whole = (month: number, day: number, hours: number) =>
      stay([2026, month, day, 0], hours * 60, { ...uncapped, dailyCap: undefined }, 'Europe/Berlin')
        .days;
    expect(whole(3, 29, 23)).toEqual(['2026-03-29 23 = 115.000000']);
    expect(whole(10, 25, 25)).toEqual(['2026-10-25 25 = 125.000000']);
  });

  it('cannot end before it begins, nor last for years', () => {
    const zone = zoneOf('Asia/Shanghai');
    const place = { rule, rounding, zone, chargedOn: () => 0n };
    const refusal = expect.objectContaining({ code: 'bad-stay' });
    expect(() => parkingCharge({ ...place, fromMs: 1, toMs: 0 })).toThrow(refusal);
    expect(() => parkingCharge({ ...place, fromMs: 0, toMs: 367 * 24 * HOUR_MS })).toThrow(refusal);
  });
});

const rules = fc.record({
  blockMinutes: fc.constantFrom(15, 30, 60, 90),
  price: fc.constantFrom('5.000000', '1.250000', '0.000000'),
  freeMinutes: fc.constantFrom(0, 15, 30),
  free: fc.constantFrom('first-minutes' as const, 'whole-stay' as const),
  dailyCap: fc.constantFrom('40.000000', '12.000000', undefined),
});
const berlin = zoneOf('Europe/Berlin');
const starts = fc
  .tuple(fc.constantFrom([3, 28] as const, [10, 24] as const, [6, 1] as const), fc.nat(2880))
  .map(([[month, day], minute]) => berlin.startOfDay(2026, month, day) + minute * MINUTE_MS);

describe('any stay', () => {
  it('costs what a meter that runs minute by minute shows', () => {
    fc.assert(
      fc.property(rules, starts, fc.nat(4000), (drawn, fromMs, minutes) => {
        const toMs = fromMs + minutes * MINUTE_MS;
        const { line } = parkingCharge({
          ...{ rule: drawn, rounding, zone: berlin, fromMs, toMs, chargedOn: () => 0n },
        });
        const cap = drawn.dailyCap === undefined ? undefined : parseMicros(drawn.dailyCap);
        const price = parseMicros(drawn.price);
        const slow = referenceParking(drawn, price, cap, berlin, [fromMs, toMs], new Map());
        expect(new Map(line.days.map(({ date, amount }) => [date, parseMicros(amount)]))).toEqual(
          slow,
        );
      }),
    );
  });

  it('cut in two anywhere, at midnight too, never makes a day dearer than its cap', () => {
    fc.assert(
      fc.property(rules, starts, fc.nat(4000), fc.nat(4000), (drawn, fromMs, minutes, cut) => {
        const charged = new Map<string, bigint>();
        const cutMs = fromMs + Math.min(cut, minutes) * MINUTE_MS;
        const midnight = berlin.startOfDay(2026, 3, 30);
        const toMs = fromMs + minutes * MINUTE_MS;
        const ends = [
          fromMs,
          cutMs,
          ...(midnight > cutMs && midnight < toMs ? [midnight] : []),
          toMs,
        ];
        for (const [i, endMs] of ends.slice(1).entries()) {
          const chargedOn = (date: string) => charged.get(date) ?? 0n;
          const place = { rule: drawn, rounding, zone: berlin, chargedOn };
          const { line } = parkingCharge({ ...place, fromMs: ends[i] ?? fromMs, toMs: endMs });
          for (const { date, amount } of line.days) {
            charged.set(date, chargedOn(date) + parseMicros(amount));
          }
        }
        for (const sum of charged.values()) {
          if (drawn.dailyCap) expect(sum).toBeLessThanOrEqual(parseMicros(drawn.dailyCap));
        }
      }),
    );
  });
});
