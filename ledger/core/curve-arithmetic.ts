import { assert } from './assert.ts';

/*
 * The arithmetic that checking signatures needs, and nothing that makes one: it takes a time that
 * depends on the values, which are public where signatures are checked. Never for secrets.
 */

/** The representative of `value` from 0 to `modulus` - 1. */
export function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** `base` to the power of `exponent`, which is at least 0. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const factor = modulo(base, modulus);
  let result = 1n;
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * factor) % modulus;
  }
  return result;
}

/** The inverse modulo a prime by Fermat's little theorem; 0 has none and gives 0. */
export function inverse(value: bigint, prime: bigint): bigint {
  return power(value, prime - 2n, prime);
}

/** The points of a curve. `add` is complete: right for any two, also for equal ones and for zero. */
export interface Group<Point> {
  readonly zero: Point;
  readonly add: (one: Point, other: Point) => Point;
}

/** A group with the point that signatures are made with, and the prime order of its multiples. */
export interface Curve<Point> extends Group<Point> {
  readonly base: Point;
  readonly order: bigint;
}

/**
 * a P + b Q for a and b from 0 to 2^256 - 1. Both share one chain of doublings, which takes two bits
 * of each at a time and adds one of the 16 sums of up to three P and up to three Q (Straus 1964).
 */
export function sumOfMultiples<Point>(
  { zero, add }: Group<Point>,
  [a, p]: readonly [a: bigint, p: Point],
  [b, q]: readonly [b: bigint, q: Point],
): Point {
  const doubleP = add(p, p);
  const doubleQ = add(q, q);
  const multiplesOfQ = [zero, q, doubleQ, add(doubleQ, q)];
  const sums = [zero, p, doubleP, add(doubleP, p)].flatMap((ofP) =>
    multiplesOfQ.map((ofQ) => add(ofP, ofQ)),
  );
  let total = zero;
  for (let shift = 254n; shift >= 0n; shift -= 2n) {
    const double = add(total, total);
    const sum = sums[Number(4n * ((a >> shift) & 3n) + ((b >> shift) & 3n))];
    assert(sum !== undefined, 'two bits of each scalar name one of 16 sums');
    total = add(add(double, double), sum);
  }
  return total;
}
