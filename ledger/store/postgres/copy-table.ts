import { setImmediate as othersTurn } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { is } from 'drizzle-orm';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import * as schema from '../sqlite/schema.ts';
import type { PostgresBridge } from './bridge.ts';
import type { SqlValue } from './bridge-messages.ts';

/** A table that a database and a SQLite file both have. */
export interface CopiedTable {
  readonly inDatabase: string;
  readonly inFile: string;
  readonly columns: readonly string[];
  /** Columns that are `boolean` in the database, and 0 or 1 in the file. */
  readonly booleans?: readonly string[];
}

/** The tables of a ledger: the same in both. */
export const LEDGER_TABLES: readonly CopiedTable[] = Object.values(schema)
  .filter((table) => is(table, SQLiteTable))
  .map((table) => {
    const { name, columns } = getTableConfig(table);
    return { inDatabase: name, inFile: name, columns: columns.map((column) => column.name) };
  });

const ROWS_AT_ONCE = 64;

/**
 * Copies a table into a file, in a transaction of both. A page at a time, and between two of them whoever
 * else wants the thread.
 */
export async function copyToTable(
  bridge: PostgresBridge,
  db: Database.Database,
  { inDatabase, inFile, columns, booleans = [] }: CopiedTable,
): Promise<void> {
  const insert = db.prepare(
    `INSERT INTO ${inFile} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
  );
  const wanted = columns.map((name) =>
    booleans.includes(name) ? `${name}::int AS ${name}` : name,
  );
  const select = `SELECT ${wanted.join(', ')} FROM ${inDatabase}`;
  bridge.run('bare', [{ text: `DECLARE copied CURSOR FOR ${select}` }]);
  for (;;) {
    const [page] = bridge.run('bare', [{ text: `FETCH ${ROWS_AT_ONCE} FROM copied` }]);
    if (page === undefined || page.rows.length === 0) break;
    for (const row of page.rows) insert.run(columns.map((column) => row[column]));
    await othersTurn();
  }
  bridge.run('bare', [{ text: 'CLOSE copied' }]);
}

/** Copies a table of a file into a database, in a transaction of that one. What is there stays. */
export async function copyFromTable(
  db: Database.Database,
  bridge: PostgresBridge,
  { inDatabase, inFile, columns, booleans = [] }: CopiedTable,
): Promise<void> {
  const places = columns.map((name, i) =>
    booleans.includes(name) ? `$${i + 1}::int::boolean` : `$${i + 1}`,
  );
  const text = `INSERT INTO ${inDatabase} (${columns.join(', ')}) VALUES (${places.join(', ')})
    ON CONFLICT DO NOTHING`;
  const select = db.prepare<[], SqlValue[]>(`SELECT ${columns.join(', ')} FROM ${inFile}`).raw();
  let page: SqlValue[][] = [];
  const send = async () => {
    bridge.run(
      'bare',
      page.map((values) => ({ text, values })),
    );
    page = [];
    await othersTurn();
  };
  for (const row of select.iterate()) {
    page.push(row);
    if (page.length === ROWS_AT_ONCE) await send();
  }
  await send();
}
