import { assert } from './assert.ts';
import { equalBytes } from './bytes.ts';
import { type Sha256, sha256 } from './primitives.ts';
import { type Failure, failure, VERIFIED, type Verification } from './verification.ts';

export const HASH_BYTES = 32;

/** Root of the tree without leaves: SHA-256 of nothing (RFC 6962 section 2.1). Never write to it. */
export const EMPTY_ROOT = sha256(new Uint8Array());

/** A leaf's place in a tree and the hashes beside its path, from the leaf's sibling upwards. */
export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  /** The leaf hash, not the entry. */
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

export interface ConsistencyClaim {
  readonly from: number;
  readonly to: number;
  readonly fromRoot: Uint8Array;
  readonly toRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** `SHA-256(0x00 || entry)` (RFC 6962 section 2.1). */
export function leafHash(entry: Uint8Array, sha: Sha256 = sha256): Uint8Array {
  const input = entry.length === HASH_BYTES ? leafInput : new Uint8Array(1 + entry.length);
  input.set(entry, 1);
  return sha(input);
}

/** `SHA-256(0x01 || left || right)` (RFC 6962 section 2.1). Both are 32 bytes. */
export function nodeHash(left: Uint8Array, right: Uint8Array, sha: Sha256 = sha256): Uint8Array {
  assert(left.length === HASH_BYTES && right.length === HASH_BYTES, 'a node has 32-byte children');
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return sha(nodeInput);
}

export function rootOf(entries: readonly Uint8Array[], sha: Sha256 = sha256): Uint8Array {
  return rootOfLeaves(
    entries.map((entry) => leafHash(entry, sha)),
    sha,
  );
}

/** Root over leaf hashes that are all in memory. A growing tree is a `CompactRange`. */
export function rootOfLeaves(leafHashes: readonly Uint8Array[], sha: Sha256 = sha256): Uint8Array {
  let level = leafHashes;
  // An odd last node goes up unhashed, which is the split at the largest power of two.
  while (level.length > 1) {
    const parents: Uint8Array[] = [];
    let left: Uint8Array | undefined;
    for (const node of level) {
      if (left === undefined) {
        left = node;
      } else {
        parents.push(nodeHash(left, node, sha));
        left = undefined;
      }
    }
    if (left !== undefined) parents.push(left);
    level = parents;
  }
  return level[0] ?? EMPTY_ROOT.slice();
}

/**
 * Whether `leaf` is the `index`-th leaf of the tree (RFC 9162 section 2.1.3.2).
 * Failures: `index-out-of-range`, `hash-length`, `proof-too-short`, `proof-too-long`, `root-mismatch`.
 */
export function verifyInclusion(claim: InclusionClaim, sha: Sha256 = sha256): Verification {
  const found = rootFromInclusion(claim.index, claim.size, claim.leaf, claim.proof, sha);
  if (!found.ok) return found;
  if (equalBytes(found.root, claim.root)) return VERIFIED;
  return failure(
    'root-mismatch',
    `The path of leaf ${claim.index} does not lead to the root of size ${claim.size}.`,
  );
}

/** The root that an inclusion path leads to, or why it leads to none. */
export function rootFromInclusion(
  index: number,
  size: number,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  sha: Sha256 = sha256,
): { readonly ok: true; readonly root: Uint8Array } | Failure {
  if (!isCount(index) || !isCount(size) || index >= size) {
    return failure('index-out-of-range', `Leaf ${index} is not in a tree of ${size} leaves.`);
  }
  if (leaf.length !== HASH_BYTES || !areHashes(proof)) return badHashLength();
  let node = leaf;
  let position = index;
  let last = size - 1;
  for (const sibling of proof) {
    if (last === 0) return tooLong();
    if (isOdd(position) || position === last) {
      node = nodeHash(sibling, node, sha);
      // Where the path runs along the right border, levels without a sibling are skipped.
      while (!isOdd(position)) {
        position /= 2;
        last = half(last);
      }
    } else {
      node = nodeHash(node, sibling, sha);
    }
    position = half(position);
    last = half(last);
  }
  return last === 0 ? { ok: true, root: node } : tooShort();
}

/**
 * Whether the tree of `from` leaves is a prefix of the tree of `to` leaves (RFC 9162 section
 * 2.1.4.2). The empty tree is a prefix of every tree and proves nothing, so `from` = 0 is a failure:
 * decide that case where it means something.
 * Failures: `size-order`, `empty-tree`, `hash-length`, `proof-too-short`, `proof-too-long`,
 * `from-root-mismatch`, `root-mismatch`.
 */
export function verifyConsistency(claim: ConsistencyClaim, sha: Sha256 = sha256): Verification {
  const { from, to, fromRoot, toRoot, proof } = claim;
  if (!isCount(from) || !isCount(to) || from > to) {
    return failure('size-order', `A tree of ${to} leaves cannot extend one of ${from}.`);
  }
  if (from === 0) {
    return failure('empty-tree', 'An empty tree is consistent with every tree and proves nothing.');
  }
  return verifyPrefix(0, from, to, fromRoot, toRoot, proof, sha);
}

/** `[start, end)` is a subtree when `start` is a multiple of the power of two that covers it. */
export interface SubtreeInclusionClaim {
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

export interface SubtreeConsistencyClaim {
  readonly start: number;
  readonly end: number;
  readonly size: number;
  readonly subtreeRoot: Uint8Array;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Whether `leaf` is at `index` of the subtree `[start, end)`, as in the Merkle tree certificates draft
 * of the IETF PLANTS group, section "Subtrees". Failures: `bad-subtree` and those of an inclusion.
 */
export function verifySubtreeInclusion(
  claim: SubtreeInclusionClaim,
  sha: Sha256 = sha256,
): Verification {
  const { index, start, end, leaf, proof, root } = claim;
  if (!isSubtree(start, end) || start === end) return badSubtree(start, end);
  return verifyInclusion({ index: index - start, size: end - start, leaf, proof, root }, sha);
}

/**
 * Whether the subtree `[start, end)` is part of the tree of `size` leaves (same draft). An empty
 * subtree is part of every tree. Failures: `bad-subtree` and those of a consistency.
 */
export function verifySubtreeConsistency(
  claim: SubtreeConsistencyClaim,
  sha: Sha256 = sha256,
): Verification {
  const { start, end, size, subtreeRoot, root, proof } = claim;
  if (!isSubtree(start, end)) return badSubtree(start, end);
  if (!isCount(size) || end > size) {
    return failure('size-order', `A tree of ${size} leaves does not reach leaf ${end}.`);
  }
  if (start < end) return verifyPrefix(start, end, size, subtreeRoot, root, proof, sha);
  if (proof.length > 0) return tooLong();
  if (equalBytes(subtreeRoot, EMPTY_ROOT)) return VERIFIED;
  return failure('from-root-mismatch', 'The root of the empty subtree is not the empty root.');
}

// Hashing is synchronous and keeps nothing, so one input buffer a shape serves every call.
const leafInput = new Uint8Array(1 + HASH_BYTES);
const nodeInput = new Uint8Array(1 + 2 * HASH_BYTES).fill(1, 0, 1);

/**
 * Walks from the last node of `[start, end)` to the root of `size` leaves and rebuilds both roots.
 * Positions reach 2^53, so they are halved and never shifted: JavaScript shifts 32 bits.
 */
function verifyPrefix(
  start: number,
  end: number,
  size: number,
  partRoot: Uint8Array,
  wholeRoot: Uint8Array,
  proof: readonly Uint8Array[],
  sha: Sha256,
): Verification {
  // The same tree: nothing is hashed, so the roots are compared as they are.
  if (start === 0 && end === size) {
    if (proof.length > 0) return tooLong();
    return equalBytes(partRoot, wholeRoot) ? VERIFIED : rootMismatch();
  }
  if (!areHashes([partRoot, wholeRoot]) || !areHashes(proof)) return badHashLength();
  let first = start;
  let position = end - 1;
  let last = size - 1;
  // Up to the root of the largest complete subtree that ends where the part ends.
  while (first !== position && (isOdd(position) || position === last)) {
    first = half(first);
    position = half(position);
    last = half(last);
  }
  // A part that is one complete subtree is its own seed and is left out of the proof.
  const seeded = first === position;
  const seed = seeded ? partRoot : proof[0];
  if (seed === undefined) return tooShort();
  let part = seed;
  let whole = seed;
  for (const sibling of seeded ? proof : proof.slice(1)) {
    if (last === 0) return tooLong();
    if (isOdd(position) || position === last) {
      if (first < position) part = nodeHash(sibling, part, sha);
      whole = nodeHash(sibling, whole, sha);
      while (!isOdd(position)) {
        first = half(first);
        position = half(position);
        last = half(last);
      }
    } else {
      whole = nodeHash(whole, sibling, sha);
    }
    first = half(first);
    position = half(position);
    last = half(last);
  }
  if (last !== 0) return tooShort();
  if (!equalBytes(part, partRoot)) {
    return failure(
      'from-root-mismatch',
      'The proof does not rebuild the root of the smaller tree.',
    );
  }
  return equalBytes(whole, wholeRoot) ? VERIFIED : rootMismatch();
}

function isCount(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0;
}

function isOdd(n: number): boolean {
  return n % 2 === 1;
}

function half(n: number): number {
  return Math.floor(n / 2);
}

function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === HASH_BYTES);
}

function isSubtree(start: number, end: number): boolean {
  if (!isCount(start) || !isCount(end) || start > end) return false;
  let cover = 1;
  while (cover < end - start) cover *= 2;
  return start % cover === 0;
}

function badSubtree(start: number, end: number): Failure {
  return failure('bad-subtree', `Leaves ${start} to ${end} are no subtree of a Merkle tree.`);
}

function badHashLength(): Failure {
  return failure('hash-length', 'A hash of the proof is not 32 bytes long.');
}

function rootMismatch(): Failure {
  return failure('root-mismatch', 'The proof does not rebuild the root of the larger tree.');
}

function tooShort(): Failure {
  return failure('proof-too-short', 'The proof ends before it reaches the root.');
}

function tooLong(): Failure {
  return failure('proof-too-long', 'The proof goes on after it has reached the root.');
}
