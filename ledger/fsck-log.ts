import { equalBytes, fromUtf8 } from './core/bytes.ts';
import { parseCheckpoint, type SignedCheckpoint, verifyCheckpoint } from './core/checkpoint.ts';
import { CompactRange } from './core/compact-range.ts';
import { leafHash } from './core/merkle.ts';
import { Refusal } from './core/refusal.ts';
import { parseVerifierKey, type VerifierKey } from './core/signed-note.ts';
import {
  decodeEntries,
  decodeHashTile,
  entriesPath,
  TILE_WIDTH,
  tilePath,
  tileWidth,
} from './core/tiles.ts';
import { type Finding, Findings } from './fsck/finding.ts';
import { nativePrimitives } from './native-primitives.ts';
import { sha256Bytes } from './writer/fast-hash.ts';

/** Bytes of a file below the log's prefix, such as `checkpoint`; undefined where there is none. */
export type ReadLogFile = (path: string) => Promise<Uint8Array | undefined>;

export interface LogReport {
  readonly origin: string;
  readonly size: number;
  /** Tiles of entries and hashes that were read. */
  readonly tiles: number;
  readonly findings: readonly Finding[];
  readonly ms: number;
}

/** Commitments are the entries of our logs. */
const ENTRY_BYTES = 32;

export interface LogQuestion {
  /**
   * Checkpoints that the log has shown to others: of a bill, of a witness, of an anchor. A log that was
   * forked is sound in itself; only they tell that it is not the one that it was.
   */
  readonly known?: readonly SignedCheckpoint[];
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Checks the public part of a log as anybody can: the checkpoint's signature, every entry, every hash
 * tile of every level, and the root; and that it continues the trees that are known of it (`log-behind`,
 * `log-forked`). Refuses `log-unreadable`, `known-not-signed` and what is no checkpoint.
 */
export async function fsckLog(
  read: ReadLogFile,
  vkey: string,
  { known = [], onProgress }: LogQuestion = {},
): Promise<LogReport> {
  const startedMs = performance.now();
  const note = await read('checkpoint');
  if (note === undefined) {
    throw new Refusal('log-unreadable', 'There is no checkpoint; name the prefix of a log.');
  }
  const checkpoint = parseCheckpoint(fromUtf8(note));
  const { size, root, origin } = checkpoint;
  const key = parseVerifierKey(vkey);
  refuseUnsigned(known, key);
  const check = new LogCheck(read, checkpoint, known);
  const signed = verifyCheckpoint(checkpoint, key, nativePrimitives());
  if (!signed.ok) check.found.add('checkpoint-invalid', signed.detail);
  const total = Math.ceil(size / TILE_WIDTH);
  for (let index = 0; index < total; index += 1) {
    await check.takeEntries(index);
    onProgress?.(index + 1, total);
  }
  await check.finish(root);
  const ms = Math.round(performance.now() - startedMs);
  return { origin, size, tiles: check.tiles, findings: check.found.list, ms };
}

/** What the log has not signed says nothing about it. */
function refuseUnsigned(known: readonly SignedCheckpoint[], key: VerifierKey): void {
  for (const checkpoint of known) {
    const signed = verifyCheckpoint(checkpoint, key, nativePrimitives());
    if (signed.ok) continue;
    const { size } = checkpoint;
    const what = `The known checkpoint of ${size} entries cannot be compared: ${signed.detail}`;
    throw new Refusal('known-not-signed', what, { size });
  }
}

class LogCheck {
  readonly found: Findings;
  tiles = 0;
  readonly #read: ReadLogFile;
  readonly #size: number;
  readonly #known: readonly SignedCheckpoint[];
  readonly #tree = new CompactRange(sha256Bytes);
  /** By tile level, the hashes that its next tile must hold. */
  readonly #levels: { index: number; hashes: Uint8Array[] }[] = [];

  constructor(
    read: ReadLogFile,
    { origin, size }: SignedCheckpoint,
    known: readonly SignedCheckpoint[],
  ) {
    this.#read = read;
    this.#size = size;
    this.#known = known;
    this.found = new Findings(origin);
    for (const tree of known) {
      if (tree.size <= size) continue;
      const detail = `The log ends at ${size} entries, but it has signed a tree of ${tree.size}.`;
      this.found.add('log-behind', detail);
    }
  }

  /** Grows the tree by a tile of entries, then compares every hash tile that this has filled. */
  async takeEntries(index: number): Promise<void> {
    for (const entry of await this.#entries(index)) {
      const leaf = leafHash(entry, sha256Bytes);
      this.#expect(0, leaf);
      this.#tree.append(leaf, (level, _, hash) => {
        if (level % 8 === 0) this.#expect(level / 8, hash);
      });
      this.#compareKnown();
    }
    for (const [level, { hashes }] of this.#levels.entries()) {
      if (hashes.length === TILE_WIDTH) await this.#compare(level);
    }
  }

  async finish(root: Uint8Array): Promise<void> {
    for (const [level, { hashes }] of this.#levels.entries()) {
      if (hashes.length > 0) await this.#compare(level);
    }
    if (equalBytes(this.#tree.root(), root)) return;
    this.found.add('checkpoint-root', 'The entries have another root than the checkpoint says.');
  }

  #compareKnown(): void {
    const { size } = this.#tree;
    for (const known of this.#known) {
      if (known.size !== size || equalBytes(known.root, this.#tree.root())) continue;
      const detail = `The first ${size} entries are not those of a checkpoint that the log has signed.`;
      this.found.add('log-forked', detail);
    }
  }

  /** What cannot be read counts as zeros, so that what depends on it is found to differ. */
  async #entries(index: number): Promise<readonly Uint8Array[]> {
    const width = tileWidth(0, index, this.#size);
    const bytes = await this.#tile(entriesPath(index, width));
    const nothing = () => Array.from({ length: width }, () => new Uint8Array(ENTRY_BYTES));
    if (bytes === undefined) return nothing();
    try {
      const entries = decodeEntries(bytes, width);
      if (entries.every(({ length }) => length === ENTRY_BYTES)) return entries;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    const detail = `${entriesPath(index, width)} does not hold ${width} entries of 32 bytes.`;
    this.found.add('entry-differs', detail, index * TILE_WIDTH);
    return nothing();
  }

  async #compare(level: number): Promise<void> {
    const state = this.#levels[level];
    if (state === undefined) return;
    const { index, hashes } = state;
    state.index += 1;
    state.hashes = [];
    const width = tileWidth(level, index, this.#size);
    const path = tilePath(level, index, width);
    const bytes = await this.#tile(path);
    if (bytes === undefined) return;
    const same =
      bytes.length === width * 32 &&
      decodeHashTile(bytes, width).every((hash, i) => equalBytes(hash, hashes[i] ?? hash));
    if (!same) this.found.add('tile-differs', `${path} does not follow from the entries.`);
  }

  #expect(level: number, hash: Uint8Array): void {
    while (this.#levels.length <= level) this.#levels.push({ index: 0, hashes: [] });
    this.#levels[level]?.hashes.push(hash);
  }

  async #tile(path: string): Promise<Uint8Array | undefined> {
    this.tiles += 1;
    const bytes = await this.#read(path);
    if (bytes === undefined) this.found.add('tile-missing', `${path} is not there.`);
    return bytes;
  }
}
