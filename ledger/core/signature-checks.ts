import { concat, hex } from './bytes.ts';
import { inverse, sumOfMultiples } from './curve-arithmetic.ts';
import { decodePoint, edwards25519, isOfSmallOrder, negate } from './edwards25519.ts';
import { p256, pointAt, xOf } from './p256.ts';
import { digestSha256 } from './sha256.ts';
import { sha512 } from './sha512.ts';

/*
 * Both functions answer for bytes of any length and any value, and never throw. Tests hold them
 * against the complete schemes of an audited library, another implementation and foreign vectors.
 */

/**
 * Ed25519 (RFC 8032, 5.1.7) with the strict rules: canonical encodings of both points, s below the
 * group order, no public key of small order; the cofactored equation.
 */
export function checkEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const { base, order } = edwards25519;
  const key = decodePoint(littleEndian(publicKey));
  const commitment = decodePoint(littleEndian(signature.subarray(0, 32)));
  const s = littleEndian(signature.subarray(32));
  if (key === undefined || commitment === undefined || s >= order) return false;
  if (isOfSmallOrder(key)) return false;
  const hashed = sha512(concat(signature.subarray(0, 32), publicKey, message));
  const challenge = littleEndian(hashed) % order;
  const expected = sumOfMultiples(edwards25519, [s, base], [challenge, negate(key)]);
  return isOfSmallOrder(edwards25519.add(expected, negate(commitment)));
}

/**
 * ECDSA over P-256 with SHA-256 (FIPS 186-5, 6.4.2), `publicKey` x || y, `signature` r || s; s may be
 * in either half of its range.
 */
export function checkP256(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 64 || signature.length !== 64) return false;
  const { base, order } = p256;
  const key = pointAt(bigEndian(publicKey.subarray(0, 32)), bigEndian(publicKey.subarray(32)));
  const r = bigEndian(signature.subarray(0, 32));
  const s = bigEndian(signature.subarray(32));
  if (key === undefined || r === 0n || r >= order || s === 0n || s >= order) return false;
  const w = inverse(s, order);
  const u1 = (bigEndian(digestSha256(message)) * w) % order;
  const u2 = (r * w) % order;
  const x = xOf(sumOfMultiples(p256, [u1, base], [u2, key]));
  return x !== undefined && x % order === r;
}

function bigEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${hex(bytes)}`);
}

function littleEndian(bytes: Uint8Array): bigint {
  return bigEndian(Uint8Array.from(bytes).reverse());
}
