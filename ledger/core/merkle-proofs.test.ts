import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditPath, prefixProof, treeHash } from '../../test/reference/rfc6962.ts';
import { hex, utf8 } from './bytes.ts';
import { CompactRange } from './compact-range.ts';
import { EMPTY_ROOT, leafHash, nodeHash, verifyConsistency, verifyInclusion } from './merkle.ts';
import { consistencyProof, type HashReader, inclusionProof, treeRoot } from './merkle-proofs.ts';

const MAX = 200;
const entries = Array.from({ length: MAX }, (_, i) => utf8(`entry ${i}`));
const leaves = entries.map((entry) => leafHash(entry));
const roots = Array.from({ length: MAX + 1 }, (_, n) => treeHash(entries.slice(0, n)));

function readerOf(leafHashes: readonly Uint8Array[]): HashReader {
  const nodes = new Map(leafHashes.map((hash, index) => [`0/${index}`, hash]));
  const range = new CompactRange();
  for (const leaf of leafHashes) {
    range.append(leaf, (level, index, hash) => nodes.set(`${level}/${index}`, hash));
  }
  return (level, index) => {
    const hash = nodes.get(`${level}/${index}`);
    if (hash === undefined) throw new Error(`node ${level}/${index} is not complete`);
    return hash;
  };
}

const read = readerOf(leaves);

function at(hashes: readonly Uint8Array[], index: number): Uint8Array {
  return hashes[index] ?? EMPTY_ROOT;
}

describe('generated proofs', () => {
  it('have the roots of the reference', () => {
    expect(roots.map((_, size) => hex(treeRoot(size, read)))).toEqual(roots.map(hex));
  });

  it('verify for every leaf of every tree up to 200 leaves', () => {
    const failed: string[] = [];
    for (let size = 1; size <= MAX; size++) {
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(index, size, read);
        const claim = { index, size, leaf: at(leaves, index), proof, root: at(roots, size) };
        if (!verifyInclusion(claim).ok) failed.push(`${index} of ${size}`);
      }
    }
    expect(failed).toEqual([]);
  });

  it('verify for every pair of sizes up to 200', () => {
    const failed: string[] = [];
    for (let to = 1; to <= MAX; to++) {
      for (let from = 1; from <= to; from++) {
        const proof = consistencyProof(from, to, read);
        const claim = { from, to, fromRoot: at(roots, from), toRoot: at(roots, to), proof };
        if (!verifyConsistency(claim).ok) failed.push(`${from} to ${to}`);
      }
    }
    expect(failed).toEqual([]);
  });

  it('are hash for hash those of the reference, for every pair of small sizes', () => {
    for (let size = 1; size <= 40; size++) {
      const some = entries.slice(0, size);
      for (let index = 0; index < size; index++) {
        expect(inclusionProof(index, size, read).map(hex)).toEqual(auditPath(index, some).map(hex));
        expect(consistencyProof(index + 1, size, read).map(hex)).toEqual(
          prefixProof(index + 1, some).map(hex),
        );
      }
    }
  });

  it('are hash for hash those of the reference, for any pair of larger sizes', () => {
    const pair = fc
      .integer({ min: 41, max: MAX })
      .chain((size) => fc.tuple(fc.constant(size), fc.nat({ max: size - 1 })));
    fc.assert(
      fc.property(pair, ([size, index]) => {
        const some = entries.slice(0, size);
        expect(inclusionProof(index, size, read).map(hex)).toEqual(auditPath(index, some).map(hex));
        expect(consistencyProof(index + 1, size, read).map(hex)).toEqual(
          prefixProof(index + 1, some).map(hex),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('are empty from the empty tree and from the tree itself', () => {
    expect(consistencyProof(0, 9, read)).toEqual([]);
    expect(consistencyProof(9, 9, read)).toEqual([]);
    expect(inclusionProof(0, 1, read)).toEqual([]);
    expect(hex(treeRoot(0, read))).toBe(hex(EMPTY_ROOT));
  });

  it('stop at places that are not in the tree', () => {
    expect(() => inclusionProof(9, 9, read)).toThrow('leaf 9 is in a tree of 9 leaves');
    expect(() => inclusionProof(0.5, 9, read)).toThrow('0.5 is a count');
    expect(() => consistencyProof(10, 9, read)).toThrow('is a prefix of one of 9');
    expect(() => treeRoot(-1, read)).toThrow('-1 is a count');
  });
});

describe('trees of more than 2^32 leaves', () => {
  // Every leaf is the same, so a complete subtree is known by its level alone.
  const byLevel = [leafHash(utf8('same'))];
  for (let level = 1; level <= 53; level++) {
    const below = at(byLevel, level - 1);
    byLevel.push(nodeHash(below, below));
  }
  const uniform: HashReader = (level) => at(byLevel, level);
  const size = fc.integer({ min: 2 ** 32 - 3, max: Number.MAX_SAFE_INTEGER });

  it('prove any leaf', () => {
    const place = size.chain((n) => fc.tuple(fc.constant(n), fc.maxSafeNat()));
    fc.assert(
      fc.property(place, ([n, far]) => {
        const index = far % n;
        const proof = inclusionProof(index, n, uniform);
        const claim = { index, size: n, leaf: at(byLevel, 0), proof, root: treeRoot(n, uniform) };
        expect(verifyInclusion(claim)).toEqual({ ok: true });
      }),
    );
  });

  it('prove any prefix', () => {
    fc.assert(
      fc.property(size, size, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const proof = consistencyProof(from, to, uniform);
        const [fromRoot, toRoot] = [treeRoot(from, uniform), treeRoot(to, uniform)];
        expect(verifyConsistency({ from, to, fromRoot, toRoot, proof })).toEqual({ ok: true });
      }),
    );
  });
});
