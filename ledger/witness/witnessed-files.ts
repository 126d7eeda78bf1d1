import { mkdirSync, readFileSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { parseCheckpoint, type SignedCheckpoint } from '../core/checkpoint.ts';
import { Refusal } from '../core/refusal.ts';
import { storeError } from '../store/store-errors.ts';
import { KEEP_EVERY_MS, type WitnessedCheckpoint, type WitnessedStore } from './witnessed-store.ts';

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
  readonly #db: Database.Database;
  readonly #keptMs = new Map<string, number>();
  /** One writes to a file at a time. */
  #writing: Promise<void> = Promise.resolve();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    const folder = join(dataDir, 'witnessed');
    mkdirSync(folder, { recursive: true });
    this.#db = new Database(join(folder, 'notes.db'));
    this.#db.pragma('journal_mode = WAL');
    this.#db.exec(
      `CREATE TABLE IF NOT EXISTS notes (site TEXT NOT NULL, size INTEGER NOT NULL,
         at_ms INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (site, size)) STRICT`,
    );
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

  async keep(site: string, { size, note }: WitnessedCheckpoint, nowMs: number): Promise<void> {
    try {
      if (nowMs - this.#lastKeptMs(site) < KEEP_EVERY_MS) return;
      const sql = 'INSERT OR IGNORE INTO notes VALUES (?, ?, ?, ?)';
      this.#db.prepare(sql).run(site, size, nowMs, note);
      this.#keptMs.set(site, nowMs);
    } catch (error) {
      throw storeError(error);
    }
  }

  async covering(site: string, size: number): Promise<WitnessedCheckpoint | undefined> {
    const sql = 'SELECT size, note FROM notes WHERE site = ? AND size >= ? ORDER BY size LIMIT 1';
    return this.#db.prepare<unknown[], WitnessedCheckpoint>(sql).get(site, size);
  }

  async close(): Promise<void> {
    await this.#writing;
    this.#db.close();
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

  #lastKeptMs(site: string): number {
    const known = this.#keptMs.get(site);
    if (known !== undefined) return known;
    const sql = 'SELECT max(at_ms) AS atMs FROM notes WHERE site = ?';
    const row = this.#db.prepare<[string], { atMs: number | null }>(sql).get(site);
    return row?.atMs ?? 0;
  }
}
