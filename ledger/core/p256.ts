import { type Curve, inverse, modulo } from './curve-arithmetic.ts';

/** The point (X/Z, Y/Z) of P-256, or with Z = 0 the one at infinity, which is the group's zero. */
export type P256Point = readonly [X: bigint, Y: bigint, Z: bigint];

// SP 800-186, 3.2.1.3.
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

export const p256: Curve<P256Point> = {
  zero: [0n, 1n, 0n],
  add,
  base: [
    0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
    1n,
  ],
  order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
};

/**
 * What algorithm 4 of Renes, Costello and Batina computes (IACR eprint 2015/1060), whose a is -3 as
 * here. Complete, since the order of the group is odd.
 */
function add([X1, Y1, Z1]: P256Point, [X2, Y2, Z2]: P256Point): P256Point {
  const xx = (X1 * X2) % P;
  const yy = (Y1 * Y2) % P;
  const zz = (Z1 * Z2) % P;
  const xy = (X1 * Y2 + X2 * Y1) % P;
  const xz = (X1 * Z2 + X2 * Z1) % P;
  const yz = (Y1 * Z2 + Y2 * Z1) % P;
  const s = 3n * (B * zz - xz);
  const t = (3n * (B * xz - xx - 3n * zz)) % P;
  const u = 3n * (xx - zz);
  const less = (yy - s) % P;
  const more = (yy + s) % P;
  return [(xy * less - yz * t) % P, (more * less + u * t) % P, (yz * more + xy * u) % P];
}

/** The point with these coordinates. Undefined where one is not below p, or the curve has none. */
export function pointAt(x: bigint, y: bigint): P256Point | undefined {
  if (x >= P || y >= P || (x ** 3n - 3n * x + B - y ** 2n) % P !== 0n) return undefined;
  return [x, y, 1n];
}

/** Undefined for zero, which has no coordinates. */
export function xOf([X, , Z]: P256Point): bigint | undefined {
  return modulo(Z, P) === 0n ? undefined : modulo(X * inverse(Z, P), P);
}
