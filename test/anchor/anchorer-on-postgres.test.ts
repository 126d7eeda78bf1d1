import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Anchorer, type AnchorNews } from '../../ledger/anchor/anchorer.ts';
import type { AnchorChain } from '../../ledger/anchor/chain.ts';
import { PostgresAnchorStore } from '../../ledger/anchor/postgres-anchor-store.ts';
import { migratedDatabase } from '../support/migrated-database.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { type SignedLog, signedLog } from '../support/signed-log.ts';
import type { NetworkUnderTest } from './chain-contract.ts';
import { devnetUnderTest } from './fabric-networks.ts';
import { GrowingLog } from './growing-log.ts';

// Machines that take a log over from one another: each knows only what lies in the database.

let network: NetworkUnderTest;
let server: PostgresServer;
beforeAll(async () => {
  [network, server] = await Promise.all([devnetUnderTest(), PostgresServer.start()]);
});
afterAll(async () => {
  await Promise.all([network.stop(), server.stop()]);
});

let logs = 0;
let signed: SignedLog;
let log: GrowingLog;
let chain: AnchorChain;
let url: string;
let stores: PostgresAnchorStore[];
let news: AnchorNews[];

beforeEach(async () => {
  logs += 1;
  signed = signedLog(`postgres.test/${logs}`);
  log = new GrowingLog(signed);
  chain = await network.open(signed);
  url = migratedDatabase(server);
  stores = [];
  news = [];
  return async () => {
    chain.close();
    await Promise.all(stores.map((store) => store.close()));
  };
});

function open(): PostgresAnchorStore {
  const store = new PostgresAnchorStore({ url, deadlineMs: 5_000 });
  stores.push(store);
  return store;
}

/** An anchorer on another machine. */
function machine(parts: Partial<AnchorChain> = {}): Anchorer {
  const all: AnchorChain = {
    ...{ kind: chain.kind, name: chain.name, trusted: chain.trusted },
    head: (origin) => chain.head(origin),
    prepare: (task) => chain.prepare(task),
    submit: (prepared) => chain.submit(prepared),
    outcome: (prepared, patienceMs) => chain.outcome(prepared, patienceMs),
    receipt: (checkpoint) => chain.receipt(checkpoint),
    close: () => undefined,
    ...parts,
  };
  const tell = (item: AnchorNews) => news.push(item);
  return new Anchorer(log, { chain: all, store: open(), tell, nowMs: Date.now });
}

async function untilDone(anchorer: Anchorer): Promise<void> {
  for (let rounds = 0; rounds < 50; rounds += 1) if (await anchorer.round()) return;
  throw new Error(`not done: ${JSON.stringify(await anchorer.state())}`);
}

async function expectExactly(...sizes: readonly number[]): Promise<void> {
  const place = { site: log.site, chain: chain.name };
  const store = open();
  expect(await store.pending(place)).toBeUndefined();
  expect(await store.unconfirmed(place)).toEqual([]);
  const kept = await store.list(place, 1000, 100);
  expect(kept.map(({ size }) => size).reverse()).toEqual(sizes);
  for (const { size, note } of kept) {
    const receipt: unknown = JSON.parse(await store.receipt(place, size));
    expect(network.proves(receipt, note)).toBe(true);
  }
  const head = await chain.head(log.origin);
  expect(head?.size).toBe(sizes.at(-1));
}

test('each machine goes on where the one before has stopped, and rests', async () => {
  log.size = 3;
  expect(await machine().round()).toBe(true);
  log.size = 40;
  expect(await machine().round()).toBe(true);
  const third = machine();
  expect(await third.round()).toBe(true);
  expect(await third.state()).toMatchObject({ size: 40, lag: 0, network: 'development' });
  expect(log.confirmed.map(({ size }) => size)).toEqual([3, 40]);
  await expectExactly(3, 40);
  expect(news).toEqual([]);
});

test('a machine that ends between keeping and sending is finished by the next', async () => {
  log.size = 5;
  const dead = Promise.withResolvers<never>();
  const dying = machine({ submit: () => dead.promise });
  const last = dying.round();
  const store = open();
  const place = { site: log.site, chain: chain.name };
  await expect.poll(() => store.pending(place)).toMatchObject({ size: 5 });
  log.size = 9;
  await untilDone(machine());
  await expectExactly(5, 9);
  // It was only asleep: what it believes to be on its way is anchored by now.
  dead.reject(new Error('asleep for too long'));
  expect(await last).toBe(false);
  await untilDone(dying);
  await expectExactly(5, 9);
});

test('two machines that both believe to have the log make one anchor a checkpoint', async () => {
  const two = [machine(), machine()];
  for (const size of [2, 7, 20]) {
    log.size = size;
    await Promise.all(two.map((one) => one.round()));
    await Promise.all(two.map(untilDone));
  }
  await expectExactly(2, 7, 20);
});

test('a state that cannot be read is the last one that was, with the code of that', async () => {
  log.size = 3;
  const anchorer = machine();
  expect(await anchorer.round()).toBe(true);
  expect(await anchorer.state()).toMatchObject({ size: 3, code: undefined });
  server.kill();
  // A service that tells of it waits for a moment at most, however long the store does.
  await expect.poll(() => anchorer.state()).toMatchObject({ size: 3, code: 'store-unavailable' });
  expect(await anchorer.round()).toBe(false);
  await server.run();
  log.size = 4;
  await untilDone(anchorer);
  expect(await anchorer.state()).toMatchObject({ size: 4, lag: 0, code: undefined });
  await expectExactly(3, 4);
});
