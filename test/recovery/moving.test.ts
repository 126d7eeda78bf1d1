import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anchorStorePath } from '../../ledger/anchor/anchoring.ts';
import { PostgresAnchorStore } from '../../ledger/anchor/postgres-anchor-store.ts';
import { SqliteAnchorStore } from '../../ledger/anchor/sqlite-anchor-store.ts';
import { readLastCheckpoint } from '../../ledger/checkpoint-store.ts';
import { hex } from '../../ledger/core/bytes.ts';
import { parseCheckpoint } from '../../ledger/core/checkpoint.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { rootAt } from '../../ledger/log-reader.ts';
import { openReader } from '../../ledger/store/location.ts';
import { PostgresStore } from '../../ledger/store/postgres/postgres-store.ts';
import { PostgresWitnessedStore } from '../../ledger/witness/postgres-witnessed-store.ts';
import { WitnessedFiles } from '../../ledger/witness/witnessed-files.ts';
import { withCompileCache } from '../../scripts/runtime.mjs';
import { anchor, pending, receipt } from '../ports/anchor-store-contract.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { ORIGIN, SampleLedger, SITE } from '../support/sample-ledger.ts';

// A building that moves from files into a database and back, and what the command line does there.

const main = join(import.meta.dirname, '..', '..', 'api', 'cli', 'main.ts');
const PLACE = { site: SITE, chain: 'fabric/anchors/anchor/0123' };
const AUGUST = ['--from', '2026-07-31T16:00:00.000Z', '--to', '2026-08-31T16:00:00.000Z'];
const folder = mkdtempSync(join(tmpdir(), 'billproof-moving-'));

let server: PostgresServer;
let url: string;
let sample: SampleLedger;
let keys: string;
/** Signed before the move. */
let before: { readonly note: string; readonly size: number; readonly root: string };
let vkey: string;

function billproof(env: Readonly<Record<string, string>>, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: withCompileCache({
      ...{ PATH: process.env['PATH'], NO_COLOR: '1', BILLPROOF_KEYS: keys },
      ...env,
    }),
  });
  return { status, stdout, stderr };
}

const inDatabase = (...args: string[]) => billproof({ DATABASE_URL: url }, ...args);

function openLedger(database: string, checkpointUrl?: string): Promise<Ledger> {
  return Ledger.open({
    ...{ dataDir: join(folder, 'none'), keysDir: keys, simulatedClock: true, checkpointMs: 50 },
    database: {
      url: database,
      checkpointUrl,
      writes: true,
      listen: { host: '127.0.0.1', port: 0 },
    },
  });
}

async function topUp(ledger: Ledger): Promise<void> {
  await ledger.execute({
    ...{ do: 'credit-top-up', site: SITE, account: 'a-1', wallet: 'electricity' },
    ...{ amount: '7.000000', method: 'cash' },
  });
}

/** Waits until a ledger has signed more events than these. */
async function signsMoreThan(ledger: Ledger, size: number): Promise<void> {
  const newest = async () => parseCheckpoint((await ledger.checkpoint(SITE)) ?? before.note).size;
  await expect.poll(newest).toBeGreaterThan(size);
}

beforeAll(async () => {
  server = await PostgresServer.start();
  url = server.makeDatabase();
  sample = await SampleLedger.make();
  const { dataDir } = sample.options;
  keys = join(dataDir, 'keys');
  await sample.account('a-1', 'm-1');
  await sample.readings(['m-1'], '2026-08-01T00:00:00.000Z', 30);
  await sample.reopen();
  vkey = sample.ledger.site(SITE)?.vkey ?? '';
  const note = (await sample.ledger.checkpoint(SITE)) ?? '';
  const { size, root } = parseCheckpoint(note);
  before = { note, size, root: hex(root) };
  const anchors = new SqliteAnchorStore(anchorStorePath(dataDir));
  for (const each of [3, 8]) await anchors.record(PLACE, anchor(each), receipt(each));
  await anchors.confirm(PLACE, 3);
  await anchors.keep(PLACE, pending(9, 'a'));
  await anchors.follow(SITE, [PLACE.chain]);
  await anchors.close();
  const witnessed = new WitnessedFiles(dataDir);
  await witnessed.putLast(SITE, { size, note });
  await witnessed.keep(SITE, { size, note }, 1_000_000);
  await witnessed.close();
  await sample.ledger.close();
});

afterAll(async () => {
  rmSync(sample.dir, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
});

describe('a database without a ledger', () => {
  it('is told of as missing data, by every command that reads, and nothing is made', () => {
    const empty = { DATABASE_URL: server.makeDatabase() };
    const site = ['--site', SITE];
    for (const args of [
      ['fsck'],
      ['backup', join(folder, 'no')],
      ['export', ...site, ...AUGUST, '-o', join(folder, 'no.archive')],
      ['keys', 'trust'],
      ['keys', 'save'],
      ['anchor', 'status'],
      ['succeed', ...site, '--origin', 'a.example/b', '--reason', 'none'],
    ]) {
      const { status, stderr } = billproof(empty, ...args);
      expect([args[0], status, stderr]).toEqual([
        ...[args[0], 2],
        'billproof: There is no ledger in the database yet. (data-missing)\n',
      ]);
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a database that does not answer', () => {
  it('is told of as unavailable, without its password', () => {
    const DATABASE_URL = 'postgres://tests:hidden@127.0.0.1:9/none';
    for (const args of [['fsck'], ['keys', 'trust'], ['backup', join(folder, 'no')]]) {
      const env = { DATABASE_URL, BILLPROOF_DATABASE_SECONDS: '1' };
      const { status, stdout, stderr } = billproof(env, ...args);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(
        /^billproof: The database cannot be reached\. .*\(store-unavailable\)\n$/,
      );
      expect(stderr).not.toContain('hidden');
    }
  });
});

describe('a building that moves into a database', () => {
  const copy = join(folder, 'copy');

  it('is refused without the keys of its logs, and with another key', () => {
    expect(billproof({}, 'backup', '--data', sample.options.dataDir, copy).status).toBe(0);
    const other = join(folder, 'other-keys');
    mkdirSync(other);
    copyFileSync(join(keys, 'kek.key'), join(other, 'kek.key'));
    const missing = billproof({ DATABASE_URL: url, BILLPROOF_KEYS: other }, 'restore', copy);
    expect([missing.status, missing.stderr]).toEqual([2, expect.stringContaining('(key-file)')]);
    copyFileSync(join(keys, 'kek.key'), join(other, `log-${SITE}.key`));
    const wrong = billproof({ DATABASE_URL: url, BILLPROOF_KEYS: other }, 'restore', copy);
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('(log-key-differs)')]);
    copyFileSync(join(keys, `log-${SITE}.key`), join(other, 'kek.key'));
    const sealed = billproof({ DATABASE_URL: url, BILLPROOF_KEYS: other }, 'restore', copy);
    expect([sealed.status, sealed.stderr]).toEqual([2, expect.stringContaining('(kek-wrong)')]);
  });

  it('is all there, sound, and is not put there twice', async () => {
    const restored = inDatabase('restore', copy);
    expect(restored).toEqual({
      ...{ status: 0, stderr: '' },
      stdout: 'the database: restored. Check it with billproof fsck.\n',
    });
    expect(inDatabase('restore', copy).stderr).toContain('(target-exists)');
    const checked = inDatabase('fsck', '--deep', '-q');
    expect(checked.stdout).toMatch(/^CLEAN {3}1 sites, [0-9]+ events, 30 records in /);
    expect(checked.status).toBe(0);
    const anchors = new PostgresAnchorStore({ url });
    expect(await anchors.list(PLACE, 100, 9)).toEqual([anchor(8), anchor(3)]);
    expect(await anchors.receipt(PLACE, 8)).toBe(receipt(8));
    expect(await anchors.unconfirmed(PLACE)).toEqual([anchor(8)]);
    expect(await anchors.pending(PLACE)).toEqual(pending(9, 'a'));
    expect(await anchors.followed()).toEqual([PLACE]);
    await anchors.close();
    const witnessed = new PostgresWitnessedStore({ url });
    expect(await witnessed.last(SITE)).toBe(before.note);
    const kept = { size: before.size, note: before.note };
    expect(await witnessed.covering(SITE, 1)).toEqual(kept);
    await witnessed.close();
  });

  it('goes on there under the same key, as one history', async () => {
    const ledger = await openLedger(url);
    expect(ledger.site(SITE)?.vkey).toBe(vkey);
    await topUp(ledger);
    await signsMoreThan(ledger, before.size);
    const reader = openReader({ kind: 'postgres', url });
    expect(hex(rootAt(reader, SITE, before.size))).toBe(before.root);
    reader.close();
    // What reads works beside the service, what writes waits for its end.
    const busy = ['--site', SITE, '--origin', `${ORIGIN}-2`, '--reason', 'none'];
    expect(inDatabase('succeed', ...busy).stderr).toContain('(data-in-use)');
    expect(inDatabase('restore', copy).stderr).toContain('(data-in-use)');
    expect(inDatabase('fsck', '-q').status).toBe(0);
    expect(inDatabase('keys', 'trust', '--site', SITE).stdout).toContain(`log ${vkey}\n`);
    const out = join(folder, 'august.archive');
    expect(inDatabase('export', '--site', SITE, ...AUGUST, '-o', out).status).toBe(0);
    expect(billproof({}, 'verify', out).stdout).toMatch(/^VERIFIED {2}archive of /);
    const told = JSON.parse(inDatabase('anchor', 'status', '--json').stdout);
    expect(told).toMatchObject([{ ...PLACE, size: 8, pending: 9 }]);
    await ledger.close();
  });
});

describe('a building that moves back into files', () => {
  const copy = join(folder, 'back');
  const dataDir = join(folder, 'files');
  const saved = join(folder, 'saved-keys');

  it('has its keys saved apart from the copy', () => {
    mkdirSync(saved);
    copyFileSync(join(keys, 'kek.key'), join(saved, 'kek.key'));
    const { stdout } = inDatabase('backup', copy);
    expect(stdout).toBe(
      `${copy}: copied. Keys are not in it. The database has those of the logs, wrapped: billproof keys save puts them with the others.\n`,
    );
    expect(readdirSync(copy).sort()).toEqual([
      'access.db',
      'anchors',
      'last-checkpoint',
      'ledger.db',
      'registry.db',
      'witnessed',
    ]);
    for (let times = 0; times < 2; times += 1) {
      const env = { DATABASE_URL: url, BILLPROOF_KEYS: saved };
      expect(billproof(env, 'keys', 'save').stdout).toMatch(
        /^ledger\.example\/log\/tower {2}.*log-tower\.[0-9a-f]{16}\.key\n$/,
      );
    }
  });

  it('goes on there under the same key, as one history', async () => {
    const env = { BILLPROOF_KEYS: saved };
    expect(billproof(env, 'restore', '--data', dataDir, copy).status).toBe(0);
    expect(billproof(env, 'fsck', '--data', dataDir, '--deep', '-q').stdout).toMatch(/^CLEAN /);
    const ledger = await Ledger.open({ ...sample.options, dataDir, keysDir: saved });
    expect(ledger.site(SITE)?.vkey).toBe(vkey);
    const { size } = parseCheckpoint((await ledger.checkpoint(SITE)) ?? '');
    await topUp(ledger);
    await signsMoreThan(ledger, size);
    await ledger.close();
    const reader = openReader({ kind: 'sqlite', dataDir });
    expect(hex(rootAt(reader, SITE, before.size))).toBe(before.root);
    reader.close();
    expect(billproof(env, 'fsck', '--data', dataDir, '-q').status).toBe(0);
    const anchors = new SqliteAnchorStore(anchorStorePath(dataDir));
    expect(await anchors.unconfirmed(PLACE)).toEqual([anchor(8)]);
    expect(await anchors.receipt(PLACE, 3)).toBe(receipt(3));
    expect(await anchors.pending(PLACE)).toEqual(pending(9, 'a'));
    await anchors.close();
    const witnessed = new WitnessedFiles(dataDir);
    expect(await witnessed.last(SITE)).toBe(before.note);
    await witnessed.close();
  });
});

describe('a log whose signed events are lost in a database', () => {
  const NEW = `${ORIGIN}-2`;
  let older: Readonly<Record<string, string>>;
  const succeed = (...args: string[]) =>
    billproof(older, 'succeed', '--site', SITE, '--origin', NEW, '--reason', 'disk lost', ...args);

  it('is succeeded by the command, while no service runs', async () => {
    // The copy of before the move; the last checkpoints are those of the database that went on.
    older = { DATABASE_URL: server.makeDatabase(), BILLPROOF_CHECKPOINT_URL: url };
    expect(billproof(older, 'restore', join(folder, 'copy')).status).toBe(0);
    expect(billproof(older, 'fsck', '-q').stdout).toContain('!! log-behind');
    expect(succeed().stdout).toContain('Nothing was changed. Say --yes to do it.');
    const holder = new PostgresStore({
      ...{ url: older['DATABASE_URL'] ?? '', joining: { shared: '127.0.0.1:1' } },
    });
    expect(succeed('--yes').stderr).toContain('(data-in-use)');
    holder.close();
    const lost = { ...older, BILLPROOF_KEK: '0'.repeat(64) };
    const args = ['--site', SITE, '--origin', NEW, '--reason', 'none', '--yes'];
    expect(billproof(lost, 'succeed', ...args).stderr).toContain('(kek-wrong)');
    const done = succeed('--yes');
    expect([done.status, done.stderr]).toEqual([0, '']);
    expect(done.stdout).toContain(`\n${NEW}\n${before.size + 1}\n`);
    expect(billproof(older, 'fsck', '-q').stdout).toMatch(/^CLEAN /);
    const anchors = new PostgresAnchorStore({ url: older['DATABASE_URL'] ?? '' });
    expect(await anchors.newest(PLACE)).toBeUndefined();
    expect(await anchors.newest({ ...PLACE, site: `log ${ORIGIN}` })).toEqual(anchor(8));
    await anchors.close();
  });

  it('goes on as the new log, whose copies still know what the old one has signed', async () => {
    const database = older['DATABASE_URL'] ?? '';
    const ledger = await openLedger(database, url);
    expect(ledger.site(SITE)?.origin).toBe(NEW);
    await topUp(ledger);
    await signsMoreThan(ledger, before.size + 1);
    await ledger.close();
    expect(billproof(older, 'fsck', '-q').stdout).toMatch(/^CLEAN /);
    const out = join(folder, 'succeeded');
    expect(billproof(older, 'backup', out).status).toBe(0);
    const last = readLastCheckpoint(join(out, 'last-checkpoint', 'checkpoints.db'));
    expect([...last.keys()].sort()).toEqual([ORIGIN, NEW]);
    const witnessed = new WitnessedFiles(out);
    expect(await witnessed.last(SITE)).toBeUndefined();
    expect(await witnessed.last(`log ${ORIGIN}`)).toBe(before.note);
    await witnessed.close();
    // A backup of a log that has ended once goes into a database again.
    expect(billproof(older, 'keys', 'save').status).toBe(0);
    const again = { DATABASE_URL: server.makeDatabase() };
    expect(billproof(again, 'restore', out).status).toBe(0);
    expect(billproof(again, 'fsck', '-q').stdout).toMatch(/^CLEAN /);
  });
});
