import { assert } from './assert.ts';
import { equalBytes } from './bytes.ts';
import { EMPTY_ROOT, HASH_BYTES, nodeHash } from './merkle.ts';
import { type Sha256, sha256 } from './primitives.ts';
import { Refusal } from './refusal.ts';

/** Told of a complete subtree of 2^`level` leaves, the `index`-th on its level, level 0 excluded. */
export type NodeSink = (level: number, index: number, hash: Uint8Array) => void;

/** All that a growing tree has to remember. `hashes` are the complete subtrees, the largest first. */
export interface CompactRangeState {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

/**
 * The right border of a Merkle tree: one hash for each one-bit of its size. Appending costs one hash
 * on average, the root at most 53. Hashes handed in are kept, not copied: do not write to them.
 */
export class CompactRange {
  readonly #sha: Sha256;
  #hashes: Uint8Array[] = [];
  #size = 0;

  constructor(sha: Sha256 = sha256) {
    this.#sha = sha;
  }

  /** Continues from a kept state. Refusal `bad-compact-range` when the hashes do not fit the size. */
  static restore(state: CompactRangeState, sha: Sha256 = sha256): CompactRange {
    const { size, hashes } = state;
    const fits =
      Number.isSafeInteger(size) &&
      size >= 0 &&
      hashes.length === countOnes(size) &&
      hashes.every((hash) => hash.length === HASH_BYTES);
    if (!fits) {
      throw new Refusal(
        'bad-compact-range',
        `The kept hashes are not those of a tree of ${size} leaves; rebuild them from the tiles.`,
        { size },
      );
    }
    const range = new CompactRange(sha);
    range.#size = size;
    range.#hashes = [...hashes];
    return range;
  }

  get size(): number {
    return this.#size;
  }

  /** A copy of the border that later appends do not change. */
  state(): CompactRangeState {
    return { size: this.#size, hashes: [...this.#hashes] };
  }

  /** A second range that grows on its own, for leaves that may have to be given up. */
  fork(): CompactRange {
    return CompactRange.restore(this.state(), this.#sha);
  }

  /**
   * Adds a leaf hash. `onNode` hears of every subtree that this leaf completes, the smallest first;
   * those on levels 8, 16, 24… are the hashes of the higher tiles. When it throws, nothing was added.
   */
  append(leaf: Uint8Array, onNode?: NodeSink): void {
    assert(leaf.length === HASH_BYTES, 'a leaf hash has 32 bytes');
    assert(this.#size < Number.MAX_SAFE_INTEGER, 'the tree is full');
    let node = leaf;
    let index = this.#size;
    let kept = this.#hashes.length;
    for (let level = 1; index % 2 === 1; level++) {
      kept -= 1;
      node = nodeHash(this.#hashAt(kept), node, this.#sha);
      index = (index - 1) / 2;
      onNode?.(level, index, node);
    }
    this.#hashes.length = kept;
    this.#hashes.push(node);
    this.#size += 1;
  }

  /** Root of all leaves so far (RFC 6962 section 2.1). */
  root(): Uint8Array {
    const last = this.#hashes.length - 1;
    if (last < 0) return EMPTY_ROOT.slice();
    let node = this.#hashAt(last);
    for (let i = last - 1; i >= 0; i--) node = nodeHash(this.#hashAt(i), node, this.#sha);
    return node;
  }

  /** Whether both ranges stand for the same tree. */
  equals(other: CompactRange): boolean {
    return this.#size === other.#size && equalBytes(this.root(), other.root());
  }

  #hashAt(position: number): Uint8Array {
    const hash = this.#hashes[position];
    assert(hash !== undefined, 'the border has one hash for each one-bit of the size');
    return hash;
  }
}

function countOnes(n: number): number {
  let ones = 0;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}
