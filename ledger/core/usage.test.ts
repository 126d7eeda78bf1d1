import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flatTariff, timeOfUseTariff } from '../../test/samples/tariffs.ts';
import { amountOf } from './rating.ts';
import { TariffBook } from './tariff-book.ts';
import { HOUR_MS, parseTime } from './time.ts';
import { chargeSpan, consumption, freshProgress, lineKey, planInterval } from './usage.ts';

const binding = { ct: '1', pt: '1', modulus: '1000' };

describe('consumption between two values', () => {
  it.each([
    ['is their difference', { ct: '1', pt: '1' }, '100.00', '101.01', 1_010_000n, false],
    ['is zero where nothing moved', { ct: '1', pt: '1' }, '5', '5', 0n, false],
    ['is multiplied by both ratios', { ct: '40', pt: '100' }, '1', '1.5', 2_000_000_000n, false],
    ['starts again at the modulus', binding, '999.5', '0.25', 750_000n, true],
    ['may take a tenth of the modulus over a rollover', binding, '950', '50', 100_000_000n, true],
  ])('%s', (_, meter, from, to, quantityMicros, rollover) => {
    expect(consumption(meter, from, to)).toEqual({ quantityMicros, rollover });
  });

  it.each([
    ['without a modulus', { ct: '1', pt: '1' }, '10', '9'],
    ['by more than a tenth of the modulus', binding, '950', '50.000001'],
    ['from beyond the modulus', binding, '1500', '400'],
  ])('is refused where the register fell %s', (_, meter, from, to) => {
    const error = expect.objectContaining({ code: 'register-fell', params: { from, to } });
    expect(() => consumption(meter, from, to)).toThrow(error);
  });
});

describe('an interval', () => {
  const book = new TariffBook();
  const base = flatTariff({ id: 't', validFrom: '2026-01-01T00:00:00.000Z' });
  book.add(base);
  book.add({ ...base, version: 2, validFrom: '2026-09-10T00:00:00.000Z' });

  it('is cut where the local month and the tariff version end, and loses nothing', () => {
    const interval = {
      fromMs: parseTime('2026-08-31T15:00:00.000Z'),
      toMs: parseTime('2026-09-10T05:00:00.000Z'),
      quantityMicros: 1_000_001n,
    };
    const spans = planInterval(book, 't', interval);
    expect(spans.map(({ version, month, toMs }) => [version.ref.version, month, toMs])).toEqual([
      [1, '2026-08', parseTime('2026-08-31T16:00:00.000Z')],
      [1, '2026-09', parseTime('2026-09-10T00:00:00.000Z')],
      [2, '2026-09', interval.toMs],
    ]);
    expect(spans.map(({ quantityMicros }) => quantityMicros)).toEqual([
      1_000_001n / 230n,
      (1_000_001n * 225n) / 230n - 1_000_001n / 230n,
      1_000_001n - (1_000_001n * 225n) / 230n,
    ]);
  });

  it('is refused where it is longer than ten years, before anything is counted', () => {
    const fromMs = parseTime('2026-01-01T00:00:00.000Z');
    const plan = (days: number) =>
      planInterval(book, 't', { fromMs, toMs: fromMs + days * 24 * HOUR_MS, quantityMicros: 1n });
    expect(plan(3660).length).toBe(122);
    expect(() => plan(3661)).toThrow(expect.objectContaining({ code: 'interval-too-long' }));
  });

  it('sums to its quantity wherever it lies', () => {
    const start = parseTime('2026-01-01T00:00:00.000Z');
    fc.assert(
      fc.property(
        fc.nat(300 * 24),
        fc.integer({ min: 1, max: 2_000 }),
        fc.bigInt({ min: 0n, max: 10n ** 12n }),
        (at, hours, quantityMicros) => {
          const fromMs = start + at * HOUR_MS;
          const toMs = fromMs + hours * HOUR_MS;
          const spans = planInterval(book, 't', { fromMs, toMs, quantityMicros });
          expect(spans.reduce((sum, span) => sum + span.quantityMicros, 0n)).toBe(quantityMicros);
          expect([spans[0]?.fromMs, spans.at(-1)?.toMs]).toEqual([fromMs, toMs]);
          for (const [i, span] of spans.entries()) {
            expect(span.quantityMicros >= 0n && span.fromMs < span.toMs).toBe(true);
            if (i > 0) expect(span.fromMs).toBe(spans[i - 1]?.toMs);
          }
        },
      ),
    );
  });

  it('is refused where no version covers it', () => {
    const fromMs = parseTime('2025-12-31T00:00:00.000Z');
    const interval = { fromMs, toMs: fromMs + HOUR_MS, quantityMicros: 1n };
    for (const id of ['t', 'unknown']) {
      const error = expect.objectContaining({ code: 'no-tariff', params: { tariff: id } });
      expect(() => planInterval(book, id, interval)).toThrow(error);
    }
  });
});

describe('the charges of a bill', () => {
  const tariff = timeOfUseTariff({
    id: 't',
    tiers: [{ tier: 'one', upTo: '3.000000' }, { tier: 'two' }],
    prices: ['valley', 'peak'].flatMap((period) => [
      { period, tier: 'one', price: period === 'peak' ? '0.777770' : '0.333330' },
      { period, tier: 'two', price: '1.111110' },
    ]),
  });
  const book = new TariffBook();
  const version = book.add(tariff);

  /** Charges hourly readings of 2026-09 (Shanghai) one after the other. */
  function charge(quantities: readonly bigint[]) {
    const progress = freshProgress();
    const start = parseTime('2026-08-31T16:00:00.000Z');
    const charges = quantities.flatMap((quantityMicros, hour) =>
      planInterval(book, 't', {
        fromMs: start + hour * HOUR_MS,
        toMs: start + (hour + 1) * HOUR_MS,
        quantityMicros,
      }).map((span) => chargeSpan(progress, span, span.month)),
    );
    return { progress, charges };
  }

  it('make every line its quantity times its price, rounded once, however many readings', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 400_000n }), { maxLength: 60 }), (all) => {
        const { charges, progress } = charge(all);
        const sums = new Map<string, { qty: bigint; amount: bigint; price: bigint }>();
        for (const { lines } of charges) {
          for (const line of lines) {
            const key = lineKey(version.ref, line);
            const sum = sums.get(key) ?? { qty: 0n, amount: 0n, price: line.price };
            expect(line.before).toBe(sum.qty);
            sums.set(key, { ...sum, qty: sum.qty + line.qty, amount: sum.amount + line.amount });
          }
        }
        for (const [key, { qty, amount, price }] of sums) {
          expect(amount).toBe(amountOf(version.energy(), price, qty));
          expect(progress.billed.get(key)).toBe(qty);
        }
        const total = all.reduce((sum, quantity) => sum + quantity, 0n);
        expect(progress.usedMicros).toBe(total);
        const tiers = [...sums].map(([key, { qty }]) => (key.endsWith('/one') ? qty : 0n));
        const inOne = tiers.reduce((sum, qty) => sum + qty, 0n);
        expect(inOne).toBe(total < 3_000_000n ? total : 3_000_000n);
      }),
    );
  });

  it('begin a new bill and a new tier window with the next month', () => {
    const { progress } = charge([2_000_000n, 2_000_000n]);
    expect([progress.period, progress.window, progress.usedMicros]).toEqual([
      '2026-09',
      '2026-09',
      4_000_000n,
    ]);
    const fromMs = parseTime('2026-09-30T16:00:00.000Z');
    const [span] = planInterval(book, 't', {
      fromMs,
      toMs: fromMs + 1,
      quantityMicros: 1_000_000n,
    });
    if (span === undefined) throw new Error('an interval has a span');
    expect(chargeSpan(progress, span, '2026-10')).toMatchObject({
      usedMicros: 0n,
      lines: [{ tier: 'one', before: 0n, qty: 1_000_000n }],
    });
  });

  it('count a late span toward the bill that it goes into', () => {
    const { progress } = charge([2_500_000n]);
    const fromMs = parseTime('2026-08-31T15:00:00.000Z');
    const [span] = planInterval(book, 't', {
      fromMs,
      toMs: fromMs + 1,
      quantityMicros: 1_000_000n,
    });
    if (span === undefined) throw new Error('an interval has a span');
    expect(span.month).toBe('2026-08');
    expect(chargeSpan(progress, span, '2026-09')).toMatchObject({ usedMicros: 2_500_000n });
    expect(progress.usedMicros).toBe(3_500_000n);
  });
});
