import { sha512 as library } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hex, utf8 } from './bytes.ts';
import { sha512 } from './sha512.ts';

/** FIPS 180-4 examples, of NIST's "Cryptographic Standards and Guidelines". */
test.each([
  [
    'abc',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  ],
  [
    'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
    '8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909',
  ],
])('of %j', (text, expected) => {
  expect(hex(sha512(utf8(text)))).toBe(expected);
});

test('of every length up to three blocks it is what the library has', () => {
  for (let length = 0; length <= 3 * 128; length += 1) {
    const message = Uint8Array.from({ length }, (_, i) => (i * 167 + length) & 255);
    expect(hex(sha512(message))).toBe(hex(library(message)));
  }
});

test('of any bytes it is what the library has, and the bytes stay as they were', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1000 }), (message) => {
      const before = message.slice();
      expect(hex(sha512(message))).toBe(hex(library(message)));
      expect(message).toEqual(before);
    }),
  );
});

test('of a part of a buffer it covers that part alone', () => {
  const whole = Uint8Array.from({ length: 64 }, (_, i) => i);
  expect(hex(sha512(whole.subarray(10, 20)))).toBe(hex(library(whole.slice(10, 20))));
});
