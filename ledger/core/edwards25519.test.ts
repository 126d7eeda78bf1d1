import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, hexToBytes, numberToBytesLE } from '@noble/curves/utils.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sumOfMultiples } from './curve-arithmetic.ts';
import {
  decodePoint,
  type EdwardsPoint,
  edwards25519,
  isOfSmallOrder,
  negate,
} from './edwards25519.ts';

const { Point } = ed25519;
const P = 2n ** 255n - 19n;
const { add, base, order, zero } = edwards25519;

/** The eight points whose order divides 8. */
const torsion = ED25519_TORSION_SUBGROUP.map((text) => bytesToNumberLE(hexToBytes(text)));
/** Encodings of points: multiples of the base point, with a part of small order or without. */
const encoding = fc
  .tuple(fc.bigInt({ min: 0n, max: order - 1n }), fc.constantFrom(...torsion))
  .map(([scalar, small]) =>
    encode(Point.BASE.multiplyUnsafe(scalar).add(Point.fromBytes(bytes(small)))),
  );

function bytes(encoded: bigint): Uint8Array {
  return numberToBytesLE(encoded, 32);
}

function encode(point: { toBytes(): Uint8Array }): bigint {
  return bytesToNumberLE(point.toBytes());
}

function pointOf(encoded: bigint): EdwardsPoint {
  const point = decodePoint(encoded);
  if (point === undefined) throw new Error(`no point: ${encoded}`);
  return point;
}

/** The encoding of a point of ours, by the library. */
function encodingOf([X, Y, Z, T]: EdwardsPoint): bigint {
  const [x, y, z, t] = [X, Y, Z, T].map((value) => ((value % P) + P) % P);
  return encode(new Point(x ?? 0n, y ?? 0n, z ?? 0n, t ?? 0n));
}

describe('decoding', () => {
  test('takes what the library takes in its strict mode, and gives the same point', () => {
    const some = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), encoding);
    fc.assert(
      fc.property(some, (encoded) => {
        const expected = libraryPoint(encoded);
        expect(decodePoint(encoded)?.slice(0, 2)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  const edges = [0n, 1n, 2n, P - 2n, P - 1n, P, P + 1n, 2n ** 255n - 1n];
  test.each(edges.flatMap((y) => [y, y + 2n ** 255n]))('of %i is as strict', (encoded) => {
    expect(decodePoint(encoded)?.slice(0, 2)).toEqual(libraryPoint(encoded));
  });

  test('refuses a second spelling of y, and of x = 0', () => {
    expect(decodePoint(1n)).toEqual(zero);
    expect(decodePoint(1n + P)).toBeUndefined();
    expect(decodePoint(1n + 2n ** 255n)).toBeUndefined();
  });
});

function libraryPoint(encoded: bigint): bigint[] | undefined {
  try {
    const { x, y } = Point.fromBytes(bytes(encoded), false);
    return [x, y];
  } catch {
    return undefined;
  }
}

describe('adding', () => {
  test('gives what the library gives, for parts of small order too', () => {
    fc.assert(
      fc.property(encoding, encoding, (one, other) => {
        const expected = Point.fromBytes(bytes(one)).add(Point.fromBytes(bytes(other)));
        expect(encodingOf(add(pointOf(one), pointOf(other)))).toBe(encode(expected));
      }),
      { numRuns: 100 },
    );
  });

  test('is right for equal and opposite points, and for zero', () => {
    for (const encoded of [...torsion, encode(Point.BASE)]) {
      const point = pointOf(encoded);
      const double = Point.fromBytes(bytes(encoded)).double();
      expect(encodingOf(add(point, point))).toBe(encode(double));
      expect(encodingOf(add(point, negate(point)))).toBe(1n);
      expect(encodingOf(add(zero, point))).toBe(encoded);
      expect(encodingOf(add(point, zero))).toBe(encoded);
    }
  });

  test('comes back to zero after as many base points as the order says', () => {
    expect(encodingOf(base)).toBe(encode(Point.BASE));
    expect(encodingOf(sumOfMultiples(edwards25519, [order, base], [0n, zero]))).toBe(1n);
    expect(order).toBe(Point.Fn.ORDER);
  });
});

test('of small order are eight points and no other', () => {
  expect(torsion.map((encoded) => isOfSmallOrder(pointOf(encoded)))).toEqual(
    Array.from({ length: 8 }, () => true),
  );
  for (const encoded of torsion) {
    expect(isOfSmallOrder(add(base, pointOf(encoded)))).toBe(false);
  }
});
