import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hex, utf8 } from './bytes.ts';
import { digestSha256 } from './sha256.ts';

const byPlatform = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

test('SHA-256 of the examples of FIPS 180-4 is as published', () => {
  const digests = [
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ] as const;
  for (const [text, expected] of digests) expect(hex(digestSha256(utf8(text)))).toBe(expected);
});

test("SHA-256 is the platform's for every length around the padding", () => {
  const data = Uint8Array.from({ length: 300 }, (_, i) => (i * 167 + 13) % 256);
  for (let length = 0; length <= data.length; length += 1) {
    const part = data.subarray(data.length - length);
    expect(hex(digestSha256(part))).toBe(byPlatform(part));
  }
});

test("SHA-256 is the platform's for any bytes, and keeps nothing of the call before", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 5 }), (all) => {
      const digests = all.map(digestSha256);
      expect(digests.map(hex)).toEqual(all.map(byPlatform));
    }),
  );
});
