import type { CompactRangeState } from './core/compact-range.ts';
import { leafHash } from './core/merkle.ts';
import {
  consistencyProof,
  type HashReader,
  inclusionProof,
  treeRoot,
} from './core/merkle-proofs.ts';
import { hashesFromTiles, type TileReader } from './core/tile-hashes.ts';
import { encodeEntries, type HashTile, TILE_WIDTH, tileWidth } from './core/tiles.ts';
import type { StoreReader } from './store/port.ts';
import { sha256Bytes } from './writer/fast-hash.ts';

const LEVELS_A_TILE = 8;

/**
 * Bytes of a hash tile of a tree of `size` leaves; undefined when it has no such tile at exactly this
 * width. Level 0 is hashed from the commitments, the levels above are stored.
 */
export function hashTile(
  store: StoreReader,
  site: string,
  tile: Omit<HashTile, 'kind'>,
  size: number,
): Uint8Array | undefined {
  const { level, index, width } = tile;
  if (width < 1 || width > tileWidth(level, index, size)) return undefined;
  const from = index * TILE_WIDTH;
  if (level > 0) return store.nodes(site, level * LEVELS_A_TILE, from, from + width);
  const entries = store.commitments(site, from, from + width);
  const out = new Uint8Array(width * 32);
  for (let i = 0; i < width; i += 1) {
    out.set(leafHash(entries.subarray(i * 32, i * 32 + 32), sha256Bytes), i * 32);
  }
  return out;
}

/** Bytes of an entries tile: each commitment behind its length (C2SP tlog-tiles, "Log Entries"). */
export function entriesTile(
  store: StoreReader,
  site: string,
  tile: { readonly index: number; readonly width: number },
  size: number,
): Uint8Array | undefined {
  const { index, width } = tile;
  if (width < 1 || width > tileWidth(0, index, size)) return undefined;
  const from = index * TILE_WIDTH;
  const bytes = store.commitments(site, from, from + width);
  const entries = Array.from({ length: width }, (_, i) => bytes.subarray(i * 32, i * 32 + 32));
  return encodeEntries(entries);
}

/** Nodes of a site's tree of `size` leaves; tiles are read once, so use one reader for many proofs. */
export function treeReader(store: StoreReader, site: string, size: number): HashReader {
  const readTile: TileReader = (tile) => {
    const bytes = hashTile(store, site, tile, size);
    if (bytes === undefined) throw new Error(`tile ${tile.level}/${tile.index} is within the tree`);
    return bytes;
  };
  return hashesFromTiles(size, readTile, sha256Bytes);
}

export function proveInclusion(read: HashReader, index: number, size: number): Uint8Array[] {
  return [...inclusionProof(index, size, read, sha256Bytes)];
}

export function proveConsistency(read: HashReader, from: number, to: number): Uint8Array[] {
  return [...consistencyProof(from, to, read, sha256Bytes)];
}

/** Consistency proof between two sizes of the tree as it is stored. */
export function proveGrowth(
  store: StoreReader,
  site: string,
  from: number,
  to: number,
): Uint8Array[] {
  return proveConsistency(treeReader(store, site, to), from, to);
}

/** Root of the first `size` events; undefined when there are not so many. */
export function rootIfStored(
  store: StoreReader,
  site: string,
  size: number,
): Uint8Array | undefined {
  return size > store.size(site).leaves ? undefined : rootAt(store, site, size);
}

export function rootAt(store: StoreReader, site: string, size: number): Uint8Array {
  return treeRoot(size, treeReader(store, site, size), sha256Bytes);
}

/** The right border of the tree: its complete subtrees, the largest first, to go on growing from. */
export function treeBorder(store: StoreReader, site: string, size: number): CompactRangeState {
  const read = treeReader(store, site, size);
  const hashes: Uint8Array[] = [];
  let start = 0;
  for (let level = 52; level >= 0; level -= 1) {
    const width = 2 ** level;
    if (Math.floor(size / width) % 2 === 0) continue;
    hashes.push(read(level, start / width));
    start += width;
  }
  return { size, hashes };
}
