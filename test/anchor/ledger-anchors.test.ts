import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '../../api/config.ts';
import { serve } from '../../api/serve.ts';
import { type Devnet, startDevnet } from '../../chaincode/devnet/devnet.ts';
import type { AnchorNews } from '../../ledger/anchor/anchorer.ts';
import { anchorStorePath } from '../../ledger/anchor/anchoring.ts';
import { FabricChain } from '../../ledger/anchor/fabric/fabric-chain.ts';
import { SqliteAnchorStore } from '../../ledger/anchor/sqlite-anchor-store.ts';
import { parseTime } from '../../ledger/core/time.ts';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { fsck } from '../../ledger/fsck.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { ORIGIN, SampleLedger, SITE } from '../support/sample-ledger.ts';
import { connectionTo, registerLog } from './fabric-networks.ts';

// The ledger with a chain beside it, from a reading to layer 9, and while the chain is away.

const folder = mkdtempSync(join(tmpdir(), 'billproof-ledger-anchors-'));
let sample: SampleLedger;
let devnet: Devnet;
const news: AnchorNews[] = [];

function startAnchoring(): void {
  const chain = new FabricChain(connectionTo(devnet), nativePrimitives());
  sample.ledger.startAnchoring({
    chains: [{ chainOf: () => chain, everyMs: 50 }],
    tell: (item) => news.push(item),
  });
}

beforeAll(async () => {
  sample = await SampleLedger.make();
  devnet = await startDevnet({ folder });
  await registerLog(devnet, { origin: ORIGIN, vkey: sample.ledger.site(SITE)?.vkey ?? '' });
  startAnchoring();
  await sample.account('acc-1', 'm-1');
});
afterAll(async () => {
  await sample.remove();
  await devnet.stop();
  rmSync(folder, { recursive: true });
});

async function state() {
  const [first] = await sample.ledger.anchors();
  if (first === undefined) throw new Error('a log on a chain has a state');
  return first;
}

async function untilAnchored(): Promise<void> {
  await expect.poll(() => sample.ledger.anchorNow()).toBe(true);
}

async function confirmed(): Promise<number[]> {
  const events = await sample.ledger.events(SITE, 'site', { limit: 10_000 });
  const parsed = events.map(({ text }): { type: string; data: { size: number } } =>
    JSON.parse(text),
  );
  return parsed.filter(({ type }) => type === 'anchor.confirmed').map(({ data }) => data.size);
}

test('anchors what is logged, tells it once in the log, and then rests', async () => {
  await untilAnchored();
  const { size } = await state();
  const height = devnet.height;
  await delay(1_000);
  expect(await state()).toMatchObject({ size, lag: 0, network: 'development', code: undefined });
  expect(devnet.height).toBe(height);
  const told = await confirmed();
  expect(told.at(-1)).toBe(size);
  expect(new Set(told).size).toBe(told.length);
});

test('a bill carries its receipt, and layer 9 calls a development network what it is', async () => {
  await sample.readings(['m-1'], '2026-07-31T16:00:00.000Z', 96);
  await sample.ledger.setClock(parseTime('2026-08-31T17:00:00.000Z'));
  await sample.readings(['m-1'], '2026-08-31T16:00:00.000Z', 1, 0, 150);
  await sample.ledger.execute({
    do: 'charge-fees',
    site: SITE,
    account: 'acc-1',
    period: '2026-08',
  });
  const id = await sample.statement('acc-1', '2026-08');
  const before = verifyBundle(await sample.ledger.bundle(SITE, id), {});
  expect(before.layers[8]).toMatchObject({ status: 'not-present' });
  await untilAnchored();
  for (const trust of [undefined, sample.ledger.policy(SITE)]) {
    const { layers } = verifyBundle(await sample.ledger.bundle(SITE, id), { trust });
    expect(layers[8]).toMatchObject({
      status: 'not-present',
      findings: [{ code: 'anchored-development', params: { orderers: 3, quorum: 3 } }],
    });
    expect(layers.filter(({ status }) => status === 'failed')).toEqual([]);
  }
  // Later anchors change nothing in what the bill shows.
  const { params: first } = ninth(await sample.ledger.bundle(SITE, id));
  await sample.topUp('acc-1', '5.000000');
  await untilAnchored();
  expect(ninth(await sample.ledger.bundle(SITE, id)).params).toEqual(first);
  // Who has seen a newer state gets a bundle that continues it, with the same anchor.
  const seen = (await state()).size;
  const newer = await sample.ledger.bundle(SITE, id, { seen });
  expect(ninth(newer)).toMatchObject({ code: 'anchored-development', params: first });
});

function ninth(bundle: string) {
  const [finding] = verifyBundle(bundle, {}).layers[8]?.findings ?? [];
  if (finding === undefined) throw new Error('layer 9 always says something');
  return finding;
}

test('keeps on billing while the chain is away, and covers all of it afterwards', async () => {
  const { size } = await state();
  await devnet.stopChaincode();
  for (let n = 0; n < 20; n += 1) await sample.topUp('acc-1', '1.000000');
  await expect.poll(async () => (await state()).code).toBe('chain-unavailable');
  await expect.poll(async () => (await state()).lag).toBeGreaterThanOrEqual(20);
  const config = readConfig({ BILLPROOF_DATA: sample.options.dataDir, PORT: '0' });
  const log = pino({ level: 'silent' });
  const service = await serve({ config, ledger: sample.ledger, log });
  const ready = await fetch(`${service.url}/readyz`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toMatchObject({ anchors: [{ size, code: 'chain-unavailable' }] });
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  expect(metrics).toMatch(/billproof_anchor_lag_events\{site="tower",chain="fabric[^}]*\} [2-9]/);
  expect(metrics).toMatch(/billproof_anchor_failing\{[^}]*\} 1/);
  const height = devnet.height;
  await devnet.startChaincode();
  await untilAnchored();
  // One anchor over everything that was missed; the last may follow the news of it.
  expect(devnet.height - height).toBeLessThanOrEqual(2);
  expect(news.map(({ code }) => code)).toEqual(['chain-unavailable', 'anchors-again']);
  await service.stop();
});

test('goes on after a restart, and the store is clean', async () => {
  await sample.reopen();
  startAnchoring();
  await sample.topUp('acc-1', '2.000000');
  await untilAnchored();
  const told = await confirmed();
  await sample.ledger.close();
  const store = new SqliteAnchorStore(anchorStorePath(sample.options.dataDir));
  const [place] = await store.places();
  if (place === undefined) throw new Error('something was anchored');
  const kept = await store.list(place, Number.MAX_SAFE_INTEGER, 1000);
  expect(kept.map(({ size }) => size).reverse()).toEqual(told);
  expect(await store.pending(place)).toBeUndefined();
  await store.close();
  const { findings } = await fsck({ dataDir: sample.options.dataDir, threads: 1, deep: true });
  expect(findings).toEqual([]);
  await sample.reopen();
});

test('tells once that its store fails, not at each turn, and goes on when that is over', async () => {
  startAnchoring();
  await untilAnchored();
  news.length = 0;
  const file = new Database(anchorStorePath(sample.options.dataDir));
  file.exec('ALTER TABLE asked RENAME TO gone');
  await expect.poll(() => news.length).toBeGreaterThan(0);
  await delay(1_000);
  expect(news.map(({ code }) => code)).toEqual(['failed']);
  file.exec('ALTER TABLE gone RENAME TO asked');
  file.close();
  await expect.poll(() => news.length).toBe(2);
  expect(news.at(-1)).toMatchObject({ code: 'anchors-again' });
});
