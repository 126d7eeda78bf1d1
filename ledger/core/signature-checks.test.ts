import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js';
import { p256 } from '@noble/curves/nist.js';
import { bytesToNumberLE, hexToBytes } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { portable } from './primitives.ts';

const { Point } = ed25519;
const ORDER_25519 = 2n ** 252n + 27742317777372353535851937790883648493n;
const ORDER_P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const secret = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .filter((key) => key[0] !== 0xff && key[1] !== 0);
const message = fc.uint8Array({ maxLength: 100 });
/** A bit to flip in key, message or signature, or none. */
const damage = fc.option(fc.record({ part: fc.nat(2), bit: fc.nat(799) }), { nil: undefined });

function damaged(parts: readonly Uint8Array[], how: { part: number; bit: number } | undefined) {
  const copies = parts.map((part) => part.slice());
  const target = how === undefined ? undefined : copies[how.part];
  if (how !== undefined && target !== undefined && target.length > 0) {
    const at = Math.floor(how.bit / 8) % target.length;
    target[at] = (target[at] ?? 0) ^ (1 << (how.bit % 8));
  }
  return copies;
}

function number(value: bigint, littleEndian: boolean): Uint8Array {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) =>
    Number((value >> BigInt(8 * (31 - i))) & 255n),
  );
  return littleEndian ? bytes.reverse() : bytes;
}

describe('Ed25519', () => {
  test('agrees with the complete scheme of the library on whole and damaged signatures', () => {
    fc.assert(
      fc.property(secret, message, damage, (key, text, how) => {
        const parts = damaged([ed25519.getPublicKey(key), text, ed25519.sign(text, key)], how);
        const [publicKey = text, said = text, signature = text] = parts;
        const expected = verifies(() =>
          ed25519.verify(signature, said, publicKey, { zip215: false }),
        );
        expect(portable.verifyEd25519(publicKey, said, signature)).toBe(expected);
        if (how === undefined) expect(expected).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('refuses s + L, which the equation alone would accept', () => {
    const key = number(7n, false);
    const text = number(1n, false);
    const signature = ed25519.sign(text, key);
    const s = signature.slice(32).reduceRight((sum, byte) => (sum << 8n) + BigInt(byte), 0n);
    const forged = signature.slice();
    forged.set(number(s + ORDER_25519, true), 32);
    expect(portable.verifyEd25519(ed25519.getPublicKey(key), text, signature)).toBe(true);
    expect(portable.verifyEd25519(ed25519.getPublicKey(key), text, forged)).toBe(false);
  });

  test('refuses a key of small order, under which anything is signed', () => {
    const identity = number(1n, true);
    const signature = new Uint8Array(64);
    signature.set(identity);
    expect(portable.verifyEd25519(identity, number(1n, false), signature)).toBe(false);
  });

  test('agrees with the library where key and commitment have parts of small order', () => {
    const points = ED25519_TORSION_SUBGROUP.map((text) => Point.fromBytes(hexToBytes(text)));
    const scalar = fc.constantFrom(0n, 1n, ORDER_25519 - 1n, 2n ** 200n + 3n);
    const part = fc.constantFrom(...points);
    fc.assert(
      fc.property(scalar, scalar, part, part, fc.nat(1), (a, r, partOfKey, partOfR, error) => {
        const publicKey = Point.BASE.multiplyUnsafe(a).add(partOfKey).toBytes();
        const commitment = Point.BASE.multiplyUnsafe(r).add(partOfR).toBytes();
        const text = number(5n, false);
        const challenge = bytesToNumberLE(
          sha512(Uint8Array.of(...commitment, ...publicKey, ...text)),
        );
        const s = (r + challenge * a + BigInt(error)) % ORDER_25519;
        const signature = Uint8Array.of(...commitment, ...number(s, true));
        const expected = verifies(() =>
          ed25519.verify(signature, text, publicKey, { zip215: false }),
        );
        expect(portable.verifyEd25519(publicKey, text, signature)).toBe(expected);
        // The cofactored equation holds whatever the parts are.
        expect(expected).toBe(error === 0 && a !== 0n);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['a y that is not below the prime', 2n ** 255n - 18n],
    ['a negative zero', 2n ** 255n + 1n],
    ['a y that no point has', 2n],
  ])('refuses %s in key and commitment', (_, encoded) => {
    const key = number(7n, false);
    const text = number(1n, false);
    const signature = ed25519.sign(text, key);
    const publicKey = ed25519.getPublicKey(key);
    const forged = Uint8Array.of(...number(encoded, true), ...signature.slice(32));
    expect(portable.verifyEd25519(publicKey, text, forged)).toBe(false);
    expect(portable.verifyEd25519(number(encoded, true), text, signature)).toBe(false);
  });
});

describe('P-256', () => {
  test('agrees with the complete scheme of the library on whole and damaged signatures', () => {
    fc.assert(
      fc.property(secret, message, damage, (key, text, how) => {
        const whole = p256.sign(text, key, { lowS: false });
        const parts = damaged([p256.getPublicKey(key, false).slice(1), text, whole], how);
        const [publicKey = text, said = text, signature = text] = parts;
        const point = Uint8Array.of(4, ...publicKey);
        const expected = verifies(() => p256.verify(signature, said, point, { lowS: false }));
        expect(portable.verifyP256(publicKey, said, signature)).toBe(expected);
        if (how === undefined) expect(expected).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test('accepts both halves of s, as RFC 7518 3.4 does', () => {
    const key = number(9n, false);
    const text = number(2n, false);
    const signature = p256.sign(text, key, { lowS: false });
    const s = signature.slice(32).reduce((sum, byte) => (sum << 8n) + BigInt(byte), 0n);
    const other = signature.slice();
    other.set(number(ORDER_P256 - s, false), 32);
    const publicKey = p256.getPublicKey(key, false).slice(1);
    expect(portable.verifyP256(publicKey, text, signature)).toBe(true);
    expect(portable.verifyP256(publicKey, text, other)).toBe(true);
  });

  test.each([
    ['r = 0', 0n, 1n],
    ['s = 0', 1n, 0n],
    ['r = n', ORDER_P256, 1n],
    ['s = n', 1n, ORDER_P256],
  ])('refuses %s', (_, r, s) => {
    const publicKey = p256.getPublicKey(number(9n, false), false).slice(1);
    const signature = Uint8Array.of(...number(r, false), ...number(s, false));
    expect(portable.verifyP256(publicKey, number(2n, false), signature)).toBe(false);
  });

  test('refuses a key that is no point of the curve', () => {
    expect(
      portable.verifyP256(new Uint8Array(64), number(2n, false), new Uint8Array(64).fill(1)),
    ).toBe(false);
  });
});

function verifies(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}
