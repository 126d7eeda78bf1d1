import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DemoFile, readDemoFile } from '../../api/demo/demo-file.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { fsckDatabase } from '../../ledger/fsck-database.ts';
import { readOrMakeKek } from '../../ledger/log-keys.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { DemoProcess } from './demo-process.ts';
import { headline, settled, VerifyPages } from './verify-page.ts';

const data = mkdtempSync(join(tmpdir(), 'billproof-demo-'));
let server: PostgresServer;
let url: string;
let demo: DemoProcess;
let pages: VerifyPages;
let told: DemoFile;

beforeAll(async () => {
  server = await PostgresServer.start();
  url = server.makeDatabase();
  demo = new DemoProcess(['--port', '0', '--data', data, '--tenants', '1'], { DATABASE_URL: url });
  pages = await VerifyPages.start();
  await demo.line(/^billproof ready /m);
  const file = readDemoFile(data);
  if (file === undefined) throw new Error('the demonstration says where it is');
  told = file;
});
afterAll(async () => {
  demo.signal('SIGKILL');
  await demo.exit();
  await pages.stop();
  await server.stop();
  rmSync(data, { recursive: true });
});

it('bills a tower in a database, and a tenant checks the bill in a browser', async () => {
  const [tenant] = told.tenants;
  const page = await pages.open({ url: tenant?.verifyUrl ?? '' });
  await settled(page);
  expect(await headline(page)).toMatch(/^This bill checks out: [\d,.]+ yuan, recalculated here/);
  const status = await (await fetch(`${told.url}/log/status.json`)).json();
  expect(status).toMatchObject({ logs: [{ site: told.site }] });
  const cosigned = await (await fetch(`${told.logUrl}/checkpoint.witnessed`)).text();
  expect(parseCheckpoint(cosigned).origin).toBe(told.origin);
});

it('ends clean, and leaves a ledger in which fsck finds nothing', async () => {
  demo.signal('SIGTERM');
  expect(await demo.exit()).toBe(0);
  expect(demo.err).toBe('');
  const kek = readOrMakeKek(join(data, 'keys'));
  const report = await fsckDatabase({ url, kek, deep: true, threads: 1 });
  expect(report.findings).toEqual([]);
  expect(report.events).toBeGreaterThan(1_000);
  const anchored = server.query('SELECT count(*) AS n FROM anchors WHERE told', url);
  expect(Number(anchored[0]?.['n'])).toBeGreaterThan(0);
  expect(readFileSync(join(data, 'demo.json'), 'utf8')).not.toContain('postgres');
});
