import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Devnet } from '../../chaincode/devnet/devnet.ts';
import type { Fault } from '../../chaincode/devnet/faults.ts';
import { Anchorer, type AnchorNews } from '../../ledger/anchor/anchorer.ts';
import type { AnchorChain } from '../../ledger/anchor/chain.ts';
import { SqliteAnchorStore } from '../../ledger/anchor/sqlite-anchor-store.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { connectAnchorClient } from '../support/anchor-client.ts';
import { type SignedLog, signedLog } from '../support/signed-log.ts';
import type { NetworkUnderTest } from './chain-contract.ts';
import { devnetUnderTest } from './fabric-networks.ts';
import { GrowingLog } from './growing-log.ts';

// What a network does to its clients, and what the anchorer makes of it: one anchor a checkpoint, always.

let network: NetworkUnderTest & { readonly devnet: Devnet };
const folder = mkdtempSync(join(tmpdir(), 'billproof-anchorer-'));
beforeAll(async () => {
  network = await devnetUnderTest();
});
afterAll(async () => {
  await network.stop();
  rmSync(folder, { recursive: true });
});

let logs = 0;
let signed: SignedLog;
let log: GrowingLog;
let chain: AnchorChain;
let store: SqliteAnchorStore;
let news: AnchorNews[];
let anchorer: Anchorer;

beforeEach(async () => {
  logs += 1;
  signed = signedLog(`anchorer.test/${logs}`);
  log = new GrowingLog(signed);
  chain = await network.open(signed);
  store = new SqliteAnchorStore(join(folder, `${logs}.db`));
  news = [];
  anchorer = anew();
  return () => {
    chain.close();
    return store.close();
  };
});

/** An anchorer that knows only what is stored, as after a start. */
function anew(): Anchorer {
  return new Anchorer(log, { chain, store, tell: (item) => news.push(item), nowMs: Date.now });
}

function place() {
  return { site: log.site, chain: chain.name };
}

/** Sizes that the chain holds, by asking for the receipt of each. */
async function anchoredSizes(): Promise<number[]> {
  const sizes: number[] = [];
  for (let size = 1; size <= log.size; size += 1) {
    const found = await chain.receipt(parseCheckpoint(signed.checkpoint(size))).then(
      () => true,
      () => false,
    );
    if (found) sizes.push(size);
  }
  return sizes;
}

/** As many rounds as it takes, each by an anchorer without memory. */
async function untilDone(): Promise<void> {
  for (let rounds = 0; rounds < 300; rounds += 1) {
    if (await anew().round()) return;
    await delay(100);
  }
  throw new Error(`not done: ${JSON.stringify(await anchorer.state())}`);
}

async function expectExactly(sizes: readonly number[]): Promise<void> {
  expect(await store.pending(place())).toBeUndefined();
  const kept = await store.list(place(), 1000, 100);
  expect(kept.map(({ size }) => size)).toEqual([...sizes].reverse());
  expect(log.confirmed.map(({ size }) => size).sort((a, b) => a - b)).toEqual(sizes);
  for (const { size, note } of log.confirmed) {
    const receipt: unknown = JSON.parse(await store.receipt(place(), size));
    expect(network.proves(receipt, note)).toBe(true);
  }
}

test('anchors the newest checkpoint, covers what was missed, and rests', async () => {
  expect(await anchorer.round()).toBe(true);
  log.size = 3;
  expect(await anchorer.round()).toBe(true);
  log.size = 40;
  expect(await anchorer.state()).toMatchObject({ size: 3, lag: 37 });
  expect(await anchorer.round()).toBe(true);
  const { height } = network.devnet;
  expect(await anchorer.round()).toBe(true);
  expect(network.devnet.height).toBe(height);
  expect(await anchoredSizes()).toEqual([3, 40]);
  await expectExactly([3, 40]);
  expect(await anchorer.state()).toMatchObject({ size: 40, lag: 0, network: 'development' });
  expect(await store.covering(place(), 4)).toMatchObject({ size: 40 });
  expect(await store.covering(place(), 41)).toBeUndefined();
  expect(news).toEqual([]);
});

test('tells how old what is not anchored may be, also while the log never rests', async () => {
  let nowMs = 1_000_000;
  const timed = new Anchorer(log, { chain, store, tell: () => {}, nowMs: () => nowMs });
  const at = async (ms: number) => {
    nowMs = ms;
    const { lag, lagMs } = await timed.state();
    return { lag, lagMs };
  };
  log.size = 3;
  expect(await at(1_000_000)).toEqual({ lag: 3, lagMs: 0 });
  expect(await at(1_000_500)).toEqual({ lag: 3, lagMs: 500 });
  expect(await timed.round()).toBe(true);
  expect(await at(1_060_000)).toEqual({ lag: 0, lagMs: 0 });
  log.size = 5;
  expect(await at(1_061_000)).toEqual({ lag: 2, lagMs: 1_000 });
  expect(await timed.round()).toBe(true);
  log.size = 6;
  expect(await at(1_121_000)).toEqual({ lag: 1, lagMs: 60_000 });
  expect(await timed.round()).toBe(true);
  log.size = 7;
  expect(await at(1_121_500)).toEqual({ lag: 1, lagMs: 500 });
});

describe('one anchor, whatever the network does', () => {
  const faults: readonly Fault[] = [
    { kind: 'submit-error' },
    { kind: 'commit-late', ms: 300 },
    { kind: 'submit-lost' },
    { kind: 'ordered-twice' },
    { kind: 'leader-dead', ms: 300 },
    { kind: 'status-lost' },
    { kind: 'chaincode-gone', ms: 500 },
    { kind: 'payloads-differ' },
    { kind: 'stale-reads' },
    { kind: 'other-root', peers: 'one' },
    { kind: 'other-root', peers: 'all' },
    { kind: 'other-transaction' },
  ];
  for (const fault of faults) {
    test(JSON.stringify(fault), async () => {
      log.size = 5;
      await untilDone();
      log.size = 9;
      network.devnet.fault(fault);
      await untilDone();
      await expectExactly(await anchoredSizes());
      expect((await store.newest(place()))?.size).toBe(9);
    });
  }
});

test('tells after a start how old the newest anchor is, by a clock that counts from anywhere', async () => {
  log.size = 3;
  await untilDone();
  log.size = 4;
  await delay(60);
  const nowMs = () => Math.round(performance.now());
  const restarted = new Anchorer(log, { chain, store, tell: () => undefined, nowMs });
  const { lag, lagMs } = await restarted.state();
  expect(lag).toBe(1);
  expect(lagMs).toBeGreaterThanOrEqual(50);
  expect(lagMs).toBeLessThan(60_000);
});

test('signs nothing that it did not ask for, and says so', async () => {
  log.size = 4;
  network.devnet.fault({ kind: 'other-transaction' });
  expect(await anchorer.round()).toBe(false);
  expect(await anchorer.state()).toMatchObject({ code: 'anchor-transaction' });
  expect(await store.pending(place())).toBeUndefined();
  expect(news.map(({ code }) => code)).toEqual(['anchor-transaction']);
  expect(await anchorer.round()).toBe(true);
  expect(news.map(({ code }) => code)).toEqual(['anchor-transaction', 'anchors-again']);
});

test('goes on from a transaction that was kept and never sent', async () => {
  log.size = 6;
  const checkpoint = parseCheckpoint(signed.checkpoint(6));
  const note = signed.checkpoint(6);
  const prepared = await chain.prepare({ checkpoint, note, head: undefined, proof: [] });
  await store.keep(place(), { ...prepared, size: 6, note });
  log.size = 8;
  await untilDone();
  expect(await anchoredSizes()).toEqual([6, 8]);
  await expectExactly([6, 8]);
});

test('takes in an anchor that a lost store had made', async () => {
  log.size = 7;
  await untilDone();
  await store.close();
  store = new SqliteAnchorStore(join(folder, `${logs}-restored.db`));
  log.confirmed.length = 0;
  log.size = 12;
  await untilDone();
  await expectExactly([7, 12]);
});

test('stops when the chain holds another history, and says which', async () => {
  log.size = 10;
  await untilDone();
  const fork = new GrowingLog({ ...signed, root: (n) => signed.root(n - 1) });
  fork.size = 14;
  const forked = new Anchorer(fork, {
    chain,
    store,
    tell: (item) => news.push(item),
    nowMs: Date.now,
  });
  expect(await forked.round()).toBe(false);
  expect((await forked.state()).code).toBe('anchor-fork');
  fork.size = 9;
  const older = new Anchorer(fork, {
    ...{ chain, tell: (item: AnchorNews) => news.push(item), nowMs: Date.now },
    store: new SqliteAnchorStore(join(folder, `${logs}-older.db`)),
  });
  expect(await older.round()).toBe(false);
  expect((await older.state()).code).toBe('anchor-fork');
  expect(await anchoredSizes()).toEqual([10]);
});

test('finds out an older copy before that has anything to anchor', async () => {
  log.size = 10;
  await untilDone();
  const older = new GrowingLog(signed);
  older.size = 5;
  const tell = (item: AnchorNews) => news.push(item);
  const restored = new Anchorer(older, { chain, store, tell, nowMs: Date.now });
  for (let rounds = 0; rounds < 2; rounds += 1) expect(await restored.round()).toBe(false);
  expect(await restored.state()).toMatchObject({ code: 'anchor-fork', lag: 0 });
  expect(news.map(({ code }) => code)).toEqual(['anchor-fork']);
});

test('tells an outage once, loses nothing, and covers it with one proof', async () => {
  log.size = 2;
  await untilDone();
  await network.devnet.stopChaincode();
  for (log.size = 3; log.size < 20; log.size += 1) expect(await anchorer.round()).toBe(false);
  expect(await anchorer.state()).toMatchObject({ code: 'chain-unavailable', size: 2, lag: 18 });
  await network.devnet.startChaincode();
  while (!(await anchorer.round())) await delay(100);
  expect(news.map(({ code }) => code)).toEqual(['chain-unavailable', 'anchors-again']);
  await expectExactly([2, 20]);
});

describe('a block that no reader takes holds nobody up', () => {
  let nowMs: number;
  /** What ten minutes of rounds do that fail, as at first they may. */
  async function tenMinutes(by: Anchorer): Promise<boolean> {
    const first = await by.round();
    nowMs += 600_000;
    return (await by.round()) || first;
  }

  function over(parts: Partial<AnchorChain>): Anchorer {
    nowMs = 0;
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
    return new Anchorer(log, {
      ...{ chain: all, store, tell: (item) => news.push(item), nowMs: () => nowMs },
    });
  }

  test('one that another member made too large', async () => {
    const [, auditor] = network.devnet.organisations;
    if (auditor === undefined) throw new Error('there are two organisations');
    const client = connectAnchorClient(network.devnet, auditor.client);
    const large = await client.contract
      .newProposal('Key', { arguments: ['x'.repeat(1_200_000)] })
      .endorse();
    let isFirst = true;
    const crowded = over({
      async submit(prepared) {
        // No block is cut for a while after the large one has come; the other follows at once.
        if (isFirst) {
          network.devnet.fault({ kind: 'leader-dead', ms: 2_500 });
          await large.submit();
        }
        isFirst = false;
        await chain.submit(prepared);
      },
    });
    log.size = 5;
    const told = async () => {
      await tenMinutes(crowded);
      return news.map(({ code }) => code);
    };
    await expect.poll(told).toContain('bad-shape');
    client.close();
    expect(await store.newest(place())).toBeUndefined();
    log.size = 9;
    expect(await crowded.round()).toBe(true);
    await expectExactly([9]);
    expect(await anew().round()).toBe(true);
  });

  test('one in which another member has written what is read in two ways', async () => {
    const odd = over({
      receipt: (checkpoint) =>
        checkpoint.size === 5
          ? Promise.reject(new Refusal('fabric-envelope', 'Not as Fabric writes it.'))
          : chain.receipt(checkpoint),
    });
    log.size = 5;
    expect(await odd.round()).toBe(false);
    expect(await odd.state()).toMatchObject({ code: 'fabric-envelope', isPending: true });
    nowMs += 600_000;
    expect(await odd.round()).toBe(true);
    log.size = 9;
    expect(await odd.round()).toBe(true);
    await expectExactly([9]);
    expect(await odd.state()).toMatchObject({ size: 9, code: undefined });
  });
});
