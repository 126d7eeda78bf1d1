import { assert } from './assert.ts';
import { type Curve, inverse, modulo, power } from './curve-arithmetic.ts';

/** The point (X/Z, Y/Z) of edwards25519 in extended coordinates, T = X Y / Z (RFC 8032, 5.1.4). */
export type EdwardsPoint = readonly [X: bigint, Y: bigint, Z: bigint, T: bigint];

// RFC 8032, 5.1.
const P = 2n ** 255n - 19n;
const D = modulo(-121665n * inverse(121666n, P), P);
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n, P);

export const edwards25519: Curve<EdwardsPoint> = {
  zero: pointOf(0n, 1n),
  add,
  base: basePoint(),
  order: 2n ** 252n + 27742317777372353535851937790883648493n,
};

/** RFC 8032, 5.1.4, with its E, F, G and H halved. Complete: -1 has a root, d has none. */
function add([X1, Y1, Z1, T1]: EdwardsPoint, [X2, Y2, Z2, T2]: EdwardsPoint): EdwardsPoint {
  const c = D * ((T1 * T2) % P);
  const d = Z1 * Z2;
  const e = (X1 * Y2 + X2 * Y1) % P;
  const f = (d - c) % P;
  const g = (d + c) % P;
  const h = (Y1 * Y2 + X1 * X2) % P;
  return [(e * f) % P, (g * h) % P, (f * g) % P, (e * h) % P];
}

export function negate([X, Y, Z, T]: EdwardsPoint): EdwardsPoint {
  return [-X, Y, Z, -T];
}

/** Whether eight times the point is zero. */
export function isOfSmallOrder(point: EdwardsPoint): boolean {
  const double = add(point, point);
  const fourfold = add(double, double);
  const [X, Y, Z] = add(fourfold, fourfold);
  return modulo(X, P) === 0n && modulo(Y - Z, P) === 0n;
}

/**
 * The point that 32 bytes, read as a little-endian number, encode: y, and above it the lowest bit of
 * x (RFC 8032, 5.1.3). Undefined where y is not below p, no point has this y, or x is 0 and its bit 1.
 */
export function decodePoint(encoded: bigint): EdwardsPoint | undefined {
  const xBit = encoded >> 255n;
  const y = encoded - (xBit << 255n);
  if (y >= P) return undefined;
  const u = modulo(y * y - 1n, P);
  const v = modulo(D * y * y + 1n, P);
  // A root of u/v or of -u/v where either has one, since p = 5 modulo 8.
  const candidate = (u * v ** 3n * power(u * v ** 7n, (P - 5n) / 8n, P)) % P;
  const isRoot = (root: bigint) => (v * root * root) % P === u;
  const x = isRoot(candidate) ? candidate : (candidate * ROOT_OF_MINUS_ONE) % P;
  if (!isRoot(x) || (x === 0n && xBit === 1n)) return undefined;
  return pointOf((x & 1n) === xBit ? x : P - x, y);
}

/** The point with y = 4/5 and an even x. */
function basePoint(): EdwardsPoint {
  const point = decodePoint(modulo(4n * inverse(5n, P), P));
  assert(point !== undefined, 'the curve has the point of RFC 8032');
  return point;
}

function pointOf(x: bigint, y: bigint): EdwardsPoint {
  return [x, y, 1n, (x * y) % P];
}
