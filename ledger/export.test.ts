import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SampleLedger, SITE } from '../test/support/sample-ledger.ts';
import { backup, restore } from './backup.ts';
import { checkExport, type ExportReport } from './core/export-check.ts';
import { ED25519_NOTE, formatVerifierKey, verifierKey } from './core/signed-note.ts';
import { parseTime } from './core/time.ts';
import { exportPeriod } from './export.ts';
import { fsck } from './fsck.ts';
import { Ledger } from './ledger.ts';

let sample: SampleLedger;
let out: string;
let lines: string[];

beforeAll(async () => {
  sample = await SampleLedger.make();
  await sample.account('acc-1', 'm-1');
  await sample.ledger.setClock(parseTime('2026-08-01T00:00:00.000Z'));
  await sample.topUp('acc-1', '100.000000');
  await sample.readings(['m-1'], '2026-08-01T00:00:00.000Z', 20);
  await sample.ledger.setClock(parseTime('2026-09-02T00:00:00.000Z'));
  await sample.readings(['m-1'], '2026-09-01T12:00:00.000Z', 20, 25, 200);
  await sample.reopen();
  out = join(sample.dir, 'august.archive');
  exportPeriod({
    dataDir: sample.options.dataDir,
    site: SITE,
    from: '2026-07-31T16:00:00.000Z',
    to: '2026-08-31T16:00:00.000Z',
    out,
  });
  lines = readFileSync(out, 'utf8').trimEnd().split('\n');
});

afterAll(async () => {
  await sample.remove();
});

const codes = (changed: readonly string[]): string[] => [
  ...new Set(checkOf(changed).findings.map(({ code }) => code)),
];

function checkOf(changed: readonly string[]): ExportReport {
  return checkExport(changed, { trust: sample.ledger.policy(SITE) });
}

function edited(part: string, change: (line: string) => string): string[] {
  const at = lines.findIndex((line) => line.includes(part));
  expect(at).toBeGreaterThan(0);
  return lines.map((line, i) => (i === at ? change(line) : line));
}

test('an archive of a month is whole, in the log, and its books balance', () => {
  const report = checkOf(lines);
  expect(report.findings).toEqual([]);
  expect(report.records).toBeGreaterThanOrEqual(20);
  expect(report.books['cash:cash']).toBe('100.000000');
  const sum = Object.values(report.books).reduce(
    (all, text) => all + BigInt(text.replace('.', '')),
    0n,
  );
  expect(sum).toBe(0n);
});

test('a changed amount is found', () => {
  const changed = edited('topup.credited', (line) => line.replaceAll('100.000000', '900.000000'));
  expect(codes(changed)).toContain('inclusion-failed');
});

test('an event left out is found', () => {
  const at = lines.findIndex((line) => line.includes('usage.deducted'));
  expect(codes(lines.toSpliced(at + 1, 1))).toEqual(['event-chain-broken', 'event-gap']);
});

test('two events in the other order are found', () => {
  const at = lines.findIndex((line) => line.includes('usage.deducted'));
  const swapped = lines.toSpliced(at, 2, lines[at + 1] ?? '', lines[at] ?? '');
  expect(codes(swapped)).toEqual(['event-chain-broken', 'inclusion-failed']);
});

test('a changed reading is found', () => {
  const changed = edited('"jws"', (line) => line.replace('100.25', '100.26'));
  expect(codes(changed)).toContain('batch-root');
});

test('an archive of another log is not the one that is trusted', () => {
  const key = verifierKey('other.example/log/x', ED25519_NOTE, new Uint8Array(32).fill(9));
  const trust = `log ${formatVerifierKey(key)}\nquorum none\n`;
  const { findings } = checkExport(lines, { trust });
  expect(findings.map(({ code }) => code)).toEqual(['identity-other-key']);
});

test('a record that came too early, and again in its turn, is no fault', async () => {
  const other = await SampleLedger.make();
  await other.account('acc-1', 'm-1');
  await other.ledger.setClock(parseTime('2026-08-02T00:00:00.000Z'));
  await other.topUp('acc-1', '5.000000');
  const [first, second, third] = [0, 1, 2].map((i) =>
    other.device.record({ meter: 'm-1', at: `2026-08-01T0${i}:00:00.000Z`, value: `30${i}` }),
  );
  // The ledger keeps a batch as it came and asks for what is missing.
  await other.send([first ?? '', third ?? '']);
  await other.send([second ?? '', third ?? '']);
  await other.reopen();
  const archive = join(other.dir, 'archive');
  const when = { from: '2026-07-31T16:00:00.000Z', to: '2026-08-31T16:00:00.000Z' };
  exportPeriod({ dataDir: other.options.dataDir, site: SITE, ...when, out: archive });
  const report = checkExport(readFileSync(archive, 'utf8').trimEnd().split('\n'), {});
  await other.remove();
  expect({ findings: report.findings, records: report.records }).toEqual({
    findings: [],
    records: 4,
  });
});

test('a text that is no archive is refused', () => {
  expect(() => checkExport(['{"format":"billproof/1"}'], {})).toThrow(/not an archive/);
  expect(() => checkExport([], {})).toThrow(/not an archive/);
});

test('a time without events is refused, and no file appears', () => {
  const empty = join(sample.dir, 'empty.archive');
  const options = { dataDir: sample.options.dataDir, site: SITE, out: empty };
  const when = { from: '2030-01-01T00:00:00.000Z', to: '2030-02-01T00:00:00.000Z' };
  expect(() => exportPeriod({ ...options, ...when })).toThrow(/No signed event/);
  expect(existsSync(empty)).toBe(false);
});

test('the drill: back up, go on, restore elsewhere, go on there', async () => {
  const { dataDir } = sample.options;
  const copy = join(sample.dir, 'backup');
  await backup({ dataDir, out: copy });
  const elsewhere = join(sample.dir, 'elsewhere');
  restore({ from: copy, dataDir: elsewhere });
  const keysDir = join(dataDir, 'keys');
  expect((await fsck({ dataDir: elsewhere, keysDir })).findings).toEqual([]);
  const ledger = await Ledger.open({ dataDir: elsewhere, keysDir, simulatedClock: true });
  expect((await ledger.account(SITE, 'acc-1'))?.n).toBe(
    (await sample.ledger.account(SITE, 'acc-1'))?.n,
  );
  await ledger.close();
  expect(() => restore({ from: copy, dataDir: elsewhere })).toThrow(/empty folder/);
});

test('an older backup refuses to publish a smaller log, and says what to do', async () => {
  const { dataDir } = sample.options;
  const copy = join(sample.dir, 'older');
  await backup({ dataDir, out: copy });
  await sample.topUp('acc-1', '1.000000');
  await sample.reopen();
  await sample.ledger.close();
  for (const suffix of ['', '-wal', '-shm'])
    rmSync(join(dataDir, `ledger.db${suffix}`), { force: true });
  restore({ from: copy, dataDir });
  await expect(Ledger.open(sample.options)).rejects.toMatchObject({ code: 'log-behind' });
  // The right copy: here, the same log grown again by what the bridges and the office send once more.
  rmSync(join(dataDir, 'last-checkpoint'), { recursive: true });
  sample.ledger = await Ledger.open(sample.options);
});
