import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { storeError } from './store/store-errors.ts';

/** The last checkpoint that a log has signed. */
export interface LastCheckpoint {
  readonly size: number;
  /** Root hash, 64 hex digits. */
  readonly root: string;
  readonly note: string;
}

/**
 * Where the last signed checkpoint of each log is kept, apart from the events' database: a restored old
 * backup of the events meets here what was published after it. On another disk or host, best of all.
 */
export interface CheckpointStore {
  fetch(origin: string): LastCheckpoint | undefined;
  /**
   * Compare-and-swap: replaces `expected` (by its note; undefined for none) with `next`. Durable when it
   * returns true; false, and nothing changed, when something else is there. After an error ask `fetch`.
   */
  replace(origin: string, expected: LastCheckpoint | undefined, next: LastCheckpoint): boolean;
  close(): void;
}

/** The store in a small SQLite file of its own. */
export class SqliteCheckpointStore implements CheckpointStore {
  readonly #db: Database.Database;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#db = new Database(path);
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = FULL');
    this.#db.exec(
      `CREATE TABLE IF NOT EXISTS last_checkpoint
       (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root TEXT NOT NULL, note TEXT NOT NULL)`,
    );
  }

  fetch(origin: string): LastCheckpoint | undefined {
    return this.#db
      .prepare<[string], LastCheckpoint>(
        'SELECT size, root, note FROM last_checkpoint WHERE origin = ?',
      )
      .get(origin);
  }

  replace(origin: string, expected: LastCheckpoint | undefined, next: LastCheckpoint): boolean {
    const { size, root, note } = next;
    try {
      const result =
        expected === undefined
          ? this.#db
              .prepare('INSERT OR IGNORE INTO last_checkpoint VALUES (?, ?, ?, ?)')
              .run(origin, size, root, note)
          : this.#db
              .prepare(
                'UPDATE last_checkpoint SET size = ?, root = ?, note = ? WHERE origin = ? AND note = ?',
              )
              .run(size, root, note, origin, expected.note);
      return result.changes === 1;
    } catch (error) {
      throw storeError(error);
    }
  }

  close(): void {
    this.#db.close();
  }
}

/** What a store of last checkpoints holds, by origin; nothing if there is no such file. Only reads. */
export function readLastCheckpoint(path: string): Map<string, LastCheckpoint> {
  if (!existsSync(path)) return new Map();
  const db = new Database(path, { readonly: true });
  try {
    const rows = db
      .prepare<[], LastCheckpoint & { origin: string }>('SELECT * FROM last_checkpoint')
      .all();
    return new Map(rows.map(({ origin, ...last }) => [origin, last]));
  } finally {
    db.close();
  }
}
