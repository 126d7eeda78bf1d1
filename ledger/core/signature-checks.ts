import { edwards } from '@noble/curves/abstract/edwards.js';
import { weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { bytesToNumberBE, bytesToNumberLE } from '@noble/curves/utils.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { concat } from './bytes.ts';

/*
 * Verification only, over the library's curve arithmetic. The library's complete signature schemes
 * bring key generation, signing and encodings with them, 5 kB of the verification page that it
 * never runs. A test holds both functions against those schemes.
 */

/**
 * Ed25519 (RFC 8032, 5.1.7) with the strict rules: canonical encodings of both points, s below the
 * group order, no public key of small order; the cofactored equation. Throws on malformed points.
 */
export function checkEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const key = Edwards25519.fromBytes(publicKey, false);
  const commitment = Edwards25519.fromBytes(signature.subarray(0, 32), false);
  const response = bytesToNumberLE(signature.subarray(32));
  if (key.isSmallOrder() || response >= Edwards25519.Fn.ORDER) return false;
  const hashed = sha512(concat(signature.subarray(0, 32), publicKey, message));
  const challenge = Edwards25519.Fn.create(bytesToNumberLE(hashed));
  const expected = commitment.add(key.multiplyUnsafe(challenge));
  const found = Edwards25519.BASE.multiplyUnsafe(response);
  return expected.subtract(found).clearCofactor().is0();
}

/**
 * ECDSA over P-256 with SHA-256 (FIPS 186-5, 6.4.2), `publicKey` x || y, `signature` r || s; s may be
 * in either half of its range. Throws for a point that is not on the curve.
 */
export function checkP256(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 64 || signature.length !== 64) return false;
  const key = P256.fromBytes(concat(Uint8Array.of(4), publicKey));
  const r = bytesToNumberBE(signature.subarray(0, 32));
  const s = bytesToNumberBE(signature.subarray(32));
  const { Fn } = P256;
  if (!Fn.isValidNot0(r) || !Fn.isValidNot0(s)) return false;
  const inverse = Fn.inv(s);
  const u1 = Fn.mul(Fn.create(bytesToNumberBE(sha256(message))), inverse);
  const u2 = Fn.mul(r, inverse);
  const sum = P256.BASE.multiplyUnsafe(u1).add(key.multiplyUnsafe(u2));
  return !sum.is0() && Fn.create(sum.x) === r;
}

/** RFC 8032, 5.1. */
const Edwards25519 = edwards({
  p: 2n ** 255n - 19n,
  n: 2n ** 252n + 27742317777372353535851937790883648493n,
  h: 8n,
  a: 2n ** 255n - 20n,
  d: 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n,
  Gx: 0x216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51an,
  Gy: 0x6666666666666666666666666666666666666666666666666666666666666658n,
});

/** FIPS 186-5 and SP 800-186, 3.2.1.3. */
const P256 = weierstrass({
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  h: 1n,
  a: 0xffffffff00000001000000000000000000000000fffffffffffffffffffffffcn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  Gx: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  Gy: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
});
