import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { PostgresStore } from '../../ledger/store/postgres/postgres-store.ts';
import type { ServiceProcess } from '../cluster/spawned-ledger.ts';
import { FAULTS, FaultyProxy } from '../support/faulty-proxy.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { tell } from './figure.ts';
import { TenantedLedger, type TenantedOptions } from './tenanted-ledger.ts';

const PATIENCE = { timeout: 60_000, interval: 50 };
/** Seconds that a service waits for its database before it says so. */
const DEADLINE = { BILLPROOF_DATABASE_SECONDS: '2' };

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

async function make(options: Partial<TenantedOptions>): Promise<TenantedLedger> {
  const sites = ['site-a', 'site-b'];
  const all = await TenantedLedger.make({ sites, database: server.makeDatabase(), ...options });
  onTestFinished(() => all.remove());
  return all;
}

it('shares a database among processes, and refuses it to one that wants it alone', async () => {
  const all = await make({});
  const { urls } = await startThree(all, {});
  expect(() => new PostgresStore({ url: all.database ?? '' })).toThrow(
    expect.objectContaining({ code: 'data-in-use' }),
  );
  await all.useOnce(urls);
  await all.useOnce([...urls].reverse());
  expect(all.refusals()).toEqual([]);
  await all.expectSound();
});

it('is waited for when PostgreSQL is killed and comes back at once: nobody is refused', async () => {
  const all = await make({});
  const { urls } = await startThree(all, {});
  const before = epochs(all);
  let isOver = false;
  const used = all.use(urls, () => isOver);
  await vi.waitUntil(() => all.sites.every(({ acknowledged }) => acknowledged > 5), PATIENCE);
  server.kill();
  await server.run();
  tell('PostgreSQL killed and back at once', await all.untilWell(), 'ms until well');
  await sleep(3_000);
  isOver = true;
  await used;
  expect(all.refusals()).toEqual([]);
  // Who came back later than the others had its site taken over, which nobody noticed.
  tell('PostgreSQL killed and back at once', changes(before, epochs(all)), 'changes of owners');
  await all.expectSound();
});

it('is told as 503 while PostgreSQL is away for longer, and all is well soon after it is back', async () => {
  const all = await make({});
  const { urls, services } = await startThree(all, DEADLINE);
  let isOver = false;
  const used = all.use(urls, () => isOver);
  await vi.waitUntil(() => all.sites.every(({ acknowledged }) => acknowledged > 5), PATIENCE);
  server.kill();
  await vi.waitUntil(() => all.sites.every(({ refusals }) => refusals.length > 0), PATIENCE);
  for (const { url } of services) {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const beginMs = performance.now();
    await vi.waitUntil(async () => (await fetch(`${url}/readyz`)).status === 503, PATIENCE);
    tell(
      'PostgreSQL away',
      performance.now() - beginMs,
      'ms until /readyz says so, after a refusal',
    );
  }
  await server.run();
  tell('PostgreSQL away for seconds', await all.untilWell(), 'ms until well');
  for (const { url } of services) {
    await vi.waitUntil(async () => (await fetch(`${url}/readyz`)).status === 200, PATIENCE);
  }
  isOver = true;
  await used;
  const refusals = all.refusals();
  expect(new Set(refusals.map((text) => text.slice(0, 27)))).toEqual(
    new Set(['503 store-unavailable, 1 s:']),
  );
  expect(refusals.filter((text) => text.includes('Nothing was written'))).toEqual([]);
  await all.expectSound();
});

it('takes everything once when connections are lost in the middle of commits', async () => {
  const direct = server.makeDatabase();
  const proxy = await FaultyProxy.start(direct);
  onTestFinished(() => proxy.stop());
  const all = await make({ database: proxy.url, direct });
  const { url } = await all.start(DEADLINE);
  for (const site of all.sites) await site.open(url);
  for (const fault of ['cutBeforeCommit', 'loseAnswer', 'cutInCommit', 'hang'] as const) {
    proxy.next(FAULTS[fault]);
    await all.useOnce([url]);
    await vi.waitUntil(() => proxy.done, PATIENCE);
  }
  expect(all.refusals()).toEqual([]);
  for (const fault of ['cutBeforeCommit', 'loseAnswer'] as const) {
    proxy.next(FAULTS[fault]);
    proxy.closeAfterFault();
    const [site] = all.sites;
    const paid = site?.pay([url]);
    await vi.waitUntil(() => (site?.refusals.length ?? 0) > 0, PATIENCE);
    proxy.open(true);
    await paid;
  }
  // Whether it was committed nobody could know, so nobody was told that it was not.
  const refusals = new Set(
    all.refusals().map((text) => text.replaceAll(/(?<=reached\.).*(?= Ask)/g, '')),
  );
  expect([...refusals].filter((text) => !text.startsWith('503 store-unavailable, 1 s:'))).toEqual(
    [],
  );
  expect([...refusals].filter((text) => text.includes('Nothing was written'))).toEqual([]);
  await all.expectSound();
});

it('grows its groups while the disk of PostgreSQL is slow, refuses nobody and keeps the order', async () => {
  const all = await make({});
  const { urls } = await startThree(all, {});
  const before = epochs(all);
  let isOver = false;
  const used = all.use(urls, () => isOver);
  for (const pauseMs of [300, 1_000, 2_000, 300, 1_000]) {
    server.signal('SIGSTOP');
    await sleep(pauseMs);
    server.signal('SIGCONT');
    await sleep(200);
  }
  tell('PostgreSQL paused for up to 2 s', await all.untilWell(), 'ms until well');
  isOver = true;
  await used;
  expect(all.refusals()).toEqual([]);
  tell('PostgreSQL paused for up to 2 s', changes(before, epochs(all)), 'changes of owners');
  await all.expectSound();
});

/** Two that write, and one that asks them; the sites are open, and each writer has one. */
async function startThree(all: TenantedLedger, env: Readonly<Record<string, string>>) {
  const services: ServiceProcess[] = [];
  for (const role of ['writer', 'writer', 'api']) {
    services.push(await all.start({ BILLPROOF_ROLE: role, ...env }));
  }
  const urls = services.map(({ url }) => url);
  for (const site of all.sites) await site.open(urls[2] ?? '');
  await vi.waitUntil(() => new Set(ownersOf(all)).size === 2, PATIENCE);
  return { services, urls };
}

function ownersOf(all: TenantedLedger): number[] {
  const rows = server.query('SELECT writer FROM owners ORDER BY site', all.database);
  return rows.map(({ writer }) => Number(writer));
}

function epochs(all: TenantedLedger): number[] {
  const rows = server.query('SELECT epoch FROM owners ORDER BY site', all.database);
  return rows.map(({ epoch }) => Number(epoch));
}

/** How often sites went to another owner in between. */
function changes(before: readonly number[], after: readonly number[]): number {
  return after.reduce((sum, epoch, i) => sum + epoch - (before[i] ?? 0), 0);
}
