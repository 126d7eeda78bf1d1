import { type Curve, modulo, power } from './curve-arithmetic.ts';

/** The point (X/Z, Y/Z) of edwards25519 in extended coordinates, T = X Y / Z (RFC 8032, 5.1.4). */
export type EdwardsPoint = readonly [X: bigint, Y: bigint, Z: bigint, T: bigint];

// RFC 8032, 5.1.
const P = 2n ** 255n - 19n;
const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n;
const ROOT_OF_MINUS_ONE = 0x2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0n;

export const edwards25519: Curve<EdwardsPoint> = {
  zero: pointOf(0n, 1n),
  add,
  base: pointOf(
    0x216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51an,
    0x6666666666666666666666666666666666666666666666666666666666666658n,
  ),
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

function pointOf(x: bigint, y: bigint): EdwardsPoint {
  return [x, y, 1n, (x * y) % P];
}
