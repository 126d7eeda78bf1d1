import { assert } from './assert.ts';
import { EMPTY_ROOT, nodeHash } from './merkle.ts';
import { type Sha256, sha256 } from './primitives.ts';

/**
 * Hash of the `index`-th complete subtree of 2^`level` leaves. Proofs ask for complete subtrees only,
 * each at most once.
 */
export type HashReader = (level: number, index: number) => Uint8Array;

/** Path of leaf `index` in the tree of `size` leaves (RFC 6962 section 2.1.1), `index` < `size`. */
export function inclusionProof(
  index: number,
  size: number,
  read: HashReader,
  sha: Sha256 = sha256,
): Uint8Array[] {
  assertCount(index);
  assertCount(size);
  assert(index < size, `leaf ${index} is in a tree of ${size} leaves`);
  const proof: Uint8Array[] = [];
  let position = index;
  for (let span = 1; span < size; span *= 2) {
    const sibling = position % 2 === 0 ? position + 1 : position - 1;
    const start = sibling * span;
    if (start < size) proof.push(rangeRoot(start, Math.min(start + span, size), read, sha));
    position = Math.floor(position / 2);
  }
  return proof;
}

/**
 * Proof that the tree of `from` leaves is a prefix of that of `to` leaves (RFC 6962 section 2.1.2).
 * Empty when `from` is 0 or equals `to`.
 */
export function consistencyProof(
  from: number,
  to: number,
  read: HashReader,
  sha: Sha256 = sha256,
): Uint8Array[] {
  assertCount(from);
  assertCount(to);
  assert(from <= to, `a tree of ${from} leaves is a prefix of one of ${to}`);
  if (from === 0) return [];
  const proof: Uint8Array[] = [];
  let start = 0;
  let end = to;
  // SUBPROOF from the root down; what it emits is in the reverse order of the proof.
  while (from !== end) {
    const middle = start + largestPowerBelow(end - start);
    if (from <= middle) {
      proof.push(rangeRoot(middle, end, read, sha));
      end = middle;
    } else {
      proof.push(rangeRoot(start, middle, read, sha));
      start = middle;
    }
  }
  // The verifier knows the root of the smaller tree itself, so only a part of it has to be told.
  if (start > 0) proof.push(rangeRoot(start, end, read, sha));
  return proof.reverse();
}

/** Root of the first `size` leaves. */
export function treeRoot(size: number, read: HashReader, sha: Sha256 = sha256): Uint8Array {
  assertCount(size);
  return size === 0 ? EMPTY_ROOT.slice() : rangeRoot(0, size, read, sha);
}

/**
 * Root over leaves `[start, end)`, where `start` is a multiple of a power of two that covers the
 * range: complete subtrees from the largest to the smallest, folded from the right.
 */
function rangeRoot(start: number, end: number, read: HashReader, sha: Sha256): Uint8Array {
  const parts: Uint8Array[] = [];
  let level = 0;
  let span = 1;
  while (span * 2 <= end - start) {
    span *= 2;
    level += 1;
  }
  for (let from = start; from < end; span /= 2, level -= 1) {
    if (span > end - from) continue;
    parts.push(read(level, from / span));
    from += span;
  }
  return parts.reduceRight((right, left) => nodeHash(left, right, sha));
}

function largestPowerBelow(n: number): number {
  let power = 1;
  while (power * 2 < n) power *= 2;
  return power;
}

function assertCount(n: number): void {
  assert(Number.isSafeInteger(n) && n >= 0, `${n} is a count of leaves`);
}
