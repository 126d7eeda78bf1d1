import { existsSync, renameSync, rmSync } from 'node:fs';
import { setImmediate as othersTurn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { is } from 'drizzle-orm';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { assert } from '../../core/assert.ts';
import { migrate } from '../sqlite/migrate.ts';
import * as schema from '../sqlite/schema.ts';
import { storeError } from '../store-errors.ts';
import { PostgresBridge } from './bridge.ts';
import { DEADLINE_MS, type PostgresOptions, sqlErrorOf } from './postgres-reader.ts';

const ROWS_AT_ONCE = 64;

/**
 * Copies all tables, as of one moment, into a new file of the SQLite store, over a connection of its
 * own. Tables and columns are the same in both. Nothing is left of a copy that failed.
 */
export async function copyToFile(options: PostgresOptions, path: string): Promise<void> {
  assert(!existsSync(path), 'a copy goes into a new file');
  const part = `${path}.part`;
  rmSync(part, { force: true });
  const bridge = new PostgresBridge(options.url, options.deadlineMs ?? DEADLINE_MS);
  const db = new Database(part);
  try {
    migrate(db);
    db.exec('BEGIN');
    bridge.connect();
    bridge.run('bare', [{ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' }]);
    for (const table of Object.values(schema)) {
      if (is(table, SQLiteTable)) await copyTable(bridge, db, table);
    }
    db.exec('COMMIT');
    db.close();
    renameSync(part, path);
  } catch (error) {
    db.close();
    rmSync(part, { force: true });
    throw storeError(sqlErrorOf(error));
  } finally {
    bridge.close();
  }
}

/** A page at a time, and between two of them whoever else wants the thread. */
async function copyTable(
  bridge: PostgresBridge,
  db: Database.Database,
  table: SQLiteTable,
): Promise<void> {
  const { name, columns } = getTableConfig(table);
  const names = columns.map((column) => column.name);
  const insert = db.prepare(
    `INSERT INTO ${name} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  );
  const select = `SELECT ${names.join(', ')} FROM ${name}`;
  bridge.run('bare', [{ text: `DECLARE copied CURSOR FOR ${select}` }]);
  for (;;) {
    const [page] = bridge.run('bare', [{ text: `FETCH ${ROWS_AT_ONCE} FROM copied` }]);
    if (page === undefined || page.rows.length === 0) break;
    for (const row of page.rows) insert.run(names.map((column) => row[column]));
    await othersTurn();
  }
  bridge.run('bare', [{ text: 'CLOSE copied' }]);
}
