import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
import { WitnessedFile, witnessedPath } from './witness/witnessed-file.ts';
import { WitnessedNotes } from './witness/witnessed-notes.ts';

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
  anchors.follow([PLACE]);
  anchors.record(PLACE, ANCHOR, `{"block":"${'A'.repeat(20_000)}"}`);
  anchors.keep(PLACE, PENDING);
  const note = sample.ledger.checkpoint(SITE) ?? '';
  const file = new WitnessedFile(witnessedPath(dataDir, SITE));
  file.write(note);
  await file.settled();
  const notes = new WitnessedNotes(join(dataDir, 'witnessed', 'notes.db'));
  onTestFinished(() => notes.close());
  notes.keep(SITE, { size: 2, note }, 1_000_000);
  return { sample, dataDir, anchors, note };
}

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-backup-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Everything that the data folder has of others' words. */
function saidIn(dataDir: string, site = SITE) {
  const anchors = new SqliteAnchorStore(anchorStorePath(dataDir));
  const notes = new WitnessedNotes(join(dataDir, 'witnessed', 'notes.db'));
  try {
    const place = { ...PLACE, site };
    const newest = anchors.newest(place);
    return {
      ...{ newest, receipt: newest && anchors.receipt(place, newest.size).length },
      ...{ pending: anchors.pending(place), followed: anchors.followed() },
      kept: notes.covering(site, 1),
    };
  } finally {
    anchors.close();
    notes.close();
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
    kept: { size: 2, note },
  };
  expect(saidIn(fresh)).toEqual(said);
  expect(readFileSync(witnessedPath(fresh, SITE), 'utf8')).toBe(note);
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
  anchors.record(PLACE, next, '{}');
  const later = join(folder, 'later');
  await backup({ dataDir, out: later });
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(later, `ledger.db${suffix}`), { force: true });
  restore({ from: out, dataDir: later });
  expect(saidIn(later).newest).toEqual(next);
});

it('keeps what was said of a log that has ended under the name of that log', async () => {
  const { sample, dataDir } = await runningLedger();
  const said = saidIn(dataDir);
  await sample.ledger.close();
  for (let times = 0; times < 2; times += 1) setAsideLog(dataDir, SITE, 'ledger.example/log/old');
  const nothing = { newest: undefined, receipt: undefined, pending: undefined, kept: undefined };
  const followed = [{ ...PLACE, site: 'ledger.example/log/old' }];
  expect(saidIn(dataDir)).toEqual({ ...nothing, followed });
  expect(saidIn(dataDir, 'ledger.example/log/old')).toEqual({ ...said, followed });
  expect(existsSync(witnessedPath(dataDir, SITE))).toBe(false);
  await sample.reopen();
});
