import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { is } from 'drizzle-orm';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { expect, it, onTestFinished } from 'vitest';
import { migrate, SCHEMA_VERSION } from './migrate.ts';
import * as schema from './schema.ts';
import { SqliteStore } from './sqlite-store.ts';

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
}

function freshDatabase(): Database.Database {
  const db = new Database(':memory:');
  onTestFinished(() => void db.close());
  return db;
}

function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-migrate-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'ledger.db');
}

it('makes exactly the tables, columns and keys of the schema', () => {
  const db = freshDatabase();
  migrate(db);
  const names = db
    .prepare<[], string>(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`)
    .pluck()
    .all();
  const made = names.map((name) => ({
    name,
    columns: db
      .prepare<[string], ColumnRow>('SELECT name, type, "notnull", pk FROM pragma_table_info(?)')
      .all(name)
      .map(({ name: column, type, notnull, pk }) => ({
        ...{ column, type: type.toLowerCase(), required: notnull === 1 || pk > 0 },
      })),
    key: db
      .prepare<[string], string>('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk')
      .pluck()
      .all(name),
    indexes: db
      .prepare<[string], string>(
        `SELECT name FROM pragma_index_list(?) WHERE origin = 'c' ORDER BY name`,
      )
      .pluck()
      .all(name)
      .map((index) => ({
        index,
        columns: db
          .prepare<[string], string>('SELECT name FROM pragma_index_info(?) ORDER BY seqno')
          .pluck()
          .all(index),
      })),
  }));
  const drawn = Object.values(schema)
    .filter((table) => is(table, SQLiteTable))
    .map((table) => {
      const { name, columns, primaryKeys, indexes } = getTableConfig(table);
      const own = columns.filter(({ primary }) => primary);
      const key = primaryKeys[0]?.columns ?? own;
      return {
        name,
        columns: columns.map((column) => ({
          ...{ column: column.name, type: column.getSQLType(), required: column.notNull },
        })),
        key: key.map((column) => column.name),
        indexes: indexes.map(({ config }) => ({
          index: config.name,
          columns: config.columns.map((column) => ('name' in column ? column.name : 'expression')),
        })),
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  expect(made).toEqual(drawn);
});

it('leaves a database of this version as it is', () => {
  const db = freshDatabase();
  migrate(db);
  const dump = () => db.prepare('SELECT name, sql FROM sqlite_master ORDER BY name').all();
  const before = dump();
  migrate(db);
  expect(dump()).toEqual(before);
  expect(db.pragma('user_version', { simple: true })).toBe(SCHEMA_VERSION);
});

it('refuses data of a later version and does not touch it', () => {
  const path = freshFile();
  const db = new Database(path);
  db.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
  db.close();
  expect(() => new SqliteStore(path)).toThrow(
    expect.objectContaining({
      code: 'schema-newer',
      params: { found: SCHEMA_VERSION + 1, expected: SCHEMA_VERSION },
    }),
  );
});

it('refuses a file that is no database', () => {
  const path = freshFile();
  writeFileSync(path, 'this is a shopping list, not a ledger\n'.repeat(50));
  expect(() => new SqliteStore(path)).toThrow(expect.objectContaining({ code: 'store-damaged' }));
});
