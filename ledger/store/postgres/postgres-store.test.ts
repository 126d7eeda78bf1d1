import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkpointStoreContract } from '../../../test/ports/checkpoint-store-contract.ts';
import { SampleLog } from '../../../test/ports/sample-log.ts';
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

const SITE = 'tower-a';
const ROW = { site: SITE, origin: 'o', currency: 'CNY', zone: 'UTC', vkey: 'v' };

it('has an erased key in no file of a table any more', () => {
  const url = server.makeDatabase();
  const store = new PostgresStore({ url });
  const wrapped = randomBytes(60);
  store.createSite(ROW, 1);
  const keys = [{ account: 'a-1', year: 2026, wrapped }];
  store.commit([new SampleLog(SITE).grow({ lead: 1, batches: [] }, { keys })], 1);
  const tables = join(server.folder, 'data', 'base');
  const holdsKey = () => {
    server.query('CHECKPOINT');
    return readdirSync(tables, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\/\d+$/.test(name))
      .some((name) => readFileSync(join(tables, name)).includes(wrapped));
  };
  expect(holdsKey()).toBe(true);
  expect(store.eraseAccountKey(SITE, 'a-1', 2026)).toBe(true);
  expect(holdsKey()).toBe(false);
  store.close();
});

it('copies to no place where something is, and leaves nothing of a copy that failed', async () => {
  const url = server.makeDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'billproof-copy-'));
  const store = new PostgresStore({ url });
  store.createSite(ROW, 1);
  const path = join(folder, 'copy.db');
  writeFileSync(path, 'mine');
  await expect(store.backup(path)).rejects.toThrow('assertion failed');
  server.query(`ALTER TABLE sites RENAME TO other`, url);
  await expect(store.backup(join(folder, 'second.db'))).rejects.toThrow();
  expect(readdirSync(folder)).toEqual(['copy.db']);
  store.close();
  rmSync(folder, { recursive: true });
});
