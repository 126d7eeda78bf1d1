import { keccak_256 } from '@noble/hashes/sha3.js';
import { describe, expect, it } from 'vitest';
import { concat, hex, u64be, utf8 } from '../bytes.ts';
import { originLength, originSlots, originWords, recordSlot, rootSlot } from './contract-state.ts';

const value = (word: Uint8Array) => BigInt(`0x${hex(word)}`);

describe('the storage of the contract', () => {
  it('has the root of a size where Solidity puts the value of a mapping', () => {
    const [key, slot] = [
      concat(new Uint8Array(24), u64be(300)),
      concat(new Uint8Array(24), u64be(4)),
    ];
    expect(rootSlot(300)).toEqual(keccak_256(concat(key, slot)));
  });

  it('has the record in the next slot, also where the number of the slot carries', () => {
    let carries = 0;
    for (let size = 1; size <= 1000; size += 1) {
      expect(value(recordSlot(size))).toBe(value(rootSlot(size)) + 1n);
      if (rootSlot(size).at(-1) === 0xff) carries += 1;
    }
    expect(carries).toBeGreaterThan(0);
  });

  it('has a short name in one slot, with twice its length', () => {
    expect(originSlots(31).map(value)).toEqual([5n]);
    const [word] = originWords('log');
    expect(hex(word ?? new Uint8Array(0))).toBe(`6c6f67${'00'.repeat(28)}06`);
    expect(originWords('l'.repeat(31)).map(hex)).toEqual([`${'6c'.repeat(31)}3e`]);
  });

  it('has a long name where the hash of its slot says, with twice its length and one', () => {
    const first = value(keccak_256(concat(new Uint8Array(24), u64be(5))));
    expect(originSlots(65).map(value)).toEqual([5n, first, first + 1n, first + 2n]);
    expect(originWords('l'.repeat(65)).map(hex)).toEqual([
      ...['83'.padStart(64, '0'), '6c'.repeat(32), '6c'.repeat(32)],
      '6c'.padEnd(64, '0'),
    ]);
    expect(originSlots(64)).toHaveLength(originWords('l'.repeat(64)).length);
    expect(originSlots(32)).toHaveLength(originWords('l'.repeat(32)).length);
  });

  it('tells how long the name is', () => {
    for (const length of [1, 31, 32, 33, 64, 255, 1000]) {
      const [head = new Uint8Array(0)] = originWords('l'.repeat(length));
      expect(originLength(head)).toBe(length);
    }
    expect(originLength(new Uint8Array(32))).toBe(0);
    const refused = expect.objectContaining({ code: 'ethereum-format' });
    expect(() => originLength(new Uint8Array(32).fill(255))).toThrowError(refused);
    expect(originWords('樓')[0]?.subarray(0, 3)).toEqual(utf8('樓'));
  });
});
