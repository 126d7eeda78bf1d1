import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Anchor, AnchorPlace } from '../../ledger/anchor/anchor-store.ts';
import { Anchorer } from '../../ledger/anchor/anchorer.ts';
import { Anchoring } from '../../ledger/anchor/anchoring.ts';
import type { AnchorChain } from '../../ledger/anchor/chain.ts';
import { SqliteAnchorStore } from '../../ledger/anchor/sqlite-anchor-store.ts';
import type { LogProofs } from '../../ledger/log-proofs.ts';
import type { SiteRow } from '../../ledger/store/port.ts';
import { signedLog } from '../support/signed-log.ts';
import type { NetworkUnderTest } from './chain-contract.ts';
import { devnetUnderTest } from './fabric-networks.ts';
import { GrowingLog } from './growing-log.ts';

// Sites come and go while anchors are under way.

let network: NetworkUnderTest;
const folder = mkdtempSync(join(tmpdir(), 'billproof-moving-'));
beforeAll(async () => {
  network = await devnetUnderTest();
});
afterAll(async () => {
  await network.stop();
  rmSync(folder, { recursive: true });
});

/** A store that stands still while a gate is closed. */
class GatedStore extends SqliteAnchorStore {
  gate: Promise<void> = Promise.resolve();
  asked = 0;

  override async askedRounds(): Promise<number> {
    this.asked += 1;
    await this.gate;
    return await super.askedRounds();
  }

  override async newest(at: AnchorPlace): Promise<Anchor | undefined> {
    await this.gate;
    return await super.newest(at);
  }
}

/** A chain that stands still before it sends while a gate is closed, and counts. */
class GatedChain implements AnchorChain {
  readonly #chain: AnchorChain;
  gate: Promise<void> = Promise.resolve();
  heads = 0;
  submits = 0;
  busy = 0;
  mostBusy = 0;

  constructor(chain: AnchorChain) {
    this.#chain = chain;
  }
  get kind() {
    return this.#chain.kind;
  }
  get trusted() {
    return this.#chain.trusted;
  }
  get name() {
    return this.#chain.name;
  }
  async head(origin: string) {
    this.heads += 1;
    this.busy += 1;
    this.mostBusy = Math.max(this.mostBusy, this.busy);
    const head = await this.#chain.head(origin);
    await delay(20);
    this.busy -= 1;
    return head;
  }
  prepare(task: Parameters<AnchorChain['prepare']>[0]) {
    return this.#chain.prepare(task);
  }
  async submit(prepared: Parameters<AnchorChain['submit']>[0]) {
    this.submits += 1;
    await this.gate;
    await this.#chain.submit(prepared);
  }
  outcome(prepared: Parameters<AnchorChain['submit']>[0], patienceMs: number) {
    return this.#chain.outcome(prepared, patienceMs);
  }
  receipt(checkpoint: Parameters<AnchorChain['receipt']>[0]) {
    return this.#chain.receipt(checkpoint);
  }
  close() {
    this.#chain.close();
  }
}

let made = 0;
let log: GrowingLog;
let chain: GatedChain;
let store: GatedStore;
let path: string;

beforeEach(async () => {
  made += 1;
  path = join(folder, `${made}.db`);
  ({ log, chain } = await newLog('tower'));
  store = new GatedStore(path);
});

async function newLog(site: string) {
  const signed = signedLog(`moving.test/${made}/${site}`);
  return { log: new GrowingLog(signed, site), chain: new GatedChain(await network.open(signed)) };
}

const rowOf = ({ site, origin }: GrowingLog): SiteRow => {
  return { site, origin, currency: 'CNY', zone: 'UTC', vkey: '' };
};

/** A process and the sites that it has at present. */
function processWith(
  own: SqliteAnchorStore,
  logs: readonly { readonly log: GrowingLog; readonly chain: AnchorChain }[],
  everyMs: number,
) {
  const sites = logs.map((one) => rowOf(one.log));
  const news: string[] = [];
  const of = (site: string) => {
    const found = logs.find((one) => one.log.site === site);
    if (found === undefined) throw new Error('a log of this test');
    return found;
  };
  const proofs: LogProofs = {
    latest: async (site) => {
      const latest = await of(site).log.latest();
      return latest && { ...latest, atMs: 0 };
    },
    noteAt: (site, size) => of(site).log.noteAt(size),
    prove: (site, from, to) => of(site).log.prove(from, to),
    rootAt: (site, size) => of(site).log.rootAt(size),
    hasNews: (site, from, to) => of(site).log.hasNews(from, to),
  };
  const ledger = {
    ...{ proofs, store: own, sites: () => sites },
    latest: (row: SiteRow) => of(row.site).log.latest(),
    confirm: (site: string, anchor: Parameters<GrowingLog['confirm']>[0]) =>
      of(site).log.confirm(anchor),
  };
  const chainOf = (row: SiteRow) => of(row.site).chain;
  const tell = ({ code }: { readonly code: string }) => void news.push(code);
  const anchoring = new Anchoring(ledger, { chains: [{ chainOf, everyMs }], tell });
  return { anchoring, sites, news };
}

const sizes = async (at: SqliteAnchorStore, site = 'tower', name = chain.name) => {
  const kept = await at.list({ site, chain: name }, 1000, 100);
  return kept.map(({ size }) => size).reverse();
};

test('a site that has gone gets no more rounds, its last one ends, and it comes back with what is stored', async () => {
  const { anchoring, sites: own, news } = processWith(store, [{ log, chain }], 30);
  const gate = Promise.withResolvers<void>();
  chain.gate = gate.promise;
  log.size = 5;
  await expect.poll(() => chain.submits).toBe(1);
  const [row] = own.splice(0);
  if (row === undefined) throw new Error('there was a site');
  await expect.poll(() => anchoring.states()).toEqual([]);
  gate.resolve();
  await expect.poll(() => log.confirmed.length).toBe(1);
  expect(await sizes(store)).toEqual([5]);

  // Another process has it now.
  log.size = 9;
  const { heads } = chain;
  await delay(400);
  expect([chain.heads, await sizes(store)]).toEqual([heads, [5]]);
  const tell = () => undefined;
  const elsewhere = new SqliteAnchorStore(path);
  const other = new Anchorer(log, { chain, store: elsewhere, tell, nowMs: Date.now });
  await expect.poll(() => other.round()).toBe(true);
  await elsewhere.close();
  // And whoever asks here for a bill gets what that has anchored.
  expect((await anchoring.covering(row, 6)).map(({ size }) => size)).toEqual([9]);

  own.push(row);
  log.size = 12;
  await expect.poll(() => anchoring.now()).toBe(true);
  expect(await anchoring.states()).toMatchObject([{ size: 12, lag: 0, code: undefined }]);
  expect(await sizes(store)).toEqual([5, 9, 12]);
  expect(news).toEqual([]);
  await anchoring.stop();
});

test('a site that comes back at once waits for its last round', async () => {
  const { anchoring, sites: own } = processWith(store, [{ log, chain }], 30);
  const gate = Promise.withResolvers<void>();
  chain.gate = gate.promise;
  log.size = 5;
  await expect.poll(() => chain.submits).toBe(1);
  const rows = own.splice(0);
  await expect.poll(() => anchoring.states()).toEqual([]);
  own.push(...rows);
  log.size = 9;
  await delay(250);
  expect([await anchoring.states(), chain.submits]).toEqual([[], 1]);
  gate.resolve();
  await expect.poll(() => sizes(store)).toEqual([5, 9]);
  expect(chain.submits).toBe(2);
  await anchoring.stop();
});

test('rounds of one log never overlap, however many ask for one at once', async () => {
  const { anchoring } = processWith(store, [{ log, chain }], 30);
  for (log.size = 3; log.size < 20; log.size += 6) {
    const asked = Array.from({ length: 5 }, () => anchoring.now());
    await Promise.all(asked);
    await expect.poll(() => anchoring.now()).toBe(true);
  }
  expect(chain.mostBusy).toBe(1);
  expect(await sizes(store)).toEqual([3, 9, 15]);
  await anchoring.stop();
});

test('a stop while the store is asked begins nothing, and waits until the store is free', async () => {
  const { anchoring, news } = processWith(store, [{ log, chain }], 3_600_000);
  const gate = Promise.withResolvers<void>();
  store.gate = gate.promise;
  log.size = 5;
  await expect.poll(() => store.asked).toBe(1);
  // No turn overtakes one that is slow.
  await delay(250);
  expect(store.asked).toBe(1);
  let isStopped = false;
  const stopped = anchoring.stop().then(() => {
    isStopped = true;
  });
  await delay(50);
  expect(isStopped).toBe(false);
  gate.resolve();
  await stopped;
  expect([chain.heads, news]).toEqual([0, []]);
});

test('who asks for the state while the store does not answer gets the last one that was known', async () => {
  const { anchoring } = processWith(store, [{ log, chain }], 3_600_000);
  log.size = 5;
  await expect.poll(() => anchoring.now()).toBe(true);
  expect(await anchoring.states()).toMatchObject([{ size: 5, lag: 0, code: undefined }]);
  const gate = Promise.withResolvers<void>();
  store.gate = gate.promise;
  const [first, second] = await Promise.all([anchoring.states(), anchoring.states()]);
  expect(first).toMatchObject([{ size: 5, lag: 0, code: 'store-unavailable' }]);
  expect(second).toMatchObject([{ size: 5, lag: 0, code: 'store-unavailable' }]);
  gate.resolve();
  await expect.poll(() => anchoring.states()).toMatchObject([{ size: 5, code: undefined }]);
  await anchoring.stop();
});

test('a request for a round reaches every process on the same store', async () => {
  const yard = await newLog('yard');
  const hourMs = 3_600_000;
  const first = processWith(store, [{ log, chain }], hourMs);
  const elsewhere = new SqliteAnchorStore(path);
  const second = processWith(elsewhere, [yard], hourMs);
  for (const one of [log, yard.log]) one.size = 2;
  for (const { anchoring } of [first, second]) {
    await expect.poll(() => anchoring.now()).toBe(true);
  }
  const watched = new SqliteAnchorStore(path);
  expect(await watched.followed()).toEqual([
    { site: 'tower', chain: chain.name },
    { site: 'yard', chain: yard.chain.name },
  ]);
  for (const one of [log, yard.log]) one.size = 8;
  await delay(700);
  expect(await sizes(watched)).toEqual([2]);
  await watched.askForRound();
  await expect.poll(() => sizes(watched)).toEqual([2, 8]);
  const atYard = () => sizes(watched, 'yard', yard.chain.name);
  await expect.poll(atYard).toEqual([2, 8]);
  await watched.close();
  for (const { anchoring } of [first, second]) await anchoring.stop();
});
