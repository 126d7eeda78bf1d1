import { p256 as library } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sumOfMultiples } from './curve-arithmetic.ts';
import { type P256Point, p256, pointAt, xOf } from './p256.ts';

const { Point } = library;
const P = Point.Fp.ORDER;
const { add, base, order, zero } = p256;

/** Multiples of the base point, zero among them; small ones make equal and opposite pairs likely. */
const multiple = fc.oneof(
  fc.bigInt({ min: 0n, max: 3n }),
  fc.bigInt({ min: order - 3n, max: order - 1n }),
  fc.bigInt({ min: 0n, max: order - 1n }),
);

function pointOf(scalar: bigint): P256Point {
  const { X, Y, Z } = Point.BASE.multiplyUnsafe(scalar);
  return [X, Y, Z];
}

/** A point of ours, or what two programs must agree on of it. */
function coordinatesOf([X, Y, Z]: P256Point): { x: bigint; y: bigint } {
  const [x, y, z] = [X, Y, Z].map((value) => ((value % P) + P) % P);
  return new Point(x ?? 0n, y ?? 0n, z ?? 0n).toAffine();
}

test('adding gives what the library gives, for equal and opposite points and for zero too', () => {
  fc.assert(
    fc.property(multiple, multiple, (one, other) => {
      const expected = Point.BASE.multiplyUnsafe((one + other) % order);
      expect(coordinatesOf(add(pointOf(one), pointOf(other)))).toEqual(expected.toAffine());
    }),
    { numRuns: 300 },
  );
});

test('adding comes back to zero after as many base points as the order says', () => {
  expect(coordinatesOf(base)).toEqual(Point.BASE.toAffine());
  expect(xOf(sumOfMultiples(p256, [order, base], [0n, zero]))).toBeUndefined();
  expect(order).toBe(Point.Fn.ORDER);
});

test('the first coordinate is that of the point, however it is scaled', () => {
  fc.assert(
    fc.property(multiple, fc.bigInt({ min: 1n, max: P - 1n }), (scalar, scale) => {
      const [X, Y, Z] = pointOf(scalar);
      const expected = scalar === 0n ? undefined : Point.BASE.multiplyUnsafe(scalar).x;
      expect(xOf([X * scale, Y * scale, Z * scale])).toBe(expected);
      expect(xOf([-X, -Y, -Z])).toBe(expected);
    }),
    { numRuns: 60 },
  );
});

test('a point is taken only at coordinates of the curve that are below the prime', () => {
  const coordinate = fc.bigInt({ min: 0n, max: P - 1n });
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: order - 1n }), coordinate, (scalar, other) => {
      const { x, y } = Point.BASE.multiplyUnsafe(scalar);
      expect(pointAt(x, y)).toEqual([x, y, 1n]);
      expect(pointAt(x, P - y)).toEqual([x, P - y, 1n]);
      expect(pointAt(x + P, y)).toBeUndefined();
      expect(pointAt(x, y + P)).toBeUndefined();
      expect(pointAt(x, other) !== undefined).toBe(other === y || other === P - y);
      expect(pointAt(other, y) !== undefined).toBe(isOnCurve(other, y));
    }),
    { numRuns: 60 },
  );
  expect(pointAt(0n, 0n)).toBeUndefined();
  // The curve has points with x = 0, which p would spell a second time.
  const root = Point.Fp.sqrt(Point.CURVE().b);
  expect(pointAt(0n, root)).toEqual([0n, root, 1n]);
  expect(pointAt(P, root)).toBeUndefined();
});

function isOnCurve(x: bigint, y: bigint): boolean {
  try {
    Point.fromAffine({ x, y }).assertValidity();
    return true;
  } catch {
    return false;
  }
}
