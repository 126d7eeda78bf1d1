import { join } from 'node:path';
import { ACCESS_FILE, type AccessStore } from '../../ledger/access/access-store.ts';
import { SqliteAccessStore } from '../../ledger/access/sqlite-access-store.ts';
import type { DatabaseConfig } from '../config.ts';

/** Where the settings have it. The clients of a pool are loaded only for a database. */
export async function accessStore(settings: {
  readonly dataFolder: string;
  readonly database: Pick<DatabaseConfig, 'url' | 'deadlineMs'> | undefined;
}): Promise<AccessStore> {
  const { dataFolder, database } = settings;
  if (database === undefined) return new SqliteAccessStore(join(dataFolder, ACCESS_FILE));
  const { PostgresAccessStore } = await import('../../ledger/access/postgres-access-store.ts');
  return new PostgresAccessStore({ url: database.url, deadlineMs: database.deadlineMs });
}
