import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migratedDatabase } from '../support/migrated-database.ts';
import { giveToServer, PostgresServer } from '../support/postgres-server.ts';
import { tell } from './figure.ts';
import { mayMount, SmallDisk } from './small-disk.ts';
import { TenantedLedger } from './tenanted-ledger.ts';

const SITES = ['site-a', 'site-b'];

describe.skipIf(!mayMount())('a full disk', () => {
  it('of a data folder is told as 503; reads go on, and so does the service once there is room', async () => {
    const disk = new SmallDisk('64m');
    onTestFinished(() => disk.remove());
    const dataDir = join(disk.folder, 'data');
    const all = await TenantedLedger.make({ sites: SITES, dataDir });
    onTestFinished(() => all.remove());
    const { url } = await all.start();
    for (const site of all.sites) await site.open(url);
    await all.useOnce([url]);
    await expectFullThenWell(all, url, disk);
  });

  it('of the tables of PostgreSQL is told as 503, and nothing is restarted either', async () => {
    const server = await PostgresServer.start();
    onTestFinished(() => server.stop());
    const disk = new SmallDisk('64m');
    onTestFinished(() => disk.remove());
    const tables = join(disk.folder, 'tables');
    mkdirSync(tables);
    giveToServer(tables);
    const database = migratedDatabase(server);
    server.query(`CREATE TABLESPACE small LOCATION '${tables}'`);
    server.query('ALTER TABLE ALL IN TABLESPACE pg_default OWNED BY tests SET TABLESPACE small');
    const all = await TenantedLedger.make({ sites: SITES, database });
    onTestFinished(() => all.remove());
    const { url } = await all.start();
    for (const site of all.sites) await site.open(url);
    await all.useOnce([url]);
    await expectFullThenWell(all, url, disk);
  });

  it('of the whole server of PostgreSQL is told as 503; with room and a start of it all is well', async () => {
    const disk = new SmallDisk('1g');
    onTestFinished(() => disk.remove());
    const server = await onDisk(disk, () => PostgresServer.start());
    onTestFinished(() => server.stop());
    const database = server.makeDatabase();
    const all = await TenantedLedger.make({ sites: SITES, database });
    onTestFinished(() => all.remove());
    const { url } = await all.start({ BILLPROOF_DATABASE_SECONDS: '2' });
    for (const site of all.sites) await site.open(url);
    await all.useOnce([url]);
    disk.fill();
    let isOver = false;
    const used = all.use([url], () => isOver);
    // The next file of its log of changes finds no room; without one it goes on until then.
    expect(() => {
      for (let i = 0; i < 8; i += 1) {
        server.query(
          'SELECT pg_logical_emit_message(false, $$x$$, repeat($$x$$, 100)), pg_switch_wal()',
        );
      }
    }).toThrow();
    while (all.sites.some(({ refusals }) => refusals.length < 3)) await sleep(20);
    disk.free();
    await server.run();
    tell('full disk of a whole server', await all.untilWell(), 'ms until well after its start');
    isOver = true;
    await used;
    const codes = all.refusals().map((text) => text.slice(0, text.indexOf(',')));
    expect(new Set(['503 store-unavailable', ...codes])).toEqual(
      new Set(['503 store-unavailable', ...codes.filter((code) => code === '503 storage-full')]),
    );
    await all.expectSound();
  });
});

/** Whatever is made meanwhile in the folder for such things is on that disk. */
async function onDisk<T>(disk: SmallDisk, make: () => Promise<T>): Promise<T> {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = disk.folder;
  try {
    return await make();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

/** Fills the disk until all sites are refused, reads, frees it, and sends what was refused. */
async function expectFullThenWell(all: TenantedLedger, url: string, disk: SmallDisk) {
  disk.fill();
  let isFreed = false;
  // Pages that are there already take some more readings.
  const used = all.use([url], () => isFreed);
  while (all.sites.some(({ refusals }) => refusals.length < 3)) {
    await sleep(20);
    disk.fill();
  }
  for (const { site } of all.sites) {
    const path = `/v1/accounts/a-1/balance?site=${site}`;
    expect(await all.sites[0]?.get(url, path)).toMatchObject({ account: 'a-1' });
    expect((await fetch(`${url}/log/${site}/checkpoint`)).status).toBe(200);
  }
  disk.free();
  tell('full disk', await all.untilWell(), 'ms until well after room was made');
  isFreed = true;
  await used;
  const full =
    '503 storage-full, 1 s: The disk is full; free space and send again. Nothing was written.';
  expect(new Set(all.refusals())).toEqual(new Set([full]));
  await all.expectSound();
}
