import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inverse, modulo, power, sumOfMultiples } from './curve-arithmetic.ts';

const MODULUS = 2n ** 61n - 1n;
const scalar = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n });

test('a remainder is never negative', () => {
  expect([-7n, -5n, 0n, 3n, 5n].map((value) => modulo(value, 5n))).toEqual([3n, 0n, 0n, 3n, 0n]);
});

test('a power is the base multiplied by itself', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.nat(40), (base, exponent) => {
      expect(power(base, BigInt(exponent), MODULUS)).toBe(
        modulo(base ** BigInt(exponent), MODULUS),
      );
    }),
  );
});

test('a value times its inverse is 1, except for 0', () => {
  fc.assert(
    fc.property(fc.bigInt(), (value) => {
      const product = modulo(value * inverse(value, MODULUS), MODULUS);
      expect(product).toBe(modulo(value, MODULUS) === 0n ? 0n : 1n);
    }),
  );
  expect(inverse(0n, MODULUS)).toBe(0n);
});

test('the sum of multiples is that of the whole numbers, which are a group too', () => {
  const numbers = { zero: 0n, add: (one: bigint, other: bigint) => one + other };
  fc.assert(
    fc.property(scalar, fc.bigInt(), scalar, fc.bigInt(), (a, p, b, q) => {
      expect(sumOfMultiples(numbers, [a, p], [b, q])).toBe(a * p + b * q);
    }),
  );
  const most = 2n ** 256n - 1n;
  expect(sumOfMultiples(numbers, [most, 1n], [0n, 5n])).toBe(most);
  expect(sumOfMultiples(numbers, [0n, 5n], [most, 1n])).toBe(most);
});
