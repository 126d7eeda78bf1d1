import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { fsckDatabase } from '../../ledger/fsck-database.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { followBy, PostgresArchive } from '../support/archived-postgres.ts';
import { PostgresServer } from '../support/postgres-server.ts';

const SITE = 'tower';
const MOST_MS = 1_000;
const PATIENCE = { timeout: 60_000, interval: 50 };

let archive: PostgresArchive;
let primary: PostgresServer;
let standby: PostgresServer;

beforeAll(async () => {
  archive = new PostgresArchive();
  primary = await PostgresServer.start(archive.archiving);
});
afterAll(async () => {
  await standby?.stop();
  await primary.stop();
  archive.remove();
});

it('reads the public log from a replica, and nothing that is older than it may be', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-replica-'));
  const url = primary.makeDatabase();
  const kek = randomBytes(32);
  const options = { dataDir: folder, kek, checkpointMs: 20 };
  const listen = { host: '127.0.0.1', port: 0 };
  const first = await Ledger.open({ ...options, database: { url, writes: true, listen } });
  await first.createSite({ ...NEW_SITE, site: SITE });
  await first.close();
  standby = await followBy(primary, archive, archive.baseBackup(primary, 'base'), 'standby');
  const replica = { url: standby.urlLike(url), mostMs: MOST_MS };
  const ledger = await Ledger.open({
    ...options,
    database: { url, writes: true, listen, replica },
  });
  onTestFinished(async () => {
    await ledger.close();
    rmSync(folder, { recursive: true });
  });
  const signed: { readonly size: number; readonly atMs: number }[] = [];
  const sign = async () => {
    await ledger.execute({ do: 'open-account', site: SITE, account: `a-${signed.length}` });
    await ledger.anchorNow();
    signed.push({ size: signed.length + 2, atMs: performance.now() });
  };
  const readers = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'billproof'";
  await vi.waitUntil(async () => {
    await ledger.checkpoint(SITE);
    return Number(standby.query(readers)[0]?.['n']) > 0;
  }, PATIENCE);
  // What was signed for longer than that is in every answer, while the replica stands still, too.
  for (const step of [
    'SELECT 1',
    'SELECT pg_wal_replay_pause()',
    'SELECT pg_wal_replay_resume()',
  ]) {
    standby.query(step);
    const untilMs = performance.now() + 1.5 * MOST_MS;
    for (let reads = 0; performance.now() < untilMs; reads += 1) {
      if (reads % 10 === 0) await sign();
      const startedMs = performance.now();
      const { size } = parseCheckpoint((await ledger.checkpoint(SITE)) ?? '');
      const least = signed.findLast(({ atMs }) => atMs <= startedMs - MOST_MS)?.size ?? 1;
      expect(size).toBeGreaterThanOrEqual(least);
      // And who has seen a checkpoint gets the tiles under it, wherever they are by now.
      const width = Math.min(256, signed.at(-1)?.size ?? 1);
      expect((await ledger.hashTile(SITE, 0, 0, width))?.length).toBe(32 * width);
    }
  }
  const report = await fsckDatabase({ url, kek, threads: 1 });
  expect(report.findings).toEqual([]);
});

const NEW_SITE = { origin: 'ledger.example/log/tower', currency: 'CNY', zone: 'Asia/Shanghai' };
