import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { SampleLog } from '../../test/ports/sample-log.ts';
import { FaultyProxy } from '../../test/support/faulty-proxy.ts';
import { PostgresServer } from '../../test/support/postgres-server.ts';
import { PostgresStore } from '../store/postgres/postgres-store.ts';
import { Reading } from './reading.ts';
import { ReadingThread } from './reading-thread.ts';

const SITE = 'tower-a';
const ROW = { site: SITE, origin: `bills.example/log/${SITE}`, currency: 'CNY', zone: 'UTC' };
const MORTAL = new URL('../../test/support/mortal-reading-thread.ts', import.meta.url);
const SIGNED = { size: 10, note: 'a note', atMs: 7 };
const AWAY = { name: 'Error', code: 'store-unavailable' };

let server: PostgresServer;
let proxy: FaultyProxy;
let reading: Reading;

beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  const url = server.makeDatabase();
  const store = new PostgresStore({ url });
  const log = new SampleLog(SITE);
  store.createSite({ ...ROW, vkey: 'v' }, 1);
  store.commit([log.grow({ lead: 1, batches: [{ records: 6, events: 9 }] })], 1);
  store.addCheckpoint(SITE, SIGNED);
  store.close();
  proxy = await FaultyProxy.start(url);
  const location = { kind: 'postgres', url: proxy.url, deadlineMs: 1_000 } as const;
  reading = new Reading(new ReadingThread({ location, kek: new Uint8Array(32) }, MORTAL));
});
afterEach(async () => {
  await reading.close();
  await proxy.stop();
});

/** Until the connection that the reading has is lost, and none can be had. */
async function untilAway(): Promise<void> {
  const isAway = () =>
    reading.latest(SITE).then(
      () => false,
      () => true,
    );
  await vi.waitUntil(isAway, { timeout: 60_000 });
}

/** The end of an outage is not noticed in the same instant, and a busy machine may take its second. */
async function untilBack(): Promise<void> {
  const isBack = async () => expect(await reading.latest(SITE)).toEqual(SIGNED);
  await vi.waitFor(isBack, { timeout: 60_000 });
}

it('refuses who reads in an outage, stops nobody else, and reads again when it is over', async () => {
  await untilBack();
  server.kill();
  await untilAway();
  let turns = 0;
  const counter = setInterval(() => {
    turns += 1;
  }, 10);
  onTestFinished(() => clearInterval(counter));
  const askedAt = performance.now();
  const asked = Array.from({ length: 50 }, () => reading.hashTile(SITE, 0, 0, 10));
  const answers = await Promise.allSettled(asked);
  const tookMs = performance.now() - askedAt;
  // Each would wait for its own deadline if the thread did not tell all who wait.
  expect(answers).toMatchObject(asked.map(() => ({ status: 'rejected', reason: AWAY })));
  // This thread went on meanwhile: a look at the clock a second is little, on any machine.
  expect(turns).toBeGreaterThanOrEqual(Math.floor(tookMs / 1_000));
  await server.run();
  await vi.waitFor(async () => expect(await reading.hashTile(SITE, 0, 0, 10)).toHaveLength(320), {
    timeout: 60_000,
  });
});

it('begins in an outage, and reads when it is over', async () => {
  proxy.open(false);
  const [first, second] = await Promise.allSettled([reading.latest(SITE), reading.latest(SITE)]);
  expect([first, second]).toMatchObject([{ reason: AWAY }, { reason: AWAY }]);
  proxy.open(true);
  await untilBack();
});

it('refuses at once when ten thousand wait', async () => {
  proxy.open(false);
  const asked = Promise.allSettled(Array.from({ length: 10_000 }, () => reading.latest(SITE)));
  const tooMany = { ...AWAY, message: 'Too many wait for the database; ask again.' };
  await expect(reading.latest(SITE)).rejects.toMatchObject(tooMany);
  const reasons = new Set((await asked).map((one) => one.status === 'rejected' && one.reason.code));
  expect([...reasons]).toEqual([AWAY.code]);
  proxy.open(true);
  await untilBack();
});

it('closes in an outage, after it has answered whoever asked', async () => {
  proxy.open(false);
  const asked = Promise.allSettled([reading.latest(SITE), reading.latest(SITE)]);
  await reading.close();
  expect(await asked).toMatchObject([{ reason: AWAY }, { reason: AWAY }]);
  await expect(reading.latest(SITE)).rejects.toThrow('closed');
});

it('tells who waits that the thread has died, and starts another for who asks next', async () => {
  await untilBack();
  const asked = await Promise.allSettled([reading.latest('die'), reading.latest(SITE)]);
  expect(asked).toMatchObject([{ reason: AWAY }, { reason: AWAY }]);
  await untilBack();
  const last = Promise.allSettled([reading.latest('die')]);
  await reading.close();
  expect(await last).toMatchObject([{ reason: AWAY }]);
});

it('starts nothing when it is only closed', async () => {
  await reading.close();
  await reading.close();
  await expect(reading.latest(SITE)).rejects.toThrow('closed');
});
