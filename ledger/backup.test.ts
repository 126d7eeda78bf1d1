import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SampleLedger, SITE } from '../test/support/sample-ledger.ts';
import type { Anchor } from './anchor/anchor-store.ts';
import { anchorStorePath } from './anchor/anchoring.ts';
import { SqliteAnchorStore } from './anchor/sqlite-anchor-store.ts';
import { backup, restore } from './backup.ts';
import { fsck } from './fsck.ts';
import { setAsideLog } from './set-aside.ts';
import { WitnessedFiles, witnessedPath } from './witness/witnessed-files.ts';

const PLACE = { site: SITE, chain: 'fabric:bills' };
const ANCHOR: Anchor = {
  ...{ size: 3, note: 'note of 3\n', kind: 'fabric', network: 'real', atMs: 5, place: '{}' },
};
const PENDING = { size: 4, note: 'note of 4\n', id: 'transaction', bytes: Buffer.from('sent') };

/** A ledger that runs, with what a chain and a quorum have said of it. */
async function runningLedger() {
  const sample = await SampleLedger.make();
  onTestFinished(() => sample.remove());
  await sample.account('a-1', 'm-1');
  const { dataDir } = sample.options;
  const anchors = new SqliteAnchorStore(anchorStorePath(dataDir));
  onTestFinished(() => anchors.close());
  await anchors.follow(SITE, [PLACE.chain]);
  await anchors.record(PLACE, ANCHOR, `{"block":"${'A'.repeat(20_000)}"}`);
  await anchors.keep(PLACE, PENDING);
  const note = (await sample.ledger.checkpoint(SITE)) ?? '';
  const witnessed = new WitnessedFiles(dataDir);
  onTestFinished(() => witnessed.close());
  await witnessed.putLast(SITE, { size: 2, note });
  await witnessed.keep(SITE, { size: 2, note }, 1_000_000);
  return { sample, dataDir, anchors, witnessed, note };
}

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-backup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Everything that the data folder has of others' words. */
async function saidIn(dataDir: string, site = SITE) {
  const anchors = new SqliteAnchorStore(anchorStorePath(dataDir));
  const witnessed = new WitnessedFiles(dataDir);
  try {
    const place = { ...PLACE, site };
    const newest = await anchors.newest(place);
    return {
      ...{ newest, receipt: newest && (await anchors.receipt(place, newest.size)).length },
      ...{ pending: await anchors.pending(place), followed: await anchors.followed() },
      ...{ last: await witnessed.last(site), kept: await witnessed.covering(site, 1) },
    };
  } finally {
    await anchors.close();
    await witnessed.close();
  }
}

it('copies what chains and witnesses have said, and puts it back', async () => {
  const { sample, dataDir, note } = await runningLedger();
  const folder = emptyFolder();
  const [out, fresh] = [join(folder, 'copy'), join(folder, 'fresh')];
  await Promise.all([backup({ dataDir, out }), sample.topUp('a-1', '1.000000')]);
  restore({ from: out, dataDir: fresh });
  const said = {
    ...{ newest: ANCHOR, receipt: 20_012, pending: PENDING, followed: [PLACE] },
    ...{ last: note, kept: { size: 2, note } },
  };
  expect(await saidIn(fresh)).toEqual(said);
  expect(existsSync(join(fresh, 'keys'))).toBe(false);
  const { findings } = await fsck({ dataDir: fresh, keysDir: join(dataDir, 'keys'), threads: 1 });
  expect(findings).toEqual([]);
});

it('leaves receipts and cosignatures that are there: they are newer than the copy', async () => {
  const { dataDir, anchors } = await runningLedger();
  const folder = emptyFolder();
  const out = join(folder, 'copy');
  await backup({ dataDir, out });
  const next = { ...ANCHOR, size: 4, note: 'note of 4\n' };
  await anchors.record(PLACE, next, '{}');
  const later = join(folder, 'later');
  await backup({ dataDir, out: later });
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(later, `ledger.db${suffix}`), { force: true });
  restore({ from: out, dataDir: later });
  expect((await saidIn(later)).newest).toEqual(next);
});

it('keeps what was said of a log that has ended under the name of that log', async () => {
  const { sample, dataDir, anchors, witnessed } = await runningLedger();
  const said = await saidIn(dataDir);
  await sample.ledger.close();
  for (let times = 0; times < 2; times += 1) {
    await setAsideLog({ anchors, witnessed }, SITE, 'ledger.example/log/old');
  }
  const nothing = {
    ...{ newest: undefined, receipt: undefined, pending: undefined },
    ...{ last: undefined, kept: undefined },
  };
  const followed = [{ ...PLACE, site: 'log ledger.example/log/old' }];
  expect(await saidIn(dataDir)).toEqual({ ...nothing, followed });
  expect(await saidIn(dataDir, 'log ledger.example/log/old')).toEqual({ ...said, followed });
  expect(existsSync(witnessedPath(dataDir, SITE))).toBe(false);
  await sample.reopen();
});
