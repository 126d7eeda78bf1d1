import type { Database } from 'better-sqlite3';
import { refuseNewerSchema } from '../schema-version.ts';

/** Each entry moves the schema by one version and is never edited once released. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE sites (
    site TEXT PRIMARY KEY, origin TEXT NOT NULL UNIQUE, currency TEXT NOT NULL, zone TEXT NOT NULL,
    vkey TEXT NOT NULL, created_ms INTEGER NOT NULL,
    projected_leaf INTEGER NOT NULL DEFAULT 0, projected_record INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE segments (
    site TEXT NOT NULL, first_leaf INTEGER NOT NULL, first_record INTEGER NOT NULL,
    leaf_count INTEGER NOT NULL, record_count INTEGER NOT NULL,
    commitments BLOB NOT NULL, events BLOB NOT NULL, batches BLOB NOT NULL,
    PRIMARY KEY (site, first_leaf, first_record)
  );
  CREATE INDEX segments_by_record ON segments (site, first_record);
  CREATE TABLE nodes (
    site TEXT NOT NULL, level INTEGER NOT NULL, idx INTEGER NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (site, level, idx)
  ) WITHOUT ROWID;
  CREATE TABLE account_keys (
    site TEXT NOT NULL, account TEXT NOT NULL, year INTEGER NOT NULL, wrapped BLOB NOT NULL,
    PRIMARY KEY (site, account, year)
  ) WITHOUT ROWID;
  CREATE TABLE states (
    site TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY (site, kind, id)
  ) WITHOUT ROWID;
  CREATE TABLE balances (
    site TEXT NOT NULL, book TEXT NOT NULL, micros TEXT NOT NULL, PRIMARY KEY (site, book)
  ) WITHOUT ROWID;
  CREATE TABLE places (
    site TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, first INTEGER NOT NULL,
    count INTEGER NOT NULL, numbers BLOB NOT NULL, PRIMARY KEY (site, kind, id, first)
  ) WITHOUT ROWID;
  CREATE TABLE checkpoints (
    site TEXT NOT NULL, size INTEGER NOT NULL, note TEXT NOT NULL, at_ms INTEGER NOT NULL,
    PRIMARY KEY (site, size)
  ) WITHOUT ROWID;
  CREATE TABLE statements (
    site TEXT NOT NULL, id TEXT NOT NULL, account TEXT NOT NULL, period TEXT NOT NULL,
    n INTEGER NOT NULL, leaf INTEGER NOT NULL, PRIMARY KEY (site, id)
  ) WITHOUT ROWID;
  CREATE INDEX statements_by_account ON statements (site, account, id);
  CREATE TABLE idempotency (
    site TEXT NOT NULL, key TEXT NOT NULL, request_hash TEXT NOT NULL, response TEXT NOT NULL,
    at_ms INTEGER NOT NULL, PRIMARY KEY (site, key)
  ) WITHOUT ROWID;
  CREATE TABLE directory (
    site TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY (site, kind, id)
  ) WITHOUT ROWID;
  CREATE TABLE evidence (
    site TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL, doc TEXT NOT NULL,
    PRIMARY KEY (site, id)
  ) WITHOUT ROWID;
  `,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** Brings a database to this program's schema; refuses (`schema-newer`) one of a later program. */
export function migrate(db: Database): void {
  const found = Number(db.pragma('user_version', { simple: true }));
  refuseNewerSchema(found, SCHEMA_VERSION);
  for (const [i, statements] of MIGRATIONS.entries()) {
    if (i < found) continue;
    db.transaction(() => {
      db.exec(statements);
      db.pragma(`user_version = ${i + 1}`);
    })();
  }
}
