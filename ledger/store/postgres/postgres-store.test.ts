import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { checkpointStoreContract } from '../../../test/ports/checkpoint-store-contract.ts';
import { storeContract } from '../../../test/ports/store-contract.ts';
import { PostgresServer } from '../../../test/support/postgres-server.ts';
import { SqliteReader } from '../sqlite/sqlite-reader.ts';
import { PostgresCheckpointStore } from './postgres-checkpoint-store.ts';
import { PostgresReader } from './postgres-reader.ts';
import { PostgresStore } from './postgres-store.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

storeContract('PostgreSQL', () => {
  const url = server.makeDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'billproof-copy-'));
  return {
    open: () => new PostgresStore({ url }),
    openReader: () => new PostgresReader({ url }),
    freePath: () => join(folder, 'copy.db'),
    openFile: (path) => new SqliteReader(path),
    remove: () => rmSync(folder, { recursive: true }),
  };
});

checkpointStoreContract('PostgreSQL', () => {
  const url = server.makeDatabase();
  return { open: () => new PostgresCheckpointStore({ url }), remove: () => undefined };
});
