import { readFileSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCheckpoint, type SignedCheckpoint } from '../core/checkpoint.ts';
import { Refusal } from '../core/refusal.ts';
import { storeError } from '../store/store-errors.ts';
import { WitnessedNotes } from './witnessed-notes.ts';
import type { WitnessedCheckpoint, WitnessedStore } from './witnessed-store.ts';

/** Where the last cosigned checkpoint of a site lies. */
export function witnessedPath(dataDir: string, site: string): string {
  return join(dataDir, 'witnessed', `${site}.note`);
}

/** The last cosigned checkpoint of a site, not yet believed; undefined when there is none to be read. */
export function readWitnessed(dataDir: string, site: string): SignedCheckpoint | undefined {
  try {
    return parseCheckpoint(readFileSync(witnessedPath(dataDir, site), 'utf8'));
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

/**
 * In the folder `witnessed` beside the ledger's own files: the last note of each site as a file that
 * others can fetch, those of the past in SQLite. One process writes.
 */
export class WitnessedFiles implements WitnessedStore {
  readonly #dataDir: string;
  readonly #notes: WitnessedNotes;
  /** One writes to a file at a time. */
  #writing: Promise<void> = Promise.resolve();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#notes = new WitnessedNotes(join(dataDir, 'witnessed', 'notes.db'));
  }

  async last(site: string): Promise<string | undefined> {
    try {
      return await readFile(witnessedPath(this.#dataDir, site), 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error) return undefined;
      throw error;
    }
  }

  async putLast(site: string, checkpoint: WitnessedCheckpoint): Promise<void> {
    const written = this.#writing.then(() => this.#writeLast(site, checkpoint));
    this.#writing = written.catch(() => undefined);
    await written;
  }

  async keep(site: string, checkpoint: WitnessedCheckpoint, nowMs: number): Promise<void> {
    this.#notes.keep(site, checkpoint, nowMs);
  }

  async covering(site: string, size: number): Promise<WitnessedCheckpoint | undefined> {
    return this.#notes.covering(site, size);
  }

  async close(): Promise<void> {
    await this.#writing;
    this.#notes.close();
  }

  async #writeLast(site: string, { size, note }: WitnessedCheckpoint): Promise<void> {
    if ((readWitnessed(this.#dataDir, site)?.size ?? 0) > size) return;
    const path = witnessedPath(this.#dataDir, site);
    const draft = `${path}.new`;
    try {
      const file = await open(draft, 'w');
      try {
        await file.writeFile(note);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    } catch (error) {
      throw storeError(error);
    }
  }
}
