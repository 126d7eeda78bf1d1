import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backup, restore } from '../../ledger/backup.ts';
import { readLastCheckpoint, SqliteCheckpointStore } from '../../ledger/checkpoint-store.ts';
import { parseCheckpoint, verifyCheckpoint } from '../../ledger/core/checkpoint.ts';
import type { LogSucceeded } from '../../ledger/core/event-data.ts';
import { checkExport } from '../../ledger/core/export-check.ts';
import { formatVerifierKey, parseVerifierKey } from '../../ledger/core/signed-note.ts';
import { formatTime, parseTime } from '../../ledger/core/time.ts';
import { type Verdict, verifyBundle } from '../../ledger/core/verdict.ts';
import { exportPeriod } from '../../ledger/export.ts';
import { fsck } from '../../ledger/fsck.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { LedgerOptions } from '../../ledger/ledger-options.ts';
import { makeLogKey } from '../../ledger/log-keys.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { SqliteStore } from '../../ledger/store/sqlite/sqlite-store.ts';
import { planSuccession } from '../../ledger/succession.ts';
import { withCompileCache } from '../../scripts/runtime.mjs';
import { SampleDevice, type SignedBatch } from '../support/sample-device.ts';
import { ORIGIN, SampleLedger, SITE } from '../support/sample-ledger.ts';
import { WritingOffice } from '../support/writing-office.ts';

// A site whose newest signed events are lost for ever, and the log that takes the old one's place.

const main = join(import.meta.dirname, '..', '..', 'api', 'cli', 'main.ts');
const NEW = 'ledger.example/log/tower-2';
const JULY_END = '2026-07-31T16:00:00.000Z';
const QUARTER_MS = 15 * 60_000;
const folder = mkdtempSync(join(tmpdir(), 'billproof-succession-'));

let sample: SampleLedger;
/** Bills under the old log: one of what is kept, one with what is lost. */
const old: { august: string; september: string; seen: Verdict['checkpoint'] } = {
  august: '',
  september: '',
  seen: undefined,
};
/** All that the bridge has sent, as it holds it. */
const sent: SignedBatch[] = [];
let restored: LedgerOptions;
let kept = 0;
let keptNote = '';
let signed = 0;
/** What the command said, without and with --yes. */
let dry: ReturnType<typeof billproof>;
let done: ReturnType<typeof billproof>;

function billproof(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: withCompileCache({
      PATH: process.env['PATH'],
      NO_COLOR: '1',
      BILLPROOF_KEYS: keys(),
      BILLPROOF_CHECKPOINTS: dirname(lastPath()),
    }),
  });
  return { status, stdout, stderr };
}

const keys = () => join(sample.options.dataDir, 'keys');
const lastPath = () => join(sample.options.dataDir, 'last-checkpoint', 'checkpoints.db');
const succeed = (...args: string[]) =>
  billproof(
    'succeed',
    '--data',
    restored.dataDir,
    '--site',
    SITE,
    '--reason',
    'disk lost',
    ...args,
  );

async function send(ledger: Ledger, from: number, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, i) =>
    sample.device.record({
      meter: 'm-1',
      at: formatTime(parseTime(JULY_END) + (from + i) * QUARTER_MS * 24),
      value: (1_000 + (from + i) / 4).toFixed(2),
    }),
  );
  const batch = sample.device.batch(records);
  sent.push(batch);
  await ledger.acceptBatch(SITE, 'br-1', batch.jws, batch.records);
}

async function codesOf(dataDir: string): Promise<string[]> {
  const options = { dataDir, keysDir: keys(), checkpointPath: lastPath(), threads: 1, deep: true };
  return (await fsck(options)).findings.map(({ code }) => code);
}

beforeAll(async () => {
  sample = await SampleLedger.make();
  const { ledger } = sample;
  await sample.account('a-1', 'm-1');
  await send(ledger, 0, 120);
  await send(ledger, 120, 10);
  await ledger.setClock(parseTime('2026-09-02T00:00:00.000Z'));
  await sample.topUp('a-1', '100.000000');
  old.august = await ledger.bundle(SITE, await sample.statement('a-1', '2026-08'));
  await backup({ dataDir: sample.options.dataDir, out: join(folder, 'backup') });
  keptNote = (await ledger.checkpoint(SITE)) ?? '';
  kept = parseCheckpoint(keptNote).size;
  await send(ledger, 130, 120);
  await sample.topUp('a-1', '7.000000');
  await ledger.setClock(parseTime('2026-10-02T00:00:00.000Z'));
  old.september = await ledger.bundle(SITE, await sample.statement('a-1', '2026-09'));
  old.seen = verifyBundle(old.september, {}).checkpoint;
  await ledger.close();
  signed = readLastCheckpoint(lastPath()).get(ORIGIN)?.size ?? 0;
  restored = {
    ...sample.options,
    ...{ dataDir: join(folder, 'restored'), keysDir: keys(), checkpointPath: lastPath() },
  };
  restore({ from: join(folder, 'backup'), dataDir: restored.dataDir, checkpointPath: lastPath() });
});

afterAll(() => {
  rmSync(sample.dir, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
});

describe('signed events that are lost for ever', () => {
  it('leave an older copy that is sound and does not start', async () => {
    expect(signed).toBeGreaterThan(kept + 100);
    expect(await codesOf(restored.dataDir)).toEqual(['log-behind']);
    await expect(Ledger.open(restored)).rejects.toMatchObject({
      code: 'log-behind',
      params: { signed, stored: kept },
    });
  });
});

describe('the command that lets a site go on', () => {
  it('says what it would do, and changes nothing', async () => {
    const before = readdirSync(keys());
    dry = succeed('--origin', NEW);
    expect(dry).toEqual({
      status: 0,
      stderr: '',
      stdout:
        `Log ${ORIGIN} has signed ${signed} events; here are ${kept}.\n` +
        `${signed - kept} signed events are lost. Bills that show them stay proofs against the operator.\n` +
        `The site goes on as ${NEW}, a new log with a new key and these ${kept} events.\n` +
        'Nothing was changed. Say --yes to do it.\n',
    });
    expect(readdirSync(keys())).toEqual(before);
    await expect(Ledger.open(restored)).rejects.toMatchObject({ code: 'log-behind' });
  });

  it('refuses the old name, a name that is none, a decider with a name, and data that is whole', () => {
    expect(succeed('--origin', ORIGIN, '--yes').stderr).toContain('(origin-used)');
    expect(succeed('--origin', 'Not a name', '--yes').stderr).toContain('(bad-origin)');
    expect(succeed('--origin', NEW, '--by', 'Mr Wang', '--yes').stderr).toContain('(bad-decider)');
    const whole = ['--data', sample.options.dataDir, '--site', SITE, '--reason', 'none'];
    expect(billproof('succeed', ...whole, '--origin', NEW, '--yes').stderr).toContain(
      '(log-not-behind)',
    );
  });

  it('refuses while a service writes', async () => {
    const running = await Ledger.open(sample.options);
    const busy = ['--data', sample.options.dataDir, '--site', SITE, '--reason', 'none'];
    const refused = billproof('succeed', ...busy, '--origin', NEW);
    await running.close();
    expect(refused.stderr).toContain('(data-in-use)');
    expect(refused.status).toBe(2);
  });

  it('makes a new log of the events that are there, which says so', async () => {
    const old = readLastCheckpoint(lastPath()).get(ORIGIN);
    done = succeed('--origin', NEW, '--by', 'board', '--yes');
    expect(done.stderr).toBe('');
    expect(done.status).toBe(0);
    const last = readLastCheckpoint(lastPath());
    expect(last.get(ORIGIN)).toEqual(old);
    expect(last.get(NEW)?.size).toBe(kept + 1);
    expect(done.stdout).toContain(last.get(NEW)?.note.trimEnd());
    expect(await codesOf(restored.dataDir)).toEqual([]);
    expect(succeed('--origin', `${NEW}-again`, '--yes').stderr).toContain('(log-not-behind)');
  });
});

describe('a succession that is not true', () => {
  /** The older copy once more, and its succession as the plan has it but for a change. */
  async function codesAfter(name: string, change: (data: LogSucceeded) => LogSucceeded) {
    const dataDir = join(folder, name);
    restore({ from: join(folder, 'backup'), dataDir, checkpointPath: lastPath() });
    const store = new SqliteStore(join(dataDir, 'ledger.db'));
    const last = new SqliteCheckpointStore(lastPath());
    const origin = `${ORIGIN}-${name}`;
    const { before, signed: was, kept } = planSuccession(store, last, { site: SITE, origin });
    const data = { vkey: before.vkey, checkpoint: was.note, kept, by: 'board', reason: 'none' };
    const { key } = makeLogKey(keys(), SITE, origin);
    const office = new WritingOffice(store, keys(), sample.device);
    office.writer.succeed(SITE, { origin, vkey: formatVerifierKey(key) }, change(data));
    last.close();
    store.close();
    return await codesOf(dataDir);
  }

  it('is found by fsck', async () => {
    expect(await codesAfter('true', (data) => data)).toEqual([]);
    const otherRoot = (data: LogSucceeded) => ({
      ...data,
      kept: { ...data.kept, root: '0'.repeat(64) },
    });
    expect(await codesAfter('root', otherRoot)).toEqual(['succession-differs']);
    const otherSize = (data: LogSucceeded) => ({ ...data, checkpoint: keptNote });
    expect(await codesAfter('size', otherSize)).toEqual(['succession-differs']);
    const otherNote = (data: LogSucceeded) => ({
      ...data,
      checkpoint: data.checkpoint.replace(`\n${signed}\n`, `\n${signed + 1}\n`),
    });
    expect(await codesAfter('note', otherNote)).toEqual(['succession-differs']);
  });
});

describe('the new log', () => {
  let ledger: Ledger;
  beforeAll(async () => {
    ledger = await Ledger.open(restored);
    await ledger.setClock(parseTime('2026-10-03T00:00:00.000Z'));
  });
  afterAll(() => ledger.close());

  it('tells of the old one in its first event, with what that one had signed', async () => {
    const [told] = (await ledger.events(SITE, 'site', { limit: 100 })).slice(-1);
    const { log, type, data } = JSON.parse(told?.text ?? '{}');
    const { vkey } = verifyBundle(old.august, {}).checkpoint ?? {};
    expect({ leaf: told?.leaf, log, type, data }).toEqual({
      ...{ leaf: kept, log: NEW, type: 'log.succeeded' },
      data: {
        ...{ by: 'board', reason: 'disk lost', vkey },
        checkpoint: readLastCheckpoint(lastPath()).get(ORIGIN)?.note,
        kept: { size: kept, root: expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
    });
    const note = parseCheckpoint((await ledger.checkpoint(SITE)) ?? '');
    const key = parseVerifierKey(ledger.site(SITE)?.vkey ?? '');
    expect(verifyCheckpoint(note, key, nativePrimitives())).toEqual({ ok: true });
    expect(ledger.site(SITE)).toMatchObject({ origin: NEW });
  });

  it('takes what the bridge sends again, and nothing twice', async () => {
    const answers = [];
    for (const { jws, records } of sent) {
      answers.push(await ledger.acceptBatch(SITE, 'br-1', jws, records));
    }
    expect(answers).toEqual([
      { accepted: { 'm-1': 129 }, known: 120, wanted: {} },
      { accepted: { 'm-1': 129 }, known: 10, wanted: {} },
      { accepted: { 'm-1': 249 }, known: 0, wanted: {} },
    ]);
    expect(await ledger.meter(SITE, 'm-1')).toMatchObject({ seq: 249 });
    const records = (await fsck({ ...restored, threads: 1 })).records;
    expect(records).toBe(250);
  });

  it('has a bill over the loss that verifies, and says that it is of another log', async () => {
    // What the office paid in again, and the bill anew.
    await ledger.execute({
      ...{ do: 'credit-top-up', site: SITE, account: 'a-1', wallet: 'electricity' },
      ...{ amount: '7.000000', method: 'cash' },
    });
    const { id } = await ledger.execute({
      ...{ do: 'issue-statement', site: SITE, account: 'a-1', period: '2026-09' },
    });
    const bundle = await ledger.bundle(SITE, String(id));
    const verdict = verifyBundle(bundle, { remembered: old.seen });
    expect(verdict.overall).toBe('verified');
    const succeeded = {
      code: 'history-succeeded',
      params: { origin: ORIGIN, signed, kept },
    };
    expect(verdict.layers[9]).toMatchObject({ status: 'not-present', findings: [succeeded] });
    // Who pinned the old key is told that this is not the log; the old bill is still of it.
    const trust = `log ${old.seen?.vkey}\nquorum none\n`;
    expect(verifyBundle(bundle, { trust }).layers[1]).toMatchObject({
      status: 'failed',
      findings: [{ code: 'identity-other-log', params: { origin: NEW, expected: ORIGIN } }],
    });
    expect(verifyBundle(old.september, { trust }).overall).toBe('verified');
    // What was remembered of the new log is compared as ever.
    const again = verifyBundle(bundle, { remembered: verdict.checkpoint });
    expect(again.layers[9]).toMatchObject({ findings: [{ code: 'history-same' }] });
  });

  it('proves a bill from before the loss under its own key too', async () => {
    const [august] = await ledger.statements(SITE, { limit: 10 });
    const bundle = await ledger.bundle(SITE, august?.id ?? '');
    expect(verifyBundle(bundle, {}).overall).toBe('verified');
    const without = JSON.parse(bundle);
    without.site = without.site.filter(
      ({ event }: { event: string }) => !event.includes('log.succ'),
    );
    expect(verifyBundle(JSON.stringify(without), {}).layers[1]).toMatchObject({
      status: 'failed',
      findings: [{ code: 'event-log-differs', params: { found: ORIGIN, expected: NEW } }],
    });
  });

  it('exports a time on both sides of the loss', () => {
    const out = join(folder, 'both.archive');
    const times = { from: '2026-07-31T15:00:00.000Z', to: '2026-11-01T00:00:00.000Z' };
    exportPeriod({ ...restored, site: SITE, ...times, out });
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(checkExport(lines, {}).findings).toEqual([]);
    const before = { ...times, to: '2026-08-15T00:00:00.000Z' };
    exportPeriod({ ...restored, site: SITE, ...before, out });
    const early = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(checkExport(early, {}).findings).toEqual([]);
    const hidden = early.filter((line) => !line.includes('log.succeeded'));
    expect(new Set(checkExport(hidden, {}).findings.map(({ code }) => code))).toEqual(
      new Set(['event-log-differs']),
    );
  });

  it('goes on in a new epoch where the bridge holds no more what is wanted', async () => {
    const at = (i: number) => formatTime(parseTime(JULY_END) + (250 + i) * QUARTER_MS * 24);
    // Acknowledged by the old log, and so let go of.
    sample.device.record({ meter: 'm-1', at: at(0), value: '1062.50' });
    const next = sample.device.record({ meter: 'm-1', at: at(1), value: '1062.75' });
    const offer = ({ jws, records }: SignedBatch) => ledger.acceptBatch(SITE, 'br-1', jws, records);
    const early = sample.device.batch([next]);
    expect(await offer(early)).toEqual({ accepted: {}, known: 0, wanted: { 'm-1': 250 } });
    const anew = new SampleDevice('br-1', sample.device.pem);
    anew.epoch = 1;
    const first = anew.record({ meter: 'm-1', at: at(2), value: '1063.00' });
    expect(await offer(anew.batch([first]))).toEqual({
      ...{ accepted: { 'm-1': 0 }, known: 0, wanted: {} },
    });
    // What comes late of the old epoch is kept as evidence, and acknowledged.
    expect(await offer(early)).toMatchObject({ known: 1, wanted: {} });
    expect((await ledger.evidence(SITE, { limit: 5 })).map(({ kind }) => kind)).toEqual([
      'old-epoch',
    ]);
    const [charged] = (await ledger.events(SITE, 'a-1', { limit: 1_000 })).slice(-1);
    const { from, to } = JSON.parse(charged?.text ?? '{}').data;
    expect([from.value, to.value]).toEqual(['1062.25', '1063.00']);
  });

  it('starts with its own key and with no other', async () => {
    await ledger.close();
    expect(await codesOf(restored.dataDir)).toEqual([]);
    const elsewhere = join(folder, 'old-keys');
    mkdirSync(elsewhere);
    for (const name of ['kek.key', `log-${SITE}.key`]) {
      writeFileSync(join(elsewhere, name), readFileSync(join(keys(), name)));
    }
    await expect(Ledger.open({ ...restored, keysDir: elsewhere })).rejects.toMatchObject({
      code: 'log-key-differs',
    });
    ledger = await Ledger.open(restored);
  });
});
