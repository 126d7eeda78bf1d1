import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { storeError } from '../store/store-errors.ts';
import { KEEP_EVERY_MS, type WitnessedCheckpoint } from './witnessed-store.ts';

/**
 * Cosigned checkpoints of the past, thinned out: they show by when others had seen what they hold. What is
 * lost here is lost for the dates only, so nobody waits for it.
 */
export class WitnessedNotes {
  readonly #db: Database.Database;
  readonly #lastMs = new Map<string, number>();

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#db = new Database(path);
    this.#db.pragma('journal_mode = WAL');
    this.#db.exec(
      `CREATE TABLE IF NOT EXISTS notes (site TEXT NOT NULL, size INTEGER NOT NULL,
         at_ms INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (site, size)) STRICT`,
    );
  }

  /** Keeps it, unless one was kept a moment ago. */
  keep(site: string, { size, note }: WitnessedCheckpoint, nowMs: number): void {
    try {
      if (nowMs - this.#lastOf(site) < KEEP_EVERY_MS) return;
      const sql = 'INSERT OR IGNORE INTO notes VALUES (?, ?, ?, ?)';
      this.#db.prepare(sql).run(site, size, nowMs, note);
      this.#lastMs.set(site, nowMs);
    } catch (error) {
      throw storeError(error);
    }
  }

  /** The smallest kept checkpoint with at least `size` events. */
  covering(site: string, size: number): WitnessedCheckpoint | undefined {
    const sql = 'SELECT size, note FROM notes WHERE site = ? AND size >= ? ORDER BY size LIMIT 1';
    return this.#db.prepare<unknown[], WitnessedCheckpoint>(sql).get(site, size);
  }

  close(): void {
    this.#db.close();
  }

  #lastOf(site: string): number {
    const known = this.#lastMs.get(site);
    if (known !== undefined) return known;
    const sql = 'SELECT max(at_ms) AS atMs FROM notes WHERE site = ?';
    const row = this.#db.prepare<[string], { atMs: number | null }>(sql).get(site);
    return row?.atMs ?? 0;
  }
}
