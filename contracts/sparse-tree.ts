import { assert } from '../ledger/core/assert.ts';
import { leafHash, nodeHash } from '../ledger/core/merkle.ts';
import type { HashReader } from '../ledger/core/merkle-proofs.ts';

/** Levels of the largest tree: sizes up to 2^53 - 1. */
const LEVELS = 53;

/**
 * A log as large as one likes without its leaves: all entries are zero but those at `marked`, which
 * hold their own index. Subtrees without a mark are known by their level alone.
 */
export function sparseTree(marked: readonly number[]): HashReader {
  const byLevel = [leafHash(sparseEntry(0, []))];
  for (let level = 1; level <= LEVELS; level++) {
    const below = hashAt(byLevel, level - 1);
    byLevel.push(nodeHash(below, below));
  }
  const known = new Map<string, Uint8Array>();
  const read: HashReader = (level, index) => {
    const [from, to] = [index * 2 ** level, (index + 1) * 2 ** level];
    if (!marked.some((place) => place >= from && place < to)) return hashAt(byLevel, level);
    const name = `${level}/${index}`;
    const hash =
      known.get(name) ??
      (level === 0
        ? leafHash(sparseEntry(index, marked))
        : nodeHash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1)));
    known.set(name, hash);
    return hash;
  };
  return read;
}

/** The 32 bytes of the entry at `index`. */
export function sparseEntry(index: number, marked: readonly number[]): Uint8Array {
  const entry = new Uint8Array(32);
  if (marked.includes(index)) {
    const view = new DataView(entry.buffer);
    view.setBigUint64(16, BigInt(index));
    view.setUint8(31, 1);
  }
  return entry;
}

function hashAt(hashes: readonly Uint8Array[], level: number): Uint8Array {
  const hash = hashes[level];
  assert(hash !== undefined, `a tree has no level ${level}`);
  return hash;
}
