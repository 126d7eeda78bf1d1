import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { formatTime, parseTime } from '../../ledger/core/time.ts';
import { fsck } from '../../ledger/fsck.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { SignedBatch } from '../support/sample-device.ts';
import { ORIGIN, SampleLedger, SITE } from '../support/sample-ledger.ts';

const START = '2026-07-31T16:00:00.000Z';
const QUARTER_MS = 15 * 60_000;

async function ledgerWith(readings: number): Promise<SampleLedger> {
  const sample = await SampleLedger.make();
  onTestFinished(() => rmSync(sample.dir, { recursive: true, force: true }));
  await sample.account('a-1', 'm-1');
  await sample.ledger.setClock(parseTime(START));
  await sample.readings(['m-1'], START, readings);
  return sample;
}

/** Readings `[from, from + count)` of the meter as one batch. */
function nextBatch({ device }: SampleLedger, from: number, count: number): SignedBatch {
  const records = Array.from({ length: count }, (_, i) =>
    device.record({
      meter: 'm-1',
      at: formatTime(parseTime(START) + (from + i) * QUARTER_MS),
      value: (1_000 + (from + i) / 4).toFixed(2),
    }),
  );
  return device.batch(records);
}

const accept = ({ ledger }: SampleLedger, { jws, records }: SignedBatch) =>
  ledger.acceptBatch(SITE, 'br-1', jws, records);

describe('a start', () => {
  it('stores the checkpoint that was signed when the process died before it could', async () => {
    const sample = await ledgerWith(10);
    await sample.ledger.close();
    const { dataDir } = sample.options;
    const db = new Database(join(dataDir, 'ledger.db'));
    const newest = db.prepare('SELECT * FROM checkpoints ORDER BY size DESC LIMIT 1').get();
    const gone = db.prepare(
      'DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)',
    );
    expect(gone.run().changes).toBe(1);
    db.close();
    const codes = async () =>
      (await fsck({ dataDir, threads: 1 })).findings.map(({ code }) => code);
    expect(await codes()).toEqual(['checkpoint-missing']);
    const ledger = await Ledger.open(sample.options);
    expect(await ledger.checkpoint(SITE)).toBe(Object(newest).note);
    await ledger.close();
    expect(await codes()).toEqual([]);
  });

  it('refuses an older copy of the events where newer ones were signed, and says what to do', async () => {
    const sample = await ledgerWith(10);
    const { dataDir } = sample.options;
    await sample.ledger.close();
    cpSync(join(dataDir, 'ledger.db'), join(sample.dir, 'older.db'));
    sample.ledger = await Ledger.open(sample.options);
    await accept(sample, nextBatch(sample, 10, 5));
    await sample.ledger.close();
    cpSync(join(sample.dir, 'older.db'), join(dataDir, 'ledger.db'));
    const refused = await Ledger.open(sample.options).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'log-behind', params: { signed: 19, stored: 14 } });
    expect(String(refused)).toContain(
      'restore the newest one. Where there is none that is newer, docs/recovery.md',
    );
    // What refused has let go of the folder: the next attempt is refused for the same reason.
    await expect(Ledger.open(sample.options)).rejects.toMatchObject({ code: 'log-behind' });
  });

  it('refuses another history of the events that were signed', async () => {
    const sample = await ledgerWith(10);
    const { dataDir } = sample.options;
    await sample.ledger.close();
    cpSync(join(dataDir, 'ledger.db'), join(sample.dir, 'older.db'));
    sample.ledger = await Ledger.open(sample.options);
    await accept(sample, nextBatch(sample, 10, 5));
    await sample.ledger.close();
    const last = join(dataDir, 'last-checkpoint');
    cpSync(last, join(sample.dir, 'newer'), { recursive: true });
    // Somebody without the newer store goes on from the older copy.
    rmSync(last, { recursive: true });
    cpSync(join(sample.dir, 'older.db'), join(dataDir, 'ledger.db'));
    sample.ledger = await Ledger.open(sample.options);
    await sample.ledger.setClock(parseTime(START));
    for (let i = 0; i < 9; i += 1) await sample.topUp('a-1', '1.000000');
    await sample.ledger.close();
    rmSync(last, { recursive: true });
    cpSync(join(sample.dir, 'newer'), last, { recursive: true });
    const refused = await Ledger.open(sample.options).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'log-forked', params: { signed: 19 } });
    expect(String(refused)).toContain('Keep this data as it is, restore the right copy');
  });
});

describe('a full disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-full-'));
  const mounted =
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder]).status === 0;
  const unmount = () => {
    if (mounted) spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  };
  if (!mounted) unmount();

  it.skipIf(!mounted)(
    'refuses what has no room, keeps what was acknowledged, and goes on with room',
    async () => {
      onTestFinished(unmount);
      const sample = await ledgerWith(4);
      await sample.ledger.close();
      const dataDir = join(folder, 'data');
      cpSync(sample.options.dataDir, dataDir, { recursive: true });
      const options = { ...sample.options, dataDir };
      sample.ledger = await Ledger.open(options);
      await sample.ledger.setClock(parseTime(START));
      let acknowledged = 3;
      let full: unknown;
      let waiting: SignedBatch | undefined;
      const ballast = join(folder, 'ballast');
      mkdirSync(ballast);
      for (let i = 0; full === undefined; i += 1) {
        expect(i).toBeLessThan(1_000);
        fill(join(ballast, `${i}`), 64 * 1024);
        waiting = nextBatch(sample, acknowledged + 1, 50);
        try {
          const answer = await accept(sample, waiting);
          acknowledged += 50;
          expect(answer).toEqual({ accepted: { 'm-1': acknowledged }, known: 0, wanted: {} });
        } catch (error) {
          full = error;
        }
      }
      expect(full).toMatchObject({ code: 'storage-full' });
      // Timers sign and project meanwhile; the writer outlives what they cannot write.
      await new Promise((resolve) => setTimeout(resolve, 600));
      if (waiting === undefined) throw new Error('a batch was refused');
      await expect(accept(sample, waiting)).rejects.toMatchObject({ code: 'storage-full' });
      expect(await sample.ledger.meter(SITE, 'm-1')).toMatchObject({ seq: acknowledged });
      rmSync(ballast, { recursive: true });
      expect(await accept(sample, waiting)).toEqual({
        accepted: { 'm-1': acknowledged + 50 },
        known: 0,
        wanted: {},
      });
      await sample.ledger.close();
      const { findings, records } = await fsck({ dataDir, threads: 1, deep: true });
      expect({ findings, records }).toEqual({ findings: [], records: acknowledged + 51 });
      expect(ORIGIN).toBe(sample.ledger.site(SITE)?.origin);
    },
  );
});

/** Takes room until there is none. */
function fill(path: string, bytes: number): void {
  try {
    writeFileSync(path, new Uint8Array(bytes));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  }
}
