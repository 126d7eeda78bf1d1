import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { SiteBooks } from '../ledger/books/site-books.ts';
import { SqliteCheckpointStore } from '../ledger/checkpoint-store.ts';
import { Checkpointer } from '../ledger/checkpointer.ts';
import { formatTime, parseTime } from '../ledger/core/time.ts';
import { fsck } from '../ledger/fsck.ts';
import { PostgresCheckpointStore } from '../ledger/store/postgres/postgres-checkpoint-store.ts';
import { PostgresStore } from '../ledger/store/postgres/postgres-store.ts';
import { FAULTS, FaultyProxy } from './support/faulty-proxy.ts';
import { PostgresServer } from './support/postgres-server.ts';
import { ORIGIN, SITE } from './support/sample-ledger.ts';
import { WritingOffice } from './support/writing-office.ts';

const BEGIN = parseTime('2026-07-31T16:00:00.000Z');
const QUARTER_MS = 15 * 60_000;
const METERS = ['m-1', 'm-2'];

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

it('writes a ledger through lost connections in which fsck finds nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-postgres-ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const keysDir = join(folder, 'keys');
  mkdirSync(keysDir);
  const url = server.makeDatabase();
  const proxy = await FaultyProxy.start(url);
  onTestFinished(() => proxy.stop());
  const store = new PostgresStore({ url: proxy.url, deadlineMs: 5_000 });
  const office = new WritingOffice(store, keysDir);
  const { writer, device } = office;
  const last = new PostgresCheckpointStore({ url: server.makeDatabase() });
  office.open(METERS);
  const checkpointer = new Checkpointer(SITE, office.signer(), last, store);
  const faults = [FAULTS.none, FAULTS.cutBeforeCommit, FAULTS.loseAnswer, FAULTS.cutInCommit];
  let value = 100;
  for (let i = 0; i < 40; i += 1) {
    proxy.next(faults[i % faults.length] ?? FAULTS.none);
    office.nowMs = BEGIN + (i + 1) * QUARTER_MS;
    value += 25;
    const at = formatTime(BEGIN + i * QUARTER_MS);
    const reading = { at, value: (value / 100).toFixed(2) };
    office.send(device.batch(METERS.map((meter) => device.record({ meter, ...reading }))));
    if (i % 5 === 0) writer.projectAll();
    if (i % 7 === 0) store.compact(SITE);
    checkpointer.publish(office.tree(), office.nowMs);
  }
  writer.projectAll();
  expect(closingBalances(store)).toEqual(
    store.balances(SITE).filter(({ micros }) => micros !== 0n),
  );
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  const signed = last.fetch(ORIGIN);
  if (signed === undefined) throw new Error('a checkpoint was signed');
  const copied = new SqliteCheckpointStore(join(dataDir, 'last-checkpoint', 'checkpoints.db'));
  copied.replace(ORIGIN, undefined, signed);
  copied.close();
  await store.backup(join(dataDir, 'ledger.db'));
  const { findings, records, events } = await fsck({ dataDir, keysDir, threads: 1, deep: true });
  expect(findings).toEqual([]);
  expect(records).toBe(80);
  expect(events).toBe(office.tree().size);
  store.close();
  last.close();
});

/** What the general ledger adds up from the events in the database. */
function closingBalances(store: PostgresStore) {
  const books = new SiteBooks(store);
  while (!books.follow(SITE));
  return books
    .books(SITE, { from: '2026-07', to: '2026-09' }, { limit: 100 })
    .map(({ book, closing }) => ({ book, micros: closing }));
}
