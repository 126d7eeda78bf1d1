import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { PostgresBridge } from '../store/postgres/bridge.ts';
import { type CopiedTable, copyFromTable, copyToTable } from '../store/postgres/copy-table.ts';
import {
  DEADLINE_MS,
  type PostgresOptions,
  sqlErrorOf,
} from '../store/postgres/postgres-reader.ts';
import { PostgresRegistryStore } from './postgres-registry-store.ts';
import { REGISTRY_FILE, REGISTRY_TABLES } from './registry-store.ts';
import { SqliteRegistryStore } from './sqlite-registry-store.ts';

const COPIED: readonly CopiedTable[] = Object.entries(REGISTRY_TABLES).map(([name, columns]) => {
  return { inDatabase: name, inFile: name, columns };
});

/** From a database into the folder of a backup, as of one moment. */
export async function saveRegistry(options: PostgresOptions, folder: string): Promise<void> {
  const path = join(folder, REGISTRY_FILE);
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  await new SqliteRegistryStore(path).close();
  await between(options, path, async (bridge, db) => {
    bridge.run('bare', [{ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' }]);
    db.exec('BEGIN');
    for (const table of COPIED) await copyToTable(bridge, db, table);
    db.exec('COMMIT');
  });
}

/**
 * From the folder of a backup into a database; a backup from before there was any has none. What is in
 * the database already stays as it is, since it is no older.
 */
export async function putRegistry(options: PostgresOptions, folder: string): Promise<void> {
  const path = join(folder, REGISTRY_FILE);
  if (!existsSync(path)) return;
  await between(options, path, async (bridge, db) => {
    bridge.run('bare', [{ text: 'BEGIN' }]);
    const [known] = bridge.run('bare', [{ text: 'SELECT 1 FROM registry_records LIMIT 1' }]);
    if (known?.rows.length === 0) {
      for (const table of COPIED) await copyFromTable(db, bridge, table);
    }
    bridge.run('bare', [{ text: 'COMMIT' }]);
  });
}

async function between(
  options: PostgresOptions,
  path: string,
  copy: (bridge: PostgresBridge, db: Database.Database) => Promise<void>,
): Promise<void> {
  const maker = new PostgresRegistryStore(options);
  try {
    await maker.find('', '', '');
  } finally {
    await maker.close();
  }
  const bridge = new PostgresBridge(options.url, options.deadlineMs ?? DEADLINE_MS);
  const db = new Database(path);
  try {
    bridge.connect();
    await copy(bridge, db);
  } catch (error) {
    throw sqlErrorOf(error);
  } finally {
    db.close();
    bridge.close();
  }
}
