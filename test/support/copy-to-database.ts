import Database from 'better-sqlite3';
import { is } from 'drizzle-orm';
import { getTableConfig, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { PostgresBridge } from '../../ledger/store/postgres/bridge.ts';
import type { SqlValue } from '../../ledger/store/postgres/bridge-messages.ts';
import { PostgresStore } from '../../ledger/store/postgres/postgres-store.ts';
import * as schema from '../../ledger/store/sqlite/schema.ts';

const ROWS_AT_ONCE = 200;

/** Copies a SQLite store that nobody writes to into an empty database: both have the same tables. */
export function copyToDatabase(path: string, url: string): void {
  new PostgresStore({ url }).close();
  const db = new Database(path, { readonly: true });
  const bridge = new PostgresBridge(url, 15_000);
  bridge.connect();
  for (const table of Object.values(schema)) {
    if (!is(table, SQLiteTable)) continue;
    const { name, columns } = getTableConfig(table);
    const names = columns.map((column) => column.name);
    const places = names.map((_, i) => `$${i + 1}`).join(', ');
    const text = `INSERT INTO ${name} (${names.join(', ')}) VALUES (${places})`;
    const select = db.prepare<[], SqlValue[]>(`SELECT ${names.join(', ')} FROM ${name}`).raw();
    const rows = select.all();
    for (let i = 0; i < rows.length; i += ROWS_AT_ONCE) {
      bridge.run(
        'write',
        rows.slice(i, i + ROWS_AT_ONCE).map((values) => ({ text, values })),
      );
    }
  }
  bridge.close();
  db.close();
}
