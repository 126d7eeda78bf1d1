import fc from 'fast-check';
import { expect, test } from 'vitest';
import { microsOf, minorOf } from './money.ts';

test.each([
  ['100.500000', 'CNY', 10_050n],
  ['100.000000', 'JPY', 100n],
  ['100.505000', 'KWD', 100_505n],
  ['999999999999.990000', 'USD', 99_999_999_999_999n],
])('%s of %s is paid as %s minor units', (amount, currency, minor) => {
  expect(minorOf(amount, currency)).toEqual({ minor, currency });
  expect(microsOf({ minor, currency })).toBe(amount);
});

test.each([
  ['0.001000', 'CNY'],
  ['0.500000', 'JPY'],
  ['0.000500', 'BHD'],
])('%s cannot be paid in %s', (amount, currency) => {
  expect(() => minorOf(amount, currency)).toThrow(/too many decimals/);
});

test('minor units there and back are what they were', () => {
  const minor = fc.bigInt({ min: 0n, max: 10n ** 14n });
  fc.assert(
    fc.property(minor, fc.constantFrom('CNY', 'JPY', 'KWD', 'EUR'), (units, currency) => {
      expect(minorOf(microsOf({ minor: units, currency }), currency).minor).toBe(units);
    }),
  );
});
