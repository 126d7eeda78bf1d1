import { mkdirSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseCheckpoint, type SignedCheckpoint } from '../core/checkpoint.ts';
import { Refusal } from '../core/refusal.ts';

/** Where the last cosigned checkpoint of a site lies. */
export function witnessedPath(dataDir: string, site: string): string {
  return join(dataDir, 'witnessed', `${site}.note`);
}

/**
 * The last checkpoint of a log that a quorum cosigned, in a file of its own: it can be had again, so
 * it is no part of the store, and writing it makes nobody wait.
 */
export class WitnessedFile {
  readonly #path: string;
  #writing: Promise<void> = Promise.resolve();
  #next: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** What it holds, not yet believed; undefined when there is nothing that can be read. */
  read(): SignedCheckpoint | undefined {
    try {
      return parseCheckpoint(readFileSync(this.#path, 'utf8'));
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      if (error instanceof Error && 'code' in error) return undefined;
      throw error;
    }
  }

  /** Soon holds the note; of notes that come while one is written only the last is. */
  write(note: string): void {
    const isIdle = this.#next === undefined;
    this.#next = note;
    if (isIdle) this.#writing = this.#writing.then(() => this.#writeNext());
  }

  /** Resolves when nothing is left to be written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  async #writeNext(): Promise<void> {
    const note = this.#next;
    this.#next = undefined;
    if (note === undefined) return;
    const draft = `${this.#path}.new`;
    try {
      mkdirSync(dirname(draft), { recursive: true });
      const file = await open(draft, 'w');
      try {
        await file.writeFile(note);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, this.#path);
    } catch {
      // A full disk: the note is served from memory, and the next round writes a newer one.
    }
  }
}
