import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { storeError } from '../store/store-errors.ts';
import type { AccessChange, AccessPage, AccessRecord, AccessStore } from './access-store.ts';

const TABLE = `CREATE TABLE IF NOT EXISTS access_records (kind TEXT NOT NULL, id TEXT NOT NULL,
  version INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID`;

interface Row {
  readonly id: string;
  readonly version: number;
  readonly doc: string;
}

/** In a SQLite file beside the ledger's own, which its owner alone may read. */
export class SqliteAccessStore implements AccessStore {
  readonly #db: Database.Database;
  readonly #find: Database.Statement<[string, string], Row>;
  readonly #page: Database.Statement<[string, string, string, number, string, number], Row>;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.#db = new Database(path);
    chmodSync(path, 0o600);
    this.#db.pragma('busy_timeout = 5000');
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = FULL');
    this.#db.exec(TABLE);
    const select = 'SELECT id, version, doc FROM access_records WHERE kind = ?';
    this.#find = this.#db.prepare(`${select} AND id = ?`);
    this.#page = this.#db.prepare(
      `${select} AND id > ? AND id >= ? AND substr(id, 1, ?) = ? ORDER BY id LIMIT ?`,
    );
  }

  async find(kind: string, id: string): Promise<AccessRecord | undefined> {
    const row = ours(() => this.#find.get(kind, id));
    return row && recordIn(row);
  }

  async page(kind: string, page: AccessPage): Promise<AccessRecord[]> {
    const { prefix = '', after = '', limit } = page;
    // As SQLite counts: code points, not UTF-16 units.
    const length = [...prefix].length;
    return ours(() => this.#page.all(kind, after, prefix, length, prefix, limit)).map(recordIn);
  }

  async write(changes: readonly AccessChange[]): Promise<boolean> {
    return ours(() =>
      this.#db
        .transaction(() => {
          for (const { kind, id, was } of changes) {
            if ((this.#find.get(kind, id)?.version ?? 0) !== was) return false;
          }
          for (const change of changes) this.#apply(change);
          return true;
        })
        .immediate(),
    );
  }

  async kinds(): Promise<string[]> {
    const sql = 'SELECT DISTINCT kind FROM access_records ORDER BY kind';
    return ours(() => this.#db.prepare<[], { kind: string }>(sql).all()).map(({ kind }) => kind);
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #apply({ kind, id, was, doc }: AccessChange): void {
    if (doc === undefined) {
      this.#db.prepare('DELETE FROM access_records WHERE kind = ? AND id = ?').run(kind, id);
      return;
    }
    this.#db
      .prepare('INSERT OR REPLACE INTO access_records VALUES (?, ?, ?, ?)')
      .run(kind, id, was + 1, JSON.stringify(doc));
  }
}

function recordIn({ id, version, doc }: Row): AccessRecord {
  return { id, version, doc: JSON.parse(doc) };
}

function ours<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeError(error);
  }
}
