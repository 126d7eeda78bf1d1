import { keccak_256 } from '@noble/hashes/sha3.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex, utf8 } from '../bytes.ts';
import { keccak256 } from './keccak256.ts';

describe('Keccak-256', () => {
  it.each([
    ['', 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'],
    ['abc', '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'],
    [
      'transfer(address,uint256)',
      'a9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b',
    ],
  ])('of %j is the published one', (text, hash) => {
    expect(hex(keccak256(utf8(text)))).toBe(hash);
  });

  it('is what another program says, at every length around the blocks', () => {
    for (let length = 0; length < 420; length += 1) {
      const message = Uint8Array.from({ length }, (_, i) => (7 * i + length) % 256);
      expect(hex(keccak256(message))).toBe(hex(keccak_256(message)));
    }
  });

  it('is what another program says, of anything', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1000 }), (message) => {
        expect(hex(keccak256(message))).toBe(hex(keccak_256(message)));
      }),
      { numRuns: 200 },
    );
  });
});
