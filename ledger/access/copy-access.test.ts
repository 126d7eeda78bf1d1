import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PostgresServer } from '../../test/support/postgres-server.ts';
import { SampleLedger } from '../../test/support/sample-ledger.ts';
import { backup, restore } from '../backup.ts';
import type { AccessStore } from './access-store.ts';
import { putAccess, saveAccess } from './copy-access.ts';
import { PostgresAccessStore } from './postgres-access-store.ts';
import { SqliteAccessStore } from './sqlite-access-store.ts';

let server: PostgresServer;
let folder: string;
beforeAll(async () => {
  server = await PostgresServer.start();
  folder = mkdtempSync(join(tmpdir(), 'billproof-copy-access-'));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** More than one page of one kind, and another kind. */
const RECORDS = Array.from({ length: 1_001 }, (_, i) => {
  const id = String(i).padStart(4, '0');
  return { kind: i === 7 ? 'staff' : 'audit', id, was: 0, doc: { i } };
});

test('a backup of a database has every record, and goes into another database', async () => {
  const [one, two] = [server.makeDatabase(), server.makeDatabase()];
  await filled(new PostgresAccessStore({ url: one }));
  const out = join(folder, 'of-database');
  await saveAccess({ url: one }, out);
  expect(statSync(join(out, 'access.db')).mode & 0o777).toBe(0o600);
  await putAccess({ url: two }, out);
  expect(await contents(new PostgresAccessStore({ url: two }))).toEqual(expected());
});

test('what is in a database already stays', async () => {
  const url = server.makeDatabase();
  const kept = new PostgresAccessStore({ url });
  await kept.write([{ kind: 'staff', id: 'anna', was: 0, doc: { state: 'disabled' } }]);
  await kept.close();
  const from = join(folder, 'older');
  await filled(new SqliteAccessStore(join(from, 'access.db')));
  await putAccess({ url }, from);
  expect(await contents(new PostgresAccessStore({ url }))).toEqual([
    'staff anna {"state":"disabled"}',
  ]);
});

test('a backup from before there was any puts nothing', async () => {
  const url = server.makeDatabase();
  const from = join(folder, 'empty');
  mkdirSync(from);
  await putAccess({ url }, from);
  expect(await contents(new PostgresAccessStore({ url }))).toEqual([]);
});

test('a backup of a folder has the records, for its owner only, and puts them back', async () => {
  const sample = await SampleLedger.make();
  const { dataDir } = sample.options;
  await filled(new SqliteAccessStore(join(dataDir, 'access.db')));
  const [out, fresh] = [join(folder, 'of-folder'), join(folder, 'fresh')];
  await backup({ dataDir, out });
  restore({ from: out, dataDir: fresh });
  for (const dir of [out, fresh]) {
    expect(statSync(join(dir, 'access.db')).mode & 0o777).toBe(0o600);
  }
  expect(await contents(new SqliteAccessStore(join(fresh, 'access.db')))).toEqual(expected());
  await sample.remove();
});

test('a folder’s newer records stay when an older backup is put into it', async () => {
  const sample = await SampleLedger.make();
  const out = join(folder, 'older-folder');
  await filled(new SqliteAccessStore(join(sample.options.dataDir, 'access.db')));
  await backup({ dataDir: sample.options.dataDir, out });
  const target = join(folder, 'with-newer');
  const newer = new SqliteAccessStore(join(target, 'access.db'));
  await newer.write([{ kind: 'staff', id: 'anna', was: 0, doc: {} }]);
  await newer.close();
  restore({ from: out, dataDir: target });
  expect(await contents(new SqliteAccessStore(join(target, 'access.db')))).toEqual([
    'staff anna {}',
  ]);
  await sample.remove();
});

async function filled(store: AccessStore): Promise<void> {
  for (let i = 0; i < RECORDS.length; i += 400) {
    expect(await store.write(RECORDS.slice(i, i + 400))).toBe(true);
  }
  await store.close();
}

async function contents(store: AccessStore): Promise<string[]> {
  const found: string[] = [];
  for (const kind of await store.kinds()) {
    const records = await store.page(kind, { limit: 5_000 });
    found.push(...records.map(({ id, doc }) => `${kind} ${id} ${JSON.stringify(doc)}`));
  }
  await store.close();
  return found;
}

function expected(): string[] {
  const lines = RECORDS.map(({ kind, id, doc }) => `${kind} ${id} ${JSON.stringify(doc)}`);
  return lines.sort();
}
