import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditPath, prefixProof, subtreeProof, treeHash } from '../../test/reference/rfc6962.ts';
import { hex, utf8 } from './bytes.ts';
import {
  EMPTY_ROOT,
  type InclusionClaim,
  leafHash,
  nodeHash,
  rootFromInclusion,
  rootOf,
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from './merkle.ts';
import type { Verification } from './verification.ts';

// The reference recomputes whole trees, so the exhaustive part stays small here; the generated
// proofs of `merkle-proofs.test.ts` cover every pair up to 200.
const SMALL = 40;
const entries = Array.from({ length: SMALL }, (_, i) => utf8(`entry ${i}`));
const roots = Array.from({ length: SMALL + 1 }, (_, n) => treeHash(entries.slice(0, n)));

function leafAt(index: number): Uint8Array {
  return leafHash(entries[index] ?? new Uint8Array(0));
}

function rootAt(size: number): Uint8Array {
  return roots[size] ?? EMPTY_ROOT;
}

function codeOf(verdict: Verification): string {
  return verdict.ok ? 'verified' : verdict.code;
}

describe('hashes', () => {
  it('are those of RFC 6962: a leaf under 0x00, a node under 0x01', () => {
    expect(hex(leafHash(new Uint8Array(0)))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
    const leaf = leafHash(new Uint8Array(32).fill(7));
    expect(hex(leaf)).toBe(
      createHash('sha256')
        .update(Uint8Array.of(0))
        .update(new Uint8Array(32).fill(7))
        .digest('hex'),
    );
    expect(hex(nodeHash(leaf, EMPTY_ROOT))).toBe(
      createHash('sha256').update(Uint8Array.of(1)).update(leaf).update(EMPTY_ROOT).digest('hex'),
    );
  });

  it('use the SHA-256 that is passed in', () => {
    let calls = 0;
    const counted = (data: Uint8Array): Uint8Array => {
      calls += 1;
      return new Uint8Array(createHash('sha256').update(data).digest());
    };
    expect(hex(rootOf(entries.slice(0, 5), counted))).toBe(hex(rootAt(5)));
    expect(calls).toBe(9);
  });

  it('stop at a child that is not 32 bytes long', () => {
    expect(() => nodeHash(EMPTY_ROOT, new Uint8Array(31))).toThrow('32-byte children');
  });
});

describe('the root of entries', () => {
  it('agrees with the reference for every size', () => {
    const fast = roots.map((_, n) => hex(rootOf(entries.slice(0, n))));
    expect(fast).toEqual(roots.map(hex));
  });

  it('hands out an empty root that its reader may keep', () => {
    rootOf([]).fill(0);
    expect(hex(EMPTY_ROOT)).toBe(hex(treeHash([])));
  });
});

describe('an inclusion proof', () => {
  it('verifies for every leaf of every small tree, and for no other leaf of it', () => {
    for (let size = 1; size <= 24; size++) {
      for (let index = 0; index < size; index++) {
        const proof = auditPath(index, entries.slice(0, size));
        for (let other = 0; other < size; other++) {
          const claim = { index: other, size, leaf: leafAt(index), proof, root: rootAt(size) };
          expect(verifyInclusion(claim).ok).toBe(other === index);
        }
      }
    }
  });

  const size = 13;
  const good: InclusionClaim = {
    index: 6,
    size,
    leaf: leafAt(6),
    proof: auditPath(6, entries.slice(0, size)),
    root: rootAt(size),
  };
  const cases: [string, Partial<InclusionClaim>][] = [
    ['verified', {}],
    ['index-out-of-range', { index: 13 }],
    ['index-out-of-range', { index: -1 }],
    ['index-out-of-range', { index: 6.5 }],
    ['index-out-of-range', { index: Number.NaN }],
    ['index-out-of-range', { size: 2 ** 53 }],
    ['hash-length', { leaf: good.leaf.subarray(1) }],
    ['hash-length', { proof: good.proof.map((hash) => hash.subarray(0, 31)) }],
    ['proof-too-short', { proof: good.proof.slice(1) }],
    ['proof-too-long', { proof: [...good.proof, EMPTY_ROOT] }],
    ['root-mismatch', { proof: good.proof.toReversed() }],
    ['root-mismatch', { root: rootAt(12) }],
    ['root-mismatch', { root: new Uint8Array(0) }],
  ];
  it.each(cases)('is judged %s with %o', (code, change) => {
    expect(codeOf(verifyInclusion({ ...good, ...change }))).toBe(code);
  });

  it('works at the largest sizes, where 32-bit arithmetic would not', () => {
    const large = Number.MAX_SAFE_INTEGER;
    const proof = Array.from({ length: 53 }, () => EMPTY_ROOT);
    const first = rootFromInclusion(0, large, EMPTY_ROOT, proof);
    const later = rootFromInclusion(2 ** 32, large, EMPTY_ROOT, proof);
    expect([first.ok, later.ok]).toEqual([true, true]);
    expect(first.ok && later.ok && hex(first.root) === hex(later.root)).toBe(false);
    expect(rootFromInclusion(2 ** 32, large, EMPTY_ROOT, proof.slice(1))).toEqual({
      ok: false,
      code: 'proof-too-short',
      detail: 'The proof ends before it reaches the root.',
    });
  });
});

describe('a consistency proof', () => {
  it('verifies for every pair of small sizes, and with no other pair of roots', () => {
    for (let to = 1; to <= 24; to++) {
      for (let from = 1; from <= to; from++) {
        const proof = prefixProof(from, entries.slice(0, to));
        const claim = { from, to, fromRoot: rootAt(from), toRoot: rootAt(to), proof };
        expect(verifyConsistency(claim)).toEqual({ ok: true });
        expect(verifyConsistency({ ...claim, toRoot: rootAt(to + 1) }).ok).toBe(false);
        expect(verifyConsistency({ ...claim, fromRoot: rootAt(from - 1) }).ok).toBe(false);
      }
    }
  });

  const good = {
    from: 6,
    to: 13,
    fromRoot: rootAt(6),
    toRoot: rootAt(13),
    proof: prefixProof(6, entries.slice(0, 13)),
  };
  const cases: [string, Partial<typeof good>][] = [
    ['verified', {}],
    ['size-order', { from: 14 }],
    ['size-order', { from: -1 }],
    ['size-order', { to: 2 ** 53 }],
    ['empty-tree', { from: 0 }],
    ['hash-length', { fromRoot: good.fromRoot.subarray(1) }],
    ['hash-length', { proof: good.proof.map((hash) => hash.subarray(1)) }],
    ['proof-too-short', { proof: [] }],
    ['proof-too-short', { proof: good.proof.slice(0, -1) }],
    ['proof-too-long', { proof: [...good.proof, EMPTY_ROOT] }],
    ['proof-too-long', { from: 13, fromRoot: good.toRoot }],
    ['from-root-mismatch', { fromRoot: good.toRoot }],
    ['root-mismatch', { toRoot: good.fromRoot }],
    ['root-mismatch', { from: 13, proof: [] }],
  ];
  it.each(cases)('is judged %s with %o', (code, change) => {
    expect(codeOf(verifyConsistency({ ...good, ...change }))).toBe(code);
  });

  it('fails when any bit of it is flipped', () => {
    const bit = fc.record({
      hash: fc.nat({ max: good.proof.length - 1 }),
      byte: fc.nat({ max: 31 }),
      mask: fc.constantFrom(1, 2, 4, 8, 16, 32, 64, 128),
    });
    fc.assert(
      fc.property(bit, ({ hash, byte, mask }) => {
        const proof = good.proof.map((part) => part.slice());
        const target = proof[hash];
        if (target !== undefined) target[byte] = (target[byte] ?? 0) ^ mask;
        expect(verifyConsistency({ ...good, proof }).ok).toBe(false);
      }),
    );
  });
});

describe('a subtree', () => {
  it('holds its leaves at their places in the log', () => {
    const inside = entries.slice(8, 12);
    const claim = {
      index: 10,
      start: 8,
      end: 12,
      leaf: leafAt(10),
      proof: auditPath(2, inside),
      root: treeHash(inside),
    };
    expect(verifySubtreeInclusion(claim)).toEqual({ ok: true });
    expect(codeOf(verifySubtreeInclusion({ ...claim, start: 7 }))).toBe('bad-subtree');
    expect(codeOf(verifySubtreeInclusion({ ...claim, index: 7 }))).toBe('index-out-of-range');
  });

  it('is part of every tree that reaches its end, with its own root and no other', () => {
    for (let size = 1; size <= 20; size++) {
      const all = entries.slice(0, size);
      for (let end = 1; end <= size; end++) {
        for (let start = 0; start < end; start++) {
          let cover = 1;
          while (cover < end - start) cover *= 2;
          if (start % cover !== 0) continue;
          const subtreeRoot = treeHash(entries.slice(start, end));
          const proof = subtreeProof(start, end, all);
          const claim = { start, end, size, subtreeRoot, root: rootAt(size), proof };
          expect(verifySubtreeConsistency(claim)).toEqual({ ok: true });
          const wrong = { ...claim, subtreeRoot: EMPTY_ROOT };
          expect(verifySubtreeConsistency(wrong).ok).toBe(false);
        }
      }
    }
  });

  it('is judged by its borders and by the tree around it', () => {
    const empty = {
      start: 3,
      end: 3,
      size: 9,
      subtreeRoot: EMPTY_ROOT,
      root: rootAt(9),
      proof: [],
    };
    expect(codeOf(verifySubtreeConsistency(empty))).toBe('verified');
    expect(codeOf(verifySubtreeConsistency({ ...empty, end: 6 }))).toBe('bad-subtree');
    expect(codeOf(verifySubtreeConsistency({ ...empty, size: 2 }))).toBe('size-order');
    expect(codeOf(verifySubtreeConsistency({ ...empty, proof: [EMPTY_ROOT] }))).toBe(
      'proof-too-long',
    );
    expect(codeOf(verifySubtreeConsistency({ ...empty, subtreeRoot: rootAt(9) }))).toBe(
      'from-root-mismatch',
    );
  });
});
