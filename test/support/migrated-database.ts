import { PostgresBridge } from '../../ledger/store/postgres/bridge.ts';
import { migratePostgres } from '../../ledger/store/postgres/migrate.ts';
import type { PostgresServer } from './postgres-server.ts';

/** The URL of a database that a store of ours has been opened on once. */
export function migratedDatabase(server: PostgresServer): string {
  const url = server.makeDatabase();
  const bridge = new PostgresBridge(url, 10_000);
  bridge.connect();
  migratePostgres(bridge);
  bridge.close();
  return url;
}
