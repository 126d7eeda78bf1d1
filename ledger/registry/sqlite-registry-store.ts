import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { storeError } from '../store/store-errors.ts';
import type {
  RegistryChange,
  RegistryPage,
  RegistryRecord,
  RegistryStore,
  SubjectKey,
} from './registry-store.ts';

const TABLES = `
  CREATE TABLE IF NOT EXISTS registry_records (site TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
    version INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (site, kind, id)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS registry_marks (site TEXT NOT NULL, kind TEXT NOT NULL, mark TEXT NOT NULL,
    value TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (site, kind, mark, value, id)) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS registry_marked ON registry_marks (site, kind, id);
  CREATE TABLE IF NOT EXISTS registry_keys (site TEXT NOT NULL, subject TEXT NOT NULL,
    wrapped BLOB NOT NULL, PRIMARY KEY (site, subject)) STRICT, WITHOUT ROWID;`;
/** What stands in place of a key that was erased. */
const ERASED = Buffer.alloc(0);

interface Row {
  readonly id: string;
  readonly version: number;
  readonly doc: string;
}

/** In a SQLite file beside the ledger's own, which its owner alone may read. */
export class SqliteRegistryStore implements RegistryStore {
  readonly #db: Database.Database;
  readonly #find: Database.Statement<[string, string, string], Row>;
  readonly #page: Database.Statement<[string, string, string, number], Row>;
  readonly #marked: Database.Statement<[string, string, string, string, string, number], Row>;
  readonly #put: Database.Statement<[string, string, string, number, string]>;
  readonly #remove: Database.Statement<[string, string, string]>;
  readonly #unmark: Database.Statement<[string, string, string]>;
  readonly #mark: Database.Statement<[string, string, string, string, string]>;
  readonly #key: Database.Statement<[string, string], SubjectKey>;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    const db = new Database(path);
    this.#db = db;
    chmodSync(path, 0o600);
    db.pragma('busy_timeout = 5000');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    // What is deleted is overwritten: an erased key is in no page that is free.
    db.pragma('secure_delete = ON');
    db.exec(TABLES);
    const own = 'WHERE site = ? AND kind = ?';
    const select = `SELECT id, version, doc FROM registry_records ${own}`;
    this.#find = db.prepare(`${select} AND id = ?`);
    this.#page = db.prepare(`${select} AND id > ? ORDER BY id LIMIT ?`);
    this.#marked = db.prepare(`SELECT r.id, r.version, r.doc FROM registry_marks m
      JOIN registry_records r ON r.site = m.site AND r.kind = m.kind AND r.id = m.id
      WHERE m.site = ? AND m.kind = ? AND m.mark = ? AND m.value = ? AND m.id > ?
      ORDER BY m.id LIMIT ?`);
    this.#put = db.prepare('INSERT OR REPLACE INTO registry_records VALUES (?, ?, ?, ?, ?)');
    this.#remove = db.prepare(`DELETE FROM registry_records ${own} AND id = ?`);
    this.#unmark = db.prepare(`DELETE FROM registry_marks ${own} AND id = ?`);
    this.#mark = db.prepare('INSERT OR IGNORE INTO registry_marks VALUES (?, ?, ?, ?, ?)');
    this.#key = db.prepare(
      'SELECT subject, wrapped FROM registry_keys WHERE site = ? AND subject = ?',
    );
  }

  async find(site: string, kind: string, id: string): Promise<RegistryRecord | undefined> {
    const row = ours(() => this.#find.get(site, kind, id));
    return row && recordIn(row);
  }

  async several(site: string, kind: string, ids: readonly string[]): Promise<RegistryRecord[]> {
    return ours(() => ids.flatMap((id) => this.#find.get(site, kind, id) ?? [])).map(recordIn);
  }

  async page(site: string, kind: string, page: RegistryPage): Promise<RegistryRecord[]> {
    const { mark, after = '', limit } = page;
    return ours(() => {
      return mark === undefined
        ? this.#page.all(site, kind, after, limit)
        : this.#marked.all(site, kind, mark[0], mark[1], after, limit);
    }).map(recordIn);
  }

  async write(site: string, changes: readonly RegistryChange[]): Promise<boolean> {
    return this.#transaction(() => {
      for (const { kind, id, was } of changes) {
        if ((this.#find.get(site, kind, id)?.version ?? 0) !== was) return false;
      }
      for (const change of changes) this.#apply(site, change);
      return true;
    });
  }

  async keepKeys(site: string, keys: readonly SubjectKey[]): Promise<SubjectKey[]> {
    const insert = this.#db.prepare('INSERT OR IGNORE INTO registry_keys VALUES (?, ?, ?)');
    this.#transaction(() => {
      for (const { subject, wrapped } of keys) insert.run(site, subject, wrapped);
    });
    return await this.keys(
      site,
      keys.map(({ subject }) => subject),
    );
  }

  async keys(site: string, subjects: readonly string[]): Promise<SubjectKey[]> {
    const found = ours(() => subjects.flatMap((subject) => this.#key.get(site, subject) ?? []));
    return found.filter(({ wrapped }) => wrapped.length > 0);
  }

  async eraseKey(site: string, subject: string): Promise<boolean> {
    const erased = this.#transaction(() => {
      const kept = this.#key.get(site, subject)?.wrapped;
      if (kept === undefined) return false;
      const remove = 'DELETE FROM registry_keys WHERE site = ? AND subject = ?';
      this.#db.prepare(remove).run(site, subject);
      this.#db.prepare('INSERT INTO registry_keys VALUES (?, ?, ?)').run(site, subject, ERASED);
      return kept.length > 0;
    });
    // No older copy of its page may stay in the log of changes.
    ours(() => this.#db.pragma('wal_checkpoint(TRUNCATE)'));
    return erased;
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #apply(site: string, { kind, id, was, doc, marks = [] }: RegistryChange): void {
    this.#unmark.run(site, kind, id);
    if (doc === undefined) {
      this.#remove.run(site, kind, id);
      return;
    }
    this.#put.run(site, kind, id, was + 1, JSON.stringify(doc));
    for (const [mark, value] of marks) this.#mark.run(site, kind, mark, value, id);
  }

  #transaction<T>(work: () => T): T {
    return ours(() => this.#db.transaction(work).immediate());
  }
}

function recordIn({ id, version, doc }: Row): RegistryRecord {
  return { id, version, doc: JSON.parse(doc) };
}

function ours<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeError(error);
  }
}
