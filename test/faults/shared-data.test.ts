import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { tell } from './figure.ts';
import { TenantedLedger } from './tenanted-ledger.ts';

const SITES = ['site-a', 'site-b'];
const MAIN = join(import.meta.dirname, '..', '..', 'api', 'main.ts');
const CLI = join(import.meta.dirname, '..', '..', 'api', 'cli', 'main.ts');

async function make(): Promise<TenantedLedger> {
  const all = await TenantedLedger.make({ sites: SITES });
  onTestFinished(() => all.remove());
  return all;
}

/** Runs a program of ours to its end. */
async function run(program: string, words: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [program, ...words], {
    env: { PATH: process.env['PATH'], PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8');
  });
  const [code] = await once(child, 'close');
  return { code, errors };
}

it('lets one service write in a data folder, and tells a second one and a command so', async () => {
  const all = await make();
  const { url } = await all.start();
  for (const site of all.sites) await site.open(url);
  expect(await run(MAIN, [], all.env())).toEqual({
    code: 2,
    errors: 'billproof serve: Another Billproof writes in this data folder; stop it first.\n',
  });
  const words = [
    '--site',
    'site-a',
    '--origin',
    'bills.example/log/b',
    '--reason',
    'lost',
    '--yes',
  ];
  const { code, errors } = await run(CLI, ['succeed', ...words], all.env());
  expect([code, errors]).toEqual([2, expect.stringContaining('(data-in-use)')]);
  await all.useOnce([url]);
  expect(all.refusals()).toEqual([]);
  await all.expectSound();
});

it('waits with everything for a lock that another program has on the file, and refuses nobody', async () => {
  const all = await make();
  const { url } = await all.start();
  for (const site of all.sites) await site.open(url);
  const other = new Database(join(all.dataDir, 'ledger.db'));
  onTestFinished(() => void other.close());
  let isOver = false;
  const used = all.use([url], () => isOver);
  for (const pauseMs of [300, 1_000, 2_000]) {
    // A disk that takes no write looks the same to the writer.
    other.exec('BEGIN IMMEDIATE');
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    other.exec('ROLLBACK');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  tell('disk of SQLite slow, up to 2 s', await all.untilWell(), 'ms until well');
  isOver = true;
  await used;
  expect(all.refusals()).toEqual([]);
  await all.expectSound();
});
