import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseTime } from '../../ledger/core/time.ts';
import { withCompileCache } from '../../scripts/runtime.mjs';
import { SampleLedger, SITE } from '../../test/support/sample-ledger.ts';

const main = join(import.meta.dirname, 'main.ts');
let sample: SampleLedger;
let data: string;

beforeAll(async () => {
  sample = await SampleLedger.make();
  await sample.account('acc-1', 'm-1');
  await sample.ledger.setClock(parseTime('2026-08-02T00:00:00.000Z'));
  await sample.readings(['m-1'], '2026-08-01T00:00:00.000Z', 30);
  await sample.reopen();
  data = sample.options.dataDir;
});

afterAll(async () => {
  await sample.remove();
});

function billproof(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: withCompileCache({ PATH: process.env['PATH'], NO_COLOR: '1' }),
  });
  return { status, stdout, stderr };
}

test('fsck says that a sound store is clean', () => {
  const { status, stdout } = billproof('fsck', '--data', data, '-q');
  expect(stdout).toMatch(/^CLEAN {3}1 sites, [0-9]+ events, 30 records in /);
  expect(status).toBe(0);
});

test('fsck has nothing to check where there is no ledger', () => {
  expect(billproof('fsck', '--data', join(data, 'nowhere')).status).toBe(2);
});

test('fsck of a log needs the key that it must be signed with', () => {
  const { status, stderr } = billproof('fsck', '--log', 'http://127.0.0.1:9/log/tower');
  expect(stderr).toContain('--vkey');
  expect(status).toBe(2);
});

test('an exported archive verifies, and a changed one does not', () => {
  const out = join(sample.dir, 'august.archive');
  const trust = join(sample.dir, 'tower.policy');
  const times = ['--from', '2026-07-31T16:00:00.000Z', '--to', '2026-08-31T16:00:00.000Z'];
  expect(billproof('export', '--data', data, '--site', SITE, ...times, '-o', out).status).toBe(0);
  writeFileSync(trust, billproof('keys', 'trust', '--data', data).stdout);
  const good = billproof('verify', out, '--trust', trust);
  expect(good.stdout).toMatch(/^VERIFIED {2}archive of ledger\.example\/log\/tower/);
  expect(good.status).toBe(0);
  const text = readFileSync(out, 'utf8');
  writeFileSync(out, text.replace('usage.deducted', 'fee.charged'));
  const bad = billproof('verify', out, '--json');
  expect(JSON.parse(bad.stdout)).toMatchObject({ overall: 'failed' });
  expect(bad.status).toBe(1);
});

test('a backup is restored into an empty folder only', () => {
  const copy = join(sample.dir, 'copy');
  const fresh = join(sample.dir, 'fresh');
  expect(billproof('backup', '--data', data, copy).status).toBe(0);
  expect(billproof('restore', '--data', fresh, copy).status).toBe(0);
  expect(billproof('restore', '--data', fresh, copy).status).toBe(2);
});

test('keys makes a token for a known role only, and needs the key of the service', () => {
  expect(billproof('keys', 'token', '--data', data, '--role', 'king').status).toBe(2);
  expect(billproof('keys', 'token', '--data', data, '--role', 'auditor').stderr).toContain(
    'token.key',
  );
  writeFileSync(join(data, 'keys', 'token.key'), `${'ab'.repeat(32)}\n`);
  const { stdout } = billproof(
    'keys',
    'token',
    '--data',
    data,
    '--role',
    'auditor',
    '--site',
    SITE,
  );
  expect(stdout.trim().split('.')).toHaveLength(3);
});
