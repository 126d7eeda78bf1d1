import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { issueToken, tokenKeyFromText } from '../../api/tokens.ts';
import { formatMicros } from '../../ledger/core/decimal.ts';
import { fsckDatabase } from '../../ledger/fsck-database.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { ServiceProcess } from './spawned-ledger.ts';
import { TenantedSite } from './tenanted-site.ts';

const SITES = ['site-a', 'site-b', 'site-c', 'site-d'];
const PATIENCE = { timeout: 60_000, interval: 50 };

let server: PostgresServer;
let folder: string;
let database: string;
let secrets: { readonly kek: string; readonly tokenKey: string };
let services: ServiceProcess[];
let sites: TenantedSite[];

beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'billproof-cluster-'));
  database = server.makeDatabase();
  secrets = { kek: hexKey(), tokenKey: hexKey() };
  services = [];
  const life = { nowMs: Date.now(), seconds: 3_600 };
  const key = tokenKeyFromText(secrets.tokenKey);
  const token = await issueToken(key, { id: 'admin', role: 'admin' }, life);
  sites = SITES.map((site) => new TenantedSite(site, token));
});
afterEach(async () => {
  for (const service of services) {
    service.signal('SIGCONT');
    await service.end('SIGKILL');
  }
  rmSync(folder, { recursive: true });
});

it('spreads sites over those that write, and serves all of them through any process', async () => {
  const [first, second, api] = [
    await start(),
    await start(),
    await start({ BILLPROOF_ROLE: 'api' }),
  ];
  for (const site of sites) await site.open(api.url);
  await vi.waitUntil(() => ownerCounts().join() === '2,2', PATIENCE);
  for (const site of sites) {
    await site.pay([first.url]);
    expect(await site.send([second.url])).toBe(0);
    await site.pay([api.url]);
    const balance = await site.get(api.url, `/v1/accounts/a-1/balance?site=${site.site}`);
    expect(balance).toEqual(
      await site.get(first.url, `/v1/accounts/a-1/balance?site=${site.site}`),
    );
  }
  await expectSound();
});

it('lets a paused owner write nothing when it wakes after others have taken over', async () => {
  const [paused, other, api] = [
    await start(),
    await start(),
    await start({ BILLPROOF_ROLE: 'api' }),
  ];
  for (const site of sites) await site.open(api.url);
  await vi.waitUntil(() => ownerCounts().join() === '2,2', PATIENCE);
  const before = epochs();
  // In the middle of what it was asked: some of it is in its memory when it stops.
  const asked = sites.map((site) => load(site, [api.url], 40));
  await vi.waitUntil(() => sites.every(({ acknowledged }) => acknowledged > 3), PATIENCE);
  paused.signal('SIGSTOP');
  // Who asked the one that sleeps is answered by the one that has taken over.
  expect((await Promise.all(asked)).flat().filter((tries) => tries > 0)).toEqual([]);
  expect(ownerCounts()).toEqual([4]);
  const moved = epochs();
  expect(SITES.filter((site) => moved.get(site) !== before.get(site))).toHaveLength(2);
  const written = server.query(
    'SELECT site, sum(leaf_count) AS n FROM segments GROUP BY site ORDER BY site',
    database,
  );
  paused.signal('SIGCONT');
  await vi.waitUntil(() => paused.log.some(({ code }) => code === 'taken-over'), PATIENCE);
  expect(
    server.query(
      'SELECT site, sum(leaf_count) AS n FROM segments GROUP BY site ORDER BY site',
      database,
    ),
  ).toEqual(written);
  // It is a writer again, with a share of the sites, and nobody can tell.
  await vi.waitUntil(() => ownerCounts().join() === '2,2', PATIENCE);
  for (const site of sites) expect(await site.send([paused.url])).toBe(0);
  expect(other.log.some(({ code }) => code === 'writer-gone')).toBe(true);
  await expectSound();
});

it('comes up though others took it for gone before it had', async () => {
  const first = await start();
  await sites[0]?.open(first.url);
  let slow: ChildProcess | undefined;
  const coming = start({}, (child) => {
    slow = child;
  });
  // It is stopped as soon as it is a writer, and goes on when it is none any more.
  const writers = () => server.query('SELECT writer FROM writers', database).length;
  await vi.waitUntil(() => writers() === 2, { ...PATIENCE, interval: 1 });
  slow?.kill('SIGSTOP');
  await vi.waitUntil(() => writers() === 1, PATIENCE);
  slow?.kill('SIGCONT');
  const late = await coming;
  await vi.waitUntil(() => late.log.some(({ code }) => code === 'taken-over'), PATIENCE);
  await vi.waitUntil(() => writers() === 2, PATIENCE);
  for (const { url } of [first, late]) expect(await sites[0]?.send([url])).toBe(0);
  for (const site of sites.slice(1)) await site.open(late.url);
  await vi.waitUntil(() => ownerCounts().join() === '2,2', PATIENCE);
  for (const site of sites.slice(1)) expect(await site.send([first.url])).toBe(0);
  for (const site of sites) await site.pay([late.url]);
  await expectSound();
});

it('goes on when the processes that write are killed one after the other', async () => {
  const api = [await start({ BILLPROOF_ROLE: 'writer' }), await start()];
  const front = await start({ BILLPROOF_ROLE: 'api' });
  for (const site of sites) await site.open(front.url);
  const asked = sites.map((site) => load(site, [front.url], 60));
  for (let round = 0; round < 3; round += 1) {
    await vi.waitUntil(
      () => sites.every(({ acknowledged }) => acknowledged > 5 + 15 * round),
      PATIENCE,
    );
    await api[round % 2]?.end('SIGKILL');
    api[round % 2] = await start();
  }
  await Promise.all(asked);
  await expectSound();
});

it('refuses no reading while its processes are restarted in turn', async () => {
  const writers = [await start(), await start()];
  const front = await start({ BILLPROOF_ROLE: 'api' });
  for (const site of sites) await site.open(front.url);
  const refusals = sites.map((site) => load(site, [front.url], 50));
  for (const i of [0, 1]) {
    await vi.waitUntil(
      () => sites.every(({ acknowledged }) => acknowledged > 5 + 20 * i),
      PATIENCE,
    );
    expect(await writers[i]?.end()).toBe(0);
    writers[i] = await start();
  }
  expect((await Promise.all(refusals)).flat().filter((tries) => tries > 0)).toEqual([]);
  await expectSound();
});

/** One after the other, as a meter makes them; how often each was refused. */
async function load(
  site: TenantedSite,
  urls: readonly string[],
  readings: number,
): Promise<number[]> {
  const refused: number[] = [];
  for (let i = 0; i < readings; i += 1) {
    refused.push(await site.send(urls));
    if (i % 5 === 0) await site.pay(urls);
  }
  return refused;
}

/** Every acknowledged reading and payment is there once, and fsck finds nothing. */
async function expectSound(): Promise<void> {
  for (const service of services) await service.end();
  const kek = Buffer.from(secrets.kek, 'hex');
  const report = await fsckDatabase({ url: database, kek, deep: true, threads: 1 });
  expect(report.findings).toEqual([]);
  expect(report.records).toBe(sites.reduce((sum, { made }) => sum + made, 0));
  // Opened anew: who was killed has left the books behind the log.
  const listen = { host: '127.0.0.1', port: 0 };
  const ledger = await Ledger.open({
    ...{ dataDir: folder, kek },
    database: { url: database, writes: true, listen },
  });
  for (const site of sites) {
    expect(site.acknowledged).toBe(site.made - 1);
    const cash = (await ledger.balances(site.site)).find(({ book }) => book === 'cash:cash');
    expect([site.site, cash?.balance]).toEqual([site.site, formatMicros(site.paid)]);
  }
  await ledger.close();
}

function ownerCounts(): number[] {
  const text = `SELECT count(*) AS n FROM owners JOIN writers USING (writer)
    GROUP BY writer ORDER BY writer`;
  return server.query(text, database).map(({ n }) => Number(n));
}

function epochs(): Map<string, number> {
  const rows = server.query('SELECT site, epoch FROM owners', database);
  return new Map(rows.map(({ site, epoch }) => [String(site), Number(epoch)]));
}

async function start(
  env: Readonly<Record<string, string>> = {},
  begun?: (child: ChildProcess) => void,
): Promise<ServiceProcess> {
  const place = { DATABASE_URL: database, BILLPROOF_DATA: folder };
  const keys = { BILLPROOF_KEK: secrets.kek, BILLPROOF_TOKEN_KEY: secrets.tokenKey };
  const service = await ServiceProcess.start({ ...place, ...keys, ...env }, begun);
  services.push(service);
  return service;
}

function hexKey(): string {
  return randomBytes(32).toString('hex');
}

it('does not let in who has another key, nor who only reads where nobody has written', async () => {
  const early = start({ BILLPROOF_ROLE: 'api' });
  await expect(early).rejects.toThrow('There is no ledger in this database yet');
  const first = await start();
  await sites[0]?.open(first.url);
  await expect(start({ BILLPROOF_KEK: hexKey() })).rejects.toThrow('This is not the key');
  server.query('INSERT INTO schema_version SELECT max(version) + 1 FROM schema_version', database);
  await expect(start({ BILLPROOF_ROLE: 'api' })).rejects.toThrow('of a newer Billproof');
  await expect(start()).rejects.toThrow('of a newer Billproof');
  expect(server.query('SELECT count(*) AS n FROM writers', database)).toEqual([{ n: 1 }]);
});
