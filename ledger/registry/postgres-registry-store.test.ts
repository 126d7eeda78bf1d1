import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { registryStoreContract } from '../../test/ports/registry-store-contract.ts';
import { PostgresServer } from '../../test/support/postgres-server.ts';
import { putRegistry, saveRegistry } from './copy-registry.ts';
import { PostgresRegistryStore } from './postgres-registry-store.ts';
import type { RegistryStore } from './registry-store.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

registryStoreContract('PostgreSQL', () => {
  const url = server.makeDatabase();
  return { open: () => new PostgresRegistryStore({ url }), remove: () => undefined };
});

it('has an erased key in no file of a table any more', async () => {
  const store = new PostgresRegistryStore({ url: server.makeDatabase() });
  const wrapped = randomBytes(60);
  await store.keepKeys('tower', [{ subject: 't-1', wrapped }]);
  const tables = join(server.folder, 'data', 'base');
  const holdsKey = () => {
    server.query('CHECKPOINT');
    return readdirSync(tables, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\/\d+$/.test(name))
      .some((name) => readFileSync(join(tables, name)).includes(wrapped));
  };
  expect(holdsKey()).toBe(true);
  expect(await store.eraseKey('tower', 't-1')).toBe(true);
  expect(holdsKey()).toBe(false);
  await store.close();
});

it('goes into a backup and out of it into another database, where what is there stays', async () => {
  const [one, two] = [server.makeDatabase(), server.makeDatabase()];
  const folder = mkdtempSync(join(tmpdir(), 'billproof-registry-'));
  const store = new PostgresRegistryStore({ url: one });
  const changes = Array.from({ length: 200 }, (_, i) => {
    const marks = [['building', String(i % 2)] as const];
    return { kind: 'room', id: `r-${i}`, was: 0, doc: { i }, marks };
  });
  await store.write('tower', changes);
  await store.keepKeys('tower', [{ subject: 't-1', wrapped: Uint8Array.of(7) }]);
  const before = await contents(store);
  await saveRegistry({ url: one }, folder);
  await putRegistry({ url: two }, folder);
  const copied = new PostgresRegistryStore({ url: two });
  expect(await contents(copied)).toEqual(before);
  expect(before.keys.length + before.rooms.length).toBe(101);
  await copied.write('tower', [{ kind: 'room', id: 'r-1', was: 1, doc: { newer: true } }]);
  await copied.eraseKey('tower', 't-1');
  await putRegistry({ url: two }, folder);
  expect((await copied.find('tower', 'room', 'r-1'))?.doc).toEqual({ newer: true });
  expect(await copied.keys('tower', ['t-1'])).toEqual([]);
  await store.close();
  await copied.close();
  rmSync(folder, { recursive: true });
});

async function contents(store: RegistryStore) {
  const mark = ['building', '1'] as const;
  return {
    rooms: await store.page('tower', 'room', { mark, limit: 999 }),
    keys: await store.keys('tower', ['t-1']),
  };
}
