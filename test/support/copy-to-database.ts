import Database from 'better-sqlite3';
import { PostgresBridge } from '../../ledger/store/postgres/bridge.ts';
import { copyFromTable, LEDGER_TABLES } from '../../ledger/store/postgres/copy-table.ts';
import { PostgresStore } from '../../ledger/store/postgres/postgres-store.ts';

/** Copies a SQLite store that nobody writes to into an empty database. */
export async function copyToDatabase(path: string, url: string): Promise<void> {
  new PostgresStore({ url }).close();
  const db = new Database(path, { readonly: true });
  const bridge = new PostgresBridge(url, 15_000);
  bridge.connect();
  for (const table of LEDGER_TABLES) await copyFromTable(db, bridge, table);
  bridge.close();
  db.close();
}
