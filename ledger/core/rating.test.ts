import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flatTariff, timeOfUseTariff } from '../../test/samples/tariffs.ts';
import type { RoundingMode } from './decimal.ts';
import {
  amountOf,
  type CompiledTariff,
  compileTariff,
  cutInterval,
  exactAmount,
  type RatedInterval,
  rateInterval,
  type TimedQuantity,
} from './rating.ts';
import type { Tariff } from './tariff.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, parseTime } from './time.ts';

const MONDAY = parseTime('2026-09-13T16:00:00.000Z'); // 14 September, 00:00 in Shanghai
const flat = compileTariff(flatTariff());
const timeOfUse = compileTariff(timeOfUseTariff());
const tiered = compileTariff(tieredTariff());

/** 100 units at 0.30 or 0.90, 100 more at 0.50 or 1.10, the rest at 0.80 or 1.40. */
function tieredTariff(changes: Partial<Tariff> = {}): Tariff {
  const tiers = [
    { tier: '1', upTo: '100.000000' },
    { tier: '2', upTo: '200.000000' },
    { tier: '3' },
  ];
  const prices = { valley: ['0.300000', '0.500000', '0.800000'], peak: ['0.9', '1.1', '1.4'] };
  return timeOfUseTariff({
    tiers,
    prices: Object.entries(prices).flatMap(([period, list]) =>
      list.map((price, i) => ({ period, tier: String(i + 1), price: price.padEnd(8, '0') })),
    ),
    ...changes,
  });
}

/** A bill in the making: what it has of each line, its use so far and its amount. */
class Bill {
  readonly tariff: CompiledTariff;
  readonly billed = new Map<string, bigint>();
  usedMicros = 0n;
  amountMicros = 0n;

  constructor(tariff: CompiledTariff) {
    this.tariff = tariff;
  }

  add({ fromMs, toMs, quantityMicros }: TimedQuantity): RatedInterval {
    const rated = rateInterval({
      tariff: this.tariff,
      fromMs,
      toMs,
      quantityMicros,
      usedMicros: this.usedMicros,
      billedMicros: (key) => this.billed.get(key) ?? 0n,
    });
    for (const { period, tier, before, qty } of rated.lines) {
      this.billed.set(`${period}/${tier}`, before + qty);
    }
    this.usedMicros += quantityMicros;
    this.amountMicros += rated.amountMicros;
    return rated;
  }

  /** Each line's quantity x price, rounded once. */
  expectedAmount(): bigint {
    let sum = 0n;
    for (const cell of this.tariff.cells) {
      sum += amountOf(this.tariff, cell.price, this.billed.get(cell.key) ?? 0n);
    }
    return sum;
  }

  state() {
    return {
      billed: new Map([...this.billed].filter(([, qty]) => qty !== 0n)),
      usedMicros: this.usedMicros,
      amountMicros: this.amountMicros,
    };
  }
}

function rate(tariff: CompiledTariff, fromHour: number, toHour: number, kWh: number, used = 0) {
  return rateInterval({
    tariff,
    fromMs: MONDAY + fromHour * HOUR_MS,
    toMs: MONDAY + toHour * HOUR_MS,
    quantityMicros: BigInt(kWh) * 1_000_000n,
    usedMicros: BigInt(used) * 1_000_000n,
    billedMicros: () => 0n,
  });
}

function shown({ lines }: RatedInterval): string[] {
  return lines.map(({ period, tier, qty, amount }) => `${period}/${tier} ${qty} = ${amount}`);
}

describe('an interval', () => {
  it('in one period is one line', () => {
    const price = 500_000n;
    const line = { period: 'all', tier: 'all', qty: 7_000_000n, price, amount: 3_500_000n };
    expect(rate(flat, 0, 1, 7)).toEqual({
      lines: [{ ...line, before: 0n }],
      amountMicros: 3_500_000n,
    });
  });

  it('that straddles a boundary is split by time in proportion', () => {
    expect(shown(rate(timeOfUse, 6, 10, 4))).toEqual([
      'valley/all 2000000 = 600000',
      'peak/all 2000000 = 1800000',
    ]);
  });

  it('that ends or begins at a boundary stays in its period', () => {
    expect(shown(rate(timeOfUse, 7, 8, 1))).toEqual(['valley/all 1000000 = 300000']);
    expect(shown(rate(timeOfUse, 8, 9, 1))).toEqual(['peak/all 1000000 = 900000']);
  });

  it('over several days has one line for each period, and loses no micro', () => {
    const rated = rateInterval({
      tariff: timeOfUse,
      fromMs: MONDAY + 1,
      toMs: MONDAY + 3 * DAY_MS + 1,
      quantityMicros: 100_000_001n,
      usedMicros: 0n,
      billedMicros: () => 0n,
    });
    expect(shown(rated)).toEqual([
      'valley/all 41666667 = 12500000',
      'peak/all 58333334 = 52500000',
    ]);
  });

  it('of quantity zero has no line', () => {
    expect(rate(timeOfUse, 6, 10, 0)).toEqual({ lines: [], amountMicros: 0n });
  });

  it('of no length lies in the period that ends at its instant', () => {
    expect(shown(rate(timeOfUse, 8, 8, 1))).toEqual(['valley/all 1000000 = 300000']);
    expect(shown(rate(timeOfUse, 9, 9, 1))).toEqual(['peak/all 1000000 = 900000']);
  });

  it('is refused where it cannot be rated', () => {
    const code = (expected: string) => expect.objectContaining({ code: expected });
    expect(() => rate(flat, 1, 0, 1)).toThrow(code('bad-interval'));
    expect(() => rate(flat, Number.NaN, 0, 1)).toThrow(code('bad-interval'));
    expect(() => rate(flat, 0, 24 * 4000, 1)).toThrow(code('interval-too-long'));
    const validFrom = '2026-09-13T16:00:00.000Z';
    const validTo = '2026-09-13T20:00:00.000Z';
    const brief = compileTariff(flatTariff({ validFrom, validTo }));
    expect(shown(rate(brief, 0, 4, 1))).toEqual(['all/all 1000000 = 500000']);
    expect(() => rate(brief, -1, 1, 1)).toThrow(code('tariff-not-in-force'));
    expect(() => rate(brief, 3, 5, 1)).toThrow(code('tariff-not-in-force'));
    const october = 17 * 24;
    expect(() => rate(tiered, october - 1, october + 1, 1)).toThrow(
      code('interval-crosses-window'),
    );
    expect(rate(tiered, october - 1, october, 1).lines).toHaveLength(1);
  });
});

describe('tiers', () => {
  it('are graduated by use in the window, the limit belonging to the lower tier', () => {
    expect(shown(rate(tiered, 0, 1, 250))).toEqual([
      'valley/1 100000000 = 30000000',
      'valley/2 100000000 = 50000000',
      'valley/3 50000000 = 40000000',
    ]);
    expect(shown(rate(tiered, 0, 1, 1, 99))).toEqual(['valley/1 1000000 = 300000']);
    expect(shown(rate(tiered, 0, 1, 1, 100))).toEqual(['valley/2 1000000 = 500000']);
    expect(shown(rate(tiered, 0, 1, 1, 500))).toEqual(['valley/3 1000000 = 800000']);
  });

  it('are filled in the order of time: what was used first is cheapest', () => {
    expect(shown(rate(tiered, 7, 9, 40, 90))).toEqual([
      'valley/1 10000000 = 3000000',
      'valley/2 10000000 = 5000000',
      'peak/2 20000000 = 22000000',
    ]);
  });

  it('are emptied from the top by a correction', () => {
    expect(shown(rate(tiered, 7, 9, -40, 130))).toEqual([
      'peak/2 -20000000 = -22000000',
      'valley/2 -10000000 = -5000000',
      'valley/1 -10000000 = -3000000',
    ]);
    expect(shown(rate(tiered, 0, 1, -10, 5))).toEqual(['valley/1 -10000000 = -3000000']);
  });
});

describe('rounding', () => {
  const price = (text: string) => [{ period: 'all', tier: 'all', price: text }];

  it('happens once a bill line, not once a reading', () => {
    const bill = new Bill(compileTariff(flatTariff({ prices: price('0.004000') })));
    const amounts = Array.from({ length: 5 }, (_, hour) => {
      const fromMs = MONDAY + hour * HOUR_MS;
      return bill.add({ fromMs, toMs: fromMs + HOUR_MS, quantityMicros: 1_000_000n }).amountMicros;
    });
    expect(amounts).toEqual([0n, 10_000n, 0n, 10_000n, 0n]);
    expect(bill.amountMicros).toBe(bill.expectedAmount());
  });

  it.each<[RoundingMode, number, bigint]>([
    ['half-up', 2, 130_000n],
    ['half-even', 2, 120_000n],
    ['down', 2, 120_000n],
    ['half-up', 0, 0n],
    ['half-up', 3, 125_000n],
    ['half-up', 6, 125_000n],
  ])('%s to %i decimals', (mode, scale, amount) => {
    const rounding = { mode, scale };
    const tariff = compileTariff(flatTariff({ rounding, prices: price('0.125000') }));
    expect(amountOf(tariff, 125_000n, 1_000_000n)).toBe(amount);
    expect(amountOf(tariff, -125_000n, 1_000_000n)).toBe(-amount);
  });

  it('leaves the exact sum for those who ask', () => {
    const lines = [
      { qty: 1n, price: 1n },
      { qty: 2_000_000n, price: -1_500_000n },
    ];
    expect(exactAmount(lines)).toBe('-2.999999999999');
    expect(exactAmount([])).toBe('0.000000000000');
  });
});

describe('a negative price', () => {
  it('pays the tenant', () => {
    const prices = [
      { period: 'valley', tier: 'all', price: '-0.052500' },
      { period: 'peak', tier: 'all', price: '0.523800' },
    ];
    const tariff = compileTariff(timeOfUseTariff({ prices }));
    expect(shown(rate(tariff, 6, 10, 20))).toEqual([
      'valley/all 10000000 = -530000',
      'peak/all 10000000 = 5240000',
    ]);
  });
});

const quantity = fc.bigInt({ min: 0n, max: 300_000_000n });
/** Intervals that follow each other within September, at most two days each. */
const intervals = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 2 * DAY_MS }), quantity), { maxLength: 7 })
  .map((steps) => {
    let fromMs = MONDAY;
    return steps.map(([length, quantityMicros]): TimedQuantity => {
      const interval = { fromMs, toMs: fromMs + length, quantityMicros };
      fromMs = interval.toMs;
      return interval;
    });
  });
const roundings = fc.record({
  mode: fc.constantFrom<RoundingMode>('half-up', 'half-even', 'down'),
  scale: fc.integer({ min: 0, max: 6 }),
});

describe('on a bill', () => {
  it('each line is its quantity x price rounded once, however many readings there are', () => {
    fc.assert(
      fc.property(intervals, roundings, (list, rounding) => {
        const bill = new Bill(compileTariff(tieredTariff({ rounding })));
        for (const interval of list) bill.add(interval);
        expect(bill.amountMicros).toBe(bill.expectedAmount());
      }),
    );
  });

  it('parts sum to the whole, no tier holds more than its size, no part has the wrong sign', () => {
    fc.assert(
      fc.property(intervals, (list) => {
        const bill = new Bill(tiered);
        for (const interval of list) {
          const { lines, amountMicros } = bill.add(interval);
          expect(lines.reduce((sum, { qty }) => sum + qty, 0n)).toBe(interval.quantityMicros);
          expect(lines.reduce((sum, { amount }) => sum + amount, 0n)).toBe(amountMicros);
          expect(lines.every(({ qty }) => qty > 0n)).toBe(true);
        }
        for (const tier of ['1', '2']) {
          const held =
            (bill.billed.get(`peak/${tier}`) ?? 0n) + (bill.billed.get(`valley/${tier}`) ?? 0n);
          const full = bill.usedMicros - (tier === '1' ? 0n : 100_000_000n);
          const most = full > 100_000_000n ? 100_000_000n : full;
          expect(held).toBe(most < 0n ? 0n : most);
        }
      }),
    );
  });

  it('a correction of an interval undoes it exactly', () => {
    fc.assert(
      fc.property(intervals, roundings, (list, rounding) => {
        const bill = new Bill(compileTariff(tieredTariff({ rounding })));
        const states = [bill.state()];
        for (const interval of list) {
          bill.add(interval);
          states.push(bill.state());
        }
        for (const interval of [...list].reverse()) {
          expect(bill.state()).toEqual(states.pop());
          bill.add({ ...interval, quantityMicros: -interval.quantityMicros });
        }
        expect(bill.state()).toEqual(states.pop());
      }),
    );
  });

  it('within one period it does not matter where readings were taken', () => {
    const one = compileTariff(
      flatTariff({
        tiers: [{ tier: '1', upTo: '100.000000' }, { tier: '2' }],
        prices: [
          { period: 'all', tier: '1', price: '0.333333' },
          { period: 'all', tier: '2', price: '0.777777' },
        ],
      }),
    );
    const cuts = fc.array(fc.integer({ min: 1, max: DAY_MS - 1 }), { maxLength: 9 });
    fc.assert(
      fc.property(quantity, cuts, (quantityMicros, offsets) => {
        const whole = { fromMs: MONDAY, toMs: MONDAY + DAY_MS, quantityMicros };
        const cutsMs = [...new Set(offsets)].sort((a, b) => a - b).map((ms) => MONDAY + ms);
        const once = new Bill(one);
        once.add(whole);
        const often = new Bill(one);
        for (const piece of cutInterval(whole, cutsMs)) often.add(piece);
        expect(often.state()).toEqual(once.state());
      }),
    );
  });

  // Both ways floor the same straight line, one of them twice, so at each boundary between periods
  // the quantity so far differs by a micro at most, and a part by one at each of its two ends.
  it('over several periods a cut moves one micro at most at each boundary', () => {
    const lengths = fc.integer({ min: 2, max: 3 * DAY_MS });
    fc.assert(
      fc.property(
        quantity,
        lengths,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (q, length, at) => {
          const whole = { fromMs: MONDAY, toMs: MONDAY + length, quantityMicros: q };
          const cutMs = MONDAY + 1 + Math.floor(at * (length - 2));
          const once = new Bill(timeOfUse);
          once.add(whole);
          const twice = new Bill(timeOfUse);
          for (const piece of cutInterval(whole, [cutMs])) twice.add(piece);
          const spans = timeOfUse.calendar.spansBetween(whole.fromMs, whole.toMs);
          for (const period of ['valley/all', 'peak/all']) {
            const moved = (once.billed.get(period) ?? 0n) - (twice.billed.get(period) ?? 0n);
            const boundaries = BigInt(spans.length - 1);
            expect(moved <= boundaries && -moved <= boundaries).toBe(true);
          }
          expect(twice.usedMicros).toBe(once.usedMicros);
        },
      ),
    );
  });
});

describe('cutting an interval', () => {
  it('shares its quantity by time, sums to the whole and ignores cuts outside', () => {
    const whole = { fromMs: 0, toMs: 3 * MINUTE_MS, quantityMicros: 10n };
    const cuts = [-5, 0, MINUTE_MS, 2 * MINUTE_MS, 3 * MINUTE_MS, 9 * MINUTE_MS];
    expect(cutInterval(whole, cuts)).toEqual([
      { fromMs: 0, toMs: MINUTE_MS, quantityMicros: 3n },
      { fromMs: MINUTE_MS, toMs: 2 * MINUTE_MS, quantityMicros: 3n },
      { fromMs: 2 * MINUTE_MS, toMs: 3 * MINUTE_MS, quantityMicros: 4n },
    ]);
    const negative = cutInterval({ ...whole, quantityMicros: -10n }, cuts);
    expect(negative.map(({ quantityMicros }) => quantityMicros)).toEqual([-3n, -3n, -4n]);
    expect(cutInterval(whole, [])).toEqual([whole]);
  });
});
