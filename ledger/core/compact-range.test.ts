import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treeHash } from '../../test/reference/rfc6962.ts';
import { hex, utf8 } from './bytes.ts';
import { CompactRange, type CompactRangeState } from './compact-range.ts';
import { leafHash } from './merkle.ts';
import { Refusal } from './refusal.ts';

const entries = Array.from({ length: 300 }, (_, i) => utf8(`entry ${i}`));
const leaves = entries.map((entry) => leafHash(entry));

function rangeOf(size: number): CompactRange {
  const range = new CompactRange();
  for (const leaf of leaves.slice(0, size)) range.append(leaf);
  return range;
}

describe('a compact range', () => {
  it('has the root of the reference at every size', () => {
    const range = new CompactRange();
    const roots = [hex(range.root())];
    for (const leaf of leaves) {
      range.append(leaf);
      roots.push(hex(range.root()));
    }
    expect(roots).toEqual([...entries, 0].map((_, n) => hex(treeHash(entries.slice(0, n)))));
    expect(range.size).toBe(300);
  });

  it('tells of every complete subtree once, with its place', () => {
    const range = new CompactRange();
    const told: string[] = [];
    for (const leaf of leaves.slice(0, 8)) {
      range.append(leaf, (level, index, hash) => told.push(`${level}/${index} ${hex(hash)}`));
    }
    const wanted = ['1/0', '1/1', '2/0', '1/2', '1/3', '2/1', '3/0'].map((place) => {
      const [level = 0, index = 0] = place.split('/').map(Number);
      const span = 2 ** level;
      return `${place} ${hex(treeHash(entries.slice(index * span, (index + 1) * span)))}`;
    });
    expect(told).toEqual(wanted);
  });

  it('tells the hash of a full tile at level 8, when its 256th leaf comes', () => {
    const range = new CompactRange();
    const told: { size: number; index: number; hash: string }[] = [];
    for (const leaf of leaves) {
      range.append(leaf, (level, index, hash) => {
        if (level === 8) told.push({ size: range.size, index, hash: hex(hash) });
      });
    }
    expect(told).toEqual([{ size: 255, index: 0, hash: hex(treeHash(entries.slice(0, 256))) }]);
  });

  it('goes on from a kept state as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.nat({ max: 150 }), fc.nat({ max: 149 }), (before, more) => {
        const restored = CompactRange.restore(rangeOf(before).state());
        for (const leaf of leaves.slice(before, before + more)) restored.append(leaf);
        expect(restored.state()).toEqual(rangeOf(before + more).state());
        expect(restored.equals(rangeOf(before + more))).toBe(true);
        expect(restored.equals(rangeOf(before + more + 1))).toBe(false);
      }),
    );
  });

  it('gives and takes states that its own growth does not change', () => {
    const range = rangeOf(6);
    const before = range.state();
    const restored = CompactRange.restore(before);
    range.append(leafHash(utf8('seventh')));
    restored.append(leafHash(utf8('another')));
    expect(before).toEqual(rangeOf(6).state());
  });

  it('forks: what is added to the one is not in the other', () => {
    const range = rangeOf(5);
    const fork = range.fork();
    fork.append(leafHash(utf8('given up')));
    expect([range.size, hex(range.root())]).toEqual([5, hex(treeHash(entries.slice(0, 5)))]);
    expect(fork.size).toBe(6);
  });

  it('is unchanged when the one who is told of a node fails', () => {
    const range = rangeOf(7);
    const before = range.state();
    expect(() =>
      range.append(leafHash(utf8('eighth')), () => {
        throw new Error('disk full');
      }),
    ).toThrow('disk full');
    expect(range.state()).toEqual(before);
  });

  it('counts beyond 32 bits', () => {
    const hash = leafHash(utf8('any'));
    const size = 2 ** 52 + 2 ** 33 + 1;
    const range = CompactRange.restore({ size, hashes: [hash, hash, hash] });
    const told: [number, number][] = [];
    range.append(hash, (level, index) => told.push([level, index]));
    expect(told).toEqual([[1, 2 ** 51 + 2 ** 32]]);
    expect([range.size, range.state().hashes.length]).toEqual([size + 1, 3]);
  });

  const hash = leafHash(utf8('any'));
  const bad: CompactRangeState[] = [
    { size: 3, hashes: [hash] },
    { size: 0, hashes: [hash] },
    { size: 1, hashes: [hash.subarray(1)] },
    { size: -1, hashes: [] },
    { size: 0.5, hashes: [hash] },
    { size: 2 ** 53, hashes: [hash] },
  ];
  it.each(bad)('refuses a kept state that cannot be: %o', (state) => {
    let refusal: unknown;
    try {
      CompactRange.restore(state);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code: 'bad-compact-range', params: { size: state.size } });
  });

  it('stops at a leaf that is not a hash', () => {
    expect(() => new CompactRange().append(new Uint8Array(31))).toThrow('32 bytes');
  });
});
