import { equalBytes } from './core/bytes.ts';
import { parseCheckpoint, verifyCheckpoint } from './core/checkpoint.ts';
import { CompactRange } from './core/compact-range.ts';
import { leafHash } from './core/merkle.ts';
import { Refusal } from './core/refusal.ts';
import { parseVerifierKey } from './core/signed-note.ts';
import {
  decodeEntries,
  decodeHashTile,
  entriesPath,
  TILE_WIDTH,
  tilePath,
  tileWidth,
} from './core/tiles.ts';
import { Findings } from './fsck/finding.ts';
import type { FsckReport } from './fsck.ts';
import { nativePrimitives } from './native-primitives.ts';
import { sha256Bytes } from './writer/fast-hash.ts';

export interface FsckLogOptions {
  /** Verifier key of the log. */
  readonly vkey: string;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const TIMEOUT_MS = 30_000;
/** Largest answer that is a tile or a checkpoint, with room. */
const MAX_BYTES = 64 * 1024;

/**
 * Checks the public part of a log from outside: the checkpoint's signature, every entry, every hash
 * tile of every level, and the root. Refuses `log-unreachable`, and what parses as nothing of a log.
 */
export async function fsckLog(url: string, options: FsckLogOptions): Promise<FsckReport> {
  const startedMs = performance.now();
  const prefix = url.replace(/\/+$/, '');
  const key = parseVerifierKey(options.vkey);
  const note = new TextDecoder('utf-8', { fatal: true }).decode(await get(`${prefix}/checkpoint`));
  const checkpoint = parseCheckpoint(note);
  const { size, root, origin } = checkpoint;
  const found = new Findings(origin);
  const signed = verifyCheckpoint(checkpoint, key, nativePrimitives());
  if (!signed.ok) found.add(signed.code, signed.detail);
  const tree = new CompactRange(sha256Bytes);
  const levels = new TileLevels(prefix, size, found);
  const tiles = Math.ceil(size / TILE_WIDTH);
  for (let index = 0; index < tiles; index += 1) {
    const width = tileWidth(0, index, size);
    const entries = decodeEntries(await get(`${prefix}/${entriesPath(index, width)}`), width);
    for (const entry of entries) {
      if (entry.length !== 32) found.add('entry-length', `${entry.length} bytes.`, tree.size);
      const leaf = leafHash(entry, sha256Bytes);
      levels.expect(0, leaf);
      tree.append(leaf, (level, _, hash) => {
        if (level % 8 === 0) levels.expect(level / 8, hash);
      });
    }
    await levels.compareFull();
    options.onProgress?.(index + 1, tiles);
  }
  await levels.compareRest();
  if (!equalBytes(tree.root(), root)) found.add('root-differs', 'The entries have another root.');
  const ms = Math.round(performance.now() - startedMs);
  return { sites: 1, events: size, records: 0, findings: found.list, ms };
}

/** Hashes that each level's next tile must hold, compared with the served one when it is full. */
class TileLevels {
  readonly #prefix: string;
  readonly #size: number;
  readonly #found: Findings;
  readonly #levels: { index: number; hashes: Uint8Array[] }[] = [];

  constructor(prefix: string, size: number, found: Findings) {
    this.#prefix = prefix;
    this.#size = size;
    this.#found = found;
  }

  expect(level: number, hash: Uint8Array): void {
    while (this.#levels.length <= level) this.#levels.push({ index: 0, hashes: [] });
    this.#levels[level]?.hashes.push(hash);
  }

  async compareFull(): Promise<void> {
    for (const [level, { hashes }] of this.#levels.entries()) {
      if (hashes.length === TILE_WIDTH) await this.#compare(level);
    }
  }

  async compareRest(): Promise<void> {
    for (const [level, { hashes }] of this.#levels.entries()) {
      if (hashes.length > 0) await this.#compare(level);
    }
  }

  async #compare(level: number): Promise<void> {
    const state = this.#levels[level];
    if (state === undefined) return;
    const { index, hashes } = state;
    const width = tileWidth(level, index, this.#size);
    const path = tilePath(level, index, width);
    const served = decodeHashTile(await get(`${this.#prefix}/${path}`), width);
    if (!served.every((hash, i) => equalBytes(hash, hashes[i] ?? new Uint8Array(0)))) {
      this.#found.add('tile-differs', `${path} does not follow from the entries.`);
    }
    state.index += 1;
    state.hashes = [];
  }
}

async function get(url: string): Promise<Uint8Array> {
  let why: string;
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const length = Number(response.headers.get('content-length') ?? 0);
    if (response.ok && length <= MAX_BYTES) return new Uint8Array(await response.arrayBuffer());
    why = response.ok ? `${length} bytes` : `status ${response.status}`;
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  throw new Refusal('log-unreachable', `${url} cannot be read: ${why}.`, { url });
}
