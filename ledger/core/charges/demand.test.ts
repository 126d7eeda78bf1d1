import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referenceDemand } from '../../../test/reference/demand.ts';
import { formatMicros, parseMicros } from '../decimal.ts';
import { cutInterval, type TimedQuantity } from '../rating.ts';
import { MINUTE_MS } from '../time.ts';
import { zoneOf } from '../zone.ts';
import { type DemandPeak, demandCharge, demandLine, maximumDemand } from './demand.ts';
import type { DemandRule } from './tariff-v2.ts';

const shanghai = zoneOf('Asia/Shanghai');
const MIDNIGHT = shanghai.startOfDay(2026, 1, 1);

const rule: DemandRule = {
  price: '42.000000',
  windowMinutes: 15,
  contract: 'contract',
  freePercent: '105',
  overMultiple: '2',
  proration: 'daily',
  floor: { term: 'capacity', percent: '40' },
};
const rounding = { mode: 'half-up', scale: 2 } as const;

function use(fromMinute: number, toMinute: number, kWh: string): TimedQuantity {
  const at = (minute: number) => MIDNIGHT + minute * MINUTE_MS;
  return { fromMs: at(fromMinute), toMs: at(toMinute), quantityMicros: parseMicros(kWh) };
}

function peakOf(power: string): DemandPeak {
  const powerMicros = parseMicros(power);
  return { powerMicros, fromMs: MIDNIGHT, toMs: MIDNIGHT, windows: 2976, complete: 2976 };
}

function charge(peak: string, contract = '500.000000', capacity = '1000.000000') {
  const terms = { quantities: { contract, capacity } };
  const days = { days: 31, of: 31 };
  return demandCharge({ rule, rounding, terms, basis: 'contract', peak: peakOf(peak), ...days });
}

describe('the maximum demand', () => {
  it('is the largest mean power of a window of the local clock, the first of equal ones', () => {
    const intervals = [use(0, 15, '10.000000'), use(15, 30, '40.000000'), use(30, 45, '40.000000')];
    expect(maximumDemand(intervals, 15, shanghai, '2026-01')).toEqual({
      powerMicros: 160_000_000n,
      fromMs: MIDNIGHT + 15 * MINUTE_MS,
      toMs: MIDNIGHT + 30 * MINUTE_MS,
      windows: 2976,
      complete: 3,
    });
    // Over half an hour the same use is 100 kW at most, and 45 minutes hold one window only.
    const half = maximumDemand(intervals, 30, shanghai, '2026-01');
    expect([half.powerMicros, half.complete, half.windows]).toEqual([100_000_000n, 1, 1488]);
  });

  it('shares energy by time where readings do not fall on the boundaries', () => {
    const { powerMicros } = maximumDemand([use(5, 65, '60.000000')], 15, shanghai, '2026-01');
    expect(powerMicros).toBe(60_000_000n);
  });

  it('counts no window that readings leave in part', () => {
    const gap = [use(0, 10, '100.000000'), use(11, 15, '100.000000'), use(15, 30, '1.000000')];
    const peak = maximumDemand(gap, 15, shanghai, '2026-01');
    expect([peak.powerMicros, peak.complete]).toEqual([4_000_000n, 1]);
    const none = { powerMicros: 0n, fromMs: 0, toMs: 0, windows: 2976, complete: 0 };
    expect(maximumDemand([], 15, shanghai, '2026-01')).toEqual(none);
  });

  it('has four windows fewer or more where the clock changes', () => {
    const berlin = zoneOf('Europe/Berlin');
    const windows = (period: string) => maximumDemand([], 15, berlin, period).windows;
    expect([windows('2026-03'), windows('2026-10')]).toEqual([31 * 96 - 4, 31 * 96 + 4]);
  });

  it('refuses use that is given twice', () => {
    const twice = [use(0, 16, '1.000000'), use(15, 30, '1.000000')];
    const refusal = expect.objectContaining({ code: 'interval-overlap' });
    expect(() => maximumDemand(twice, 15, shanghai, '2026-01')).toThrow(refusal);
  });

  const course = fc
    .array(
      fc.record({
        gap: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 50 })),
        minutes: fc.integer({ min: 1, max: 200 }),
        micros: fc.bigInt({ min: 0n, max: 100_000_000n }),
      }),
      { maxLength: 30 },
    )
    .map((steps) => {
      let atMs = zoneOf('Europe/Berlin').startOfDay(2026, 3, 28) + 7 * MINUTE_MS;
      return steps.map(({ gap, minutes, micros: quantityMicros }) => {
        const fromMs = atMs + gap * MINUTE_MS;
        atMs = fromMs + minutes * MINUTE_MS;
        return { fromMs, toMs: atMs, quantityMicros };
      });
    });

  it('is that of the slow reference, in whatever order the intervals come', () => {
    const berlin = zoneOf('Europe/Berlin');
    const windows = fc.constantFrom(5, 15, 30, 60);
    fc.assert(
      fc.property(course, windows, fc.infiniteStream(fc.nat()), (intervals, minutes, order) => {
        const keyed = intervals.map((interval) => ({ interval, key: order.next().value }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ interval }) => interval);
        const { powerMicros, fromMs, complete } = maximumDemand(
          shuffled,
          minutes,
          berlin,
          '2026-03',
        );
        const slow = referenceDemand(intervals, minutes, berlin, [2026, 3, 31]);
        expect({ power: powerMicros, at: fromMs, complete }).toEqual(slow);
      }),
      { numRuns: 30 },
    );
  });

  it('hardly changes where a reading is put between two others', () => {
    fc.assert(
      fc.property(course, fc.nat(), fc.nat(), (intervals, which, minute) => {
        const berlin = zoneOf('Europe/Berlin');
        const whole = intervals[which % Math.max(1, intervals.length)];
        if (!whole) return;
        const cutMs = whole.fromMs + (minute % 200) * MINUTE_MS;
        const split = intervals.flatMap((interval) =>
          interval === whole ? cutInterval(interval, [cutMs]) : [interval],
        );
        const before = maximumDemand(intervals, 15, berlin, '2026-03');
        const after = maximumDemand(split, 15, berlin, '2026-03');
        const off = before.powerMicros - after.powerMicros;
        // Two floors of a millionth of a kWh each, in a quarter of an hour.
        expect(off < 0n ? -off : off).toBeLessThanOrEqual(8n);
        expect(after.complete).toBe(before.complete);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a demand charge', () => {
  it.each([
    // peak, contract, capacity: billed, limit, over, amount
    ['0.000000', '500.000000', '1000.000000', '500', '525', '0', '21000'],
    ['500.000000', '500.000000', '1000.000000', '500', '525', '0', '21000'],
    ['525.000000', '500.000000', '1000.000000', '500', '525', '0', '21000'],
    ['525.000001', '500.000000', '1000.000000', '500', '525', '0.000001', '21000'],
    ['526.000000', '500.000000', '1000.000000', '500', '525', '1', '21084'],
    ['600.000000', '500.000000', '1000.000000', '500', '525', '75', '27300'],
    // 40 % of the capacity is the least that counts as contract.
    ['300.000000', '399.999999', '1000.000000', '400', '420', '0', '16800'],
    ['300.000000', '400.000000', '1000.000000', '400', '420', '0', '16800'],
    ['300.000000', '400.000001', '1000.000000', '400.000001', '420.000001', '0', '16800'],
    ['421.000000', '100.000000', '1000.000000', '400', '420', '1', '16884'],
  ])('of %s kW on a contract of %s kW at %s kVA', (peak, contract, capacity, ...expected) => {
    const { line, amountMicros } = charge(peak, contract, capacity);
    const shown = [line.billed, line.limit, line.over, line.amount].map((text) =>
      String(text)
        .replace(/\.?0+$/, '')
        .replace(/^$/, '0'),
    );
    expect(shown).toEqual(expected);
    expect(formatMicros(amountMicros)).toBe(line.amount);
    expect(demandLine(JSON.parse(JSON.stringify(line)), '')).toEqual(line);
  });

  it('says every number that it is computed from', () => {
    expect(charge('600.000000').line).toEqual({
      formula: 'price x (billed + multiple x over) x days / of',
      basis: 'contract',
      price: '42.000000',
      windowMinutes: 15,
      windows: 2976,
      complete: 2976,
      peak: '600.000000',
      peakWindow: { from: '2025-12-31T16:00:00.000Z', to: '2025-12-31T16:00:00.000Z' },
      days: 31,
      of: 31,
      contract: '500.000000',
      least: '400.000000',
      billed: '500.000000',
      limit: '525.000000',
      over: '75.000000',
      multiple: '2',
      amount: '27300.000000',
    });
  });

  it('by what was measured pays the peak, and a part of the month in part', () => {
    const facts = { rule, rounding, terms: { quantities: {} }, basis: 'measured' } as const;
    const peak = peakOf('123.456000');
    const { line } = demandCharge({ ...facts, peak, days: 10, of: 31 });
    // 123.456 x 42 x 10 / 31 = 1672.6296774…
    expect([line.amount, line.formula]).toEqual(['1672.630000', 'price x peak x days / of']);
    const negative = demandCharge({ ...facts, peak: peakOf('-5.000000'), days: 31, of: 31 });
    expect(negative.amountMicros).toBe(0n);
  });

  it('needs the contract of the account', () => {
    const facts = { rule, rounding, basis: 'contract', peak: peakOf('1.000000') } as const;
    const terms = { quantities: { capacity: '1.000000' } };
    expect(() => demandCharge({ ...facts, terms, days: 31, of: 31 })).toThrow(
      expect.objectContaining({ code: 'term-missing', params: { term: 'contract' } }),
    );
  });
});

it('a month of quarter hours is looked through at once', () => {
  const quarters = Array.from({ length: 2976 }, (_, i) => use(i * 15, i * 15 + 15, '1.000000'));
  const { complete, powerMicros } = maximumDemand(quarters, 15, shanghai, '2026-01');
  expect([complete, powerMicros]).toEqual([2976, 4_000_000n]);
});
