import { assert } from './assert.ts';
import { concat } from './bytes.ts';
import { HASH_BYTES } from './merkle.ts';
import { Refusal } from './refusal.ts';

/** Hashes in a full tile (C2SP tlog-tiles, "Merkle Tree"). */
export const TILE_WIDTH = 256;

/** A tile of 1 to 256 hashes: `index`-th on tile level `level`, which is tree level 8 × `level`. */
export interface HashTile {
  readonly kind: 'hashes';
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** The bundle of entries beside the `index`-th tile of level 0. */
export interface EntriesTile {
  readonly kind: 'entries';
  readonly index: number;
  readonly width: number;
}

/** `<N>` of a path: groups of three digits, all but the last with an x (1234067 -> x001/x234/067). */
export function tileIndexPath(index: number): string {
  assert(Number.isSafeInteger(index) && index >= 0, `${index} is the index of a tile`);
  let path = String(index % 1000).padStart(3, '0');
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
  }
  return path;
}

/** Path below the log's prefix, such as `tile/0/x001/234.p/17`. */
export function tilePath(level: number, index: number, width: number = TILE_WIDTH): string {
  assert(Number.isInteger(level) && level >= 0 && level <= 63, `${level} is a tile level`);
  return `tile/${level}/${tileIndexPath(index)}${widthSuffix(width)}`;
}

/** Path below the log's prefix, such as `tile/entries/x001/234.p/17`. */
export function entriesPath(index: number, width: number = TILE_WIDTH): string {
  return `tile/entries/${tileIndexPath(index)}${widthSuffix(width)}`;
}

/** Reads a path in its one spelling. Refusal `bad-tile-path`. */
export function parseTilePath(path: string): HashTile | EntriesTile {
  const [, tree = '', indexPath = '', partial] = TILE_PATH.exec(path) ?? [];
  const index = Number(indexPath.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? TILE_WIDTH : Number(partial);
  const canonical =
    indexPath !== '' && Number.isSafeInteger(index) && indexPath === tileIndexPath(index);
  if (!canonical || (partial !== undefined && width >= TILE_WIDTH)) throw badPath();
  if (tree === 'entries') return { kind: 'entries', index, width };
  const level = Number(tree);
  if (level > 63) throw badPath();
  return { kind: 'hashes', level, index, width };
}

/** Hashes that a tile holds in a tree of `size` leaves: 256, fewer at the right border, or 0. */
export function tileWidth(level: number, index: number, size: number): number {
  const onLevel = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, onLevel - index * TILE_WIDTH));
}

/**
 * The hash tiles that a tree of `to` leaves has and one of `from` leaves had not, or had narrower:
 * what has to be written before a checkpoint of size `to` is published. Lowest level first.
 */
export function* tilesBetween(from: number, to: number): Generator<HashTile> {
  assert(Number.isSafeInteger(to) && 0 <= from && from <= to, `${to} leaves extend ${from}`);
  for (let level = 0; to >= TILE_WIDTH ** level; level++) {
    const before = Math.floor(from / TILE_WIDTH ** level);
    const after = Math.floor(to / TILE_WIDTH ** level);
    if (before === after) continue;
    const first = Math.floor(before / TILE_WIDTH);
    for (let index = first; index * TILE_WIDTH < after; index++) {
      yield { kind: 'hashes', level, index, width: tileWidth(level, index, to) };
    }
  }
}

/** 1 to 256 hashes one after the other. */
export function encodeHashTile(hashes: readonly Uint8Array[]): Uint8Array {
  assert(hashes.length >= 1 && hashes.length <= TILE_WIDTH, 'a tile has 1 to 256 hashes');
  assert(
    hashes.every((hash) => hash.length === HASH_BYTES),
    'a hash has 32 bytes',
  );
  return concat(...hashes);
}

/** Views into `bytes`. Refusal `bad-tile` when they are not `width` hashes. */
export function decodeHashTile(bytes: Uint8Array, width: number): Uint8Array[] {
  if (bytes.length !== width * HASH_BYTES) {
    throw new Refusal(
      'bad-tile',
      `The tile has ${bytes.length} bytes, not ${width * HASH_BYTES}; fetch it again.`,
      { found: bytes.length, wanted: width * HASH_BYTES },
    );
  }
  return Array.from({ length: width }, (_, i) =>
    bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES),
  );
}

/** Each entry after its length as two bytes, big endian. Refusal `entry-too-long` above 65,535. */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  assert(entries.length >= 1 && entries.length <= TILE_WIDTH, 'a bundle has 1 to 256 entries');
  let length = 0;
  for (const entry of entries) {
    if (entry.length > 0xffff) {
      throw new Refusal(
        'entry-too-long',
        `An entry has ${entry.length} bytes; a log entry has at most 65535.`,
        { length: entry.length },
      );
    }
    length += 2 + entry.length;
  }
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const entry of entries) {
    view.setUint16(offset, entry.length);
    bytes.set(entry, offset + 2);
    offset += 2 + entry.length;
  }
  return bytes;
}

/** Views into `bytes`. Refusal `bad-entries` when they are not exactly `width` entries. */
export function decodeEntries(bytes: Uint8Array, width: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length && entries.length < width) {
    const start = offset + 2;
    if (start > bytes.length) throw badEntries(width);
    offset = start + view.getUint16(offset);
    if (offset > bytes.length) throw badEntries(width);
    entries.push(bytes.subarray(start, offset));
  }
  if (entries.length !== width || offset !== bytes.length) throw badEntries(width);
  return entries;
}

// Widths and groups are checked by writing the path again; here only the alphabet is.
const TILE_PATH = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

function widthSuffix(width: number): string {
  assert(Number.isInteger(width) && width >= 1 && width <= TILE_WIDTH, `${width} is a tile width`);
  return width === TILE_WIDTH ? '' : `.p/${width}`;
}

function badPath(): Refusal {
  return new Refusal(
    'bad-tile-path',
    'The path names no tile; paths look like tile/0/x001/234 or tile/entries/007.p/19.',
  );
}

function badEntries(width: number): Refusal {
  return new Refusal('bad-entries', `The bundle does not hold ${width} entries; fetch it again.`, {
    width,
  });
}
