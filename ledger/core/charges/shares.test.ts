import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMicros } from '../decimal.ts';
import { isFairShare, shareCharges, shareLine, sharePool } from './shares.ts';
import type { ShareRule } from './tariff-v2.ts';

const rounding = { mode: 'half-up', scale: 2 } as const;
const lift: ShareRule = {
  share: 'lift',
  kind: 'common-area',
  key: 'area',
  pool: 'quantity',
  price: '0.735686',
};

function weights(...list: readonly string[]) {
  return list.map((weight, i) => ({ account: `acc-${i}`, weight: parseMicros(weight) }));
}

describe('a pool', () => {
  it('is divided by largest remainder, equal ones in the order of the accounts', () => {
    const parts = sharePool(100n, weights('1.000000', '1.000000', '1.000000'));
    expect(parts.map(({ part }) => part)).toEqual([34n, 33n, 33n]);
    const cents = sharePool(10_000_000n, weights('1.000000', '2.000000', '4.000000'), 10_000n);
    expect(cents.map(({ part }) => part)).toEqual([1_430_000n, 2_860_000n, 5_710_000n]);
  });

  it('below zero is returned the same way', () => {
    const parts = sharePool(-100n, weights('1.000000', '1.000000', '1.000000'));
    expect(parts.map(({ part }) => part)).toEqual([-34n, -33n, -33n]);
  });

  it('is refused with a key that divides nothing, or a step that does not fit', () => {
    const code = (expected: string) => expect.objectContaining({ code: expected });
    expect(() => sharePool(1n, [])).toThrow(code('share-key-empty'));
    expect(() => sharePool(1n, weights('0.000000'))).toThrow(code('share-key-empty'));
    expect(() => sharePool(1n, weights('-1.000000', '5.000000'))).toThrow(code('share-weight'));
    const twice = [...weights('1.000000'), ...weights('1.000000')];
    expect(() => sharePool(1n, twice)).toThrow(code('share-weight'));
    expect(() => sharePool(15n, weights('1.000000'), 10n)).toThrow(code('pool-step'));
  });

  it('is divided exactly, each part less than a step from its exact share', () => {
    const weight = fc.bigInt({ min: 0n, max: 10n ** 12n });
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 1, maxLength: 40 }),
        fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n }),
        fc.constantFrom(1n, 10_000n),
        (list, steps, step) => {
          fc.pre(list.some((one) => one > 0n));
          const given = list.map((one, i) => ({ account: `a${i}`, weight: one }));
          const pool = steps * step;
          const parts = sharePool(pool, given, step);
          expect(parts.reduce((sum, { part }) => sum + part, 0n)).toBe(pool);
          for (const { part, weight: own, of } of parts) {
            const off = part * of - pool * own;
            expect(off < 0n ? -off : off).toBeLessThan(step * of);
            if (own === 0n) expect(part).toBe(0n);
          }
        },
      ),
    );
  });

  it('gives each account the same, in whatever order they stand', () => {
    const given = weights('3.000000', '3.000000', '1.000000', '7.000000');
    const byAccount = (parts: ReturnType<typeof sharePool>) =>
      new Map(parts.map(({ account, part }) => [account, part]));
    const reversed = byAccount(sharePool(101n, given.toReversed()));
    expect(reversed).toEqual(byAccount(sharePool(101n, given)));
  });
});

describe('a share of common use', () => {
  it('is a line of its own with formula, key and numbers', () => {
    const pool = parseMicros('1234.500000');
    const charges = shareCharges({
      ...{ rule: lift, rounding, pool },
      weights: weights('85.500000', '120.000000', '64.250000'),
    });
    // 1234.5 x 0.735686 = 908.204367 -> 908.20
    expect(charges.map(({ line }) => line.amount)).toEqual([
      '287.860000',
      '404.020000',
      '216.320000',
    ]);
    expect(charges[0]?.line).toEqual({
      formula: 'poolAmount x numerator / denominator',
      share: 'lift',
      kind: 'common-area',
      key: 'area',
      price: '0.735686',
      poolQuantity: '1234.500000',
      quantity: '391.287303',
      poolAmount: '908.200000',
      numerator: '85.500000',
      denominator: '269.750000',
      amount: '287.860000',
    });
    for (const { line } of charges) {
      expect(shareLine(JSON.parse(JSON.stringify(line)), '')).toEqual(line);
      expect(isFairShare(line, rounding)).toBe(true);
    }
    const quantities = charges.map(({ line }) => parseMicros(line.quantity ?? '0.000000'));
    expect(quantities.reduce((a, b) => a + b)).toBe(pool);
  });

  it('of an amount has no price, and collects the grid bill and nothing more', () => {
    const rule: ShareRule = { share: 'loss', kind: 'line-loss', key: 'metered', pool: 'amount' };
    const pool = parseMicros('100.000000');
    const three = weights('1.000000', '1.000000', '1.000000');
    const charges = shareCharges({ rule, rounding, pool, weights: three });
    expect(charges.map(({ line }) => line.amount)).toEqual(['33.340000', '33.330000', '33.330000']);
    expect(Object.keys(charges[0]?.line ?? {})).not.toContain('price');
  });

  it('that is a step off is noticed by the account alone', () => {
    const pool = parseMicros('100.000000');
    const [own] = shareCharges({
      ...{
        rule: { ...lift, pool: 'amount' },
        rounding,
        pool,
        weights: weights('1.000000', '2.000000'),
      },
    });
    if (!own) throw new Error('the first account has a share');
    expect(own.line.amount).toBe('33.330000');
    expect(isFairShare({ ...own.line, amount: '33.340000' }, rounding)).toBe(true);
    expect(isFairShare({ ...own.line, amount: '33.350000' }, rounding)).toBe(false);
    expect(isFairShare({ ...own.line, amount: '33.320000' }, rounding)).toBe(false);
  });
});
