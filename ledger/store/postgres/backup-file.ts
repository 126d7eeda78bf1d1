import { existsSync, renameSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { assert } from '../../core/assert.ts';
import { migrate } from '../sqlite/migrate.ts';
import { storeError } from '../store-errors.ts';
import { PostgresBridge } from './bridge.ts';
import { copyToTable, LEDGER_TABLES } from './copy-table.ts';
import { DEADLINE_MS, type PostgresOptions, sqlErrorOf } from './postgres-reader.ts';

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
    for (const table of LEDGER_TABLES) await copyToTable(bridge, db, table);
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
