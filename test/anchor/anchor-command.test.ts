import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anchoringOptions } from '../../api/anchor/anchoring-options.ts';
import { readConfig } from '../../api/config.ts';
import { type Devnet, startDevnet } from '../../chaincode/devnet/devnet.ts';
import { anchorStorePath } from '../../ledger/anchor/anchoring.ts';
import { SqliteAnchorStore } from '../../ledger/anchor/sqlite-anchor-store.ts';
import { withCompileCache } from '../../scripts/runtime.mjs';
import { ORIGIN, SampleLedger } from '../support/sample-ledger.ts';

// `billproof anchor` beside a service, as an operator goes through docs/anchors.md.

const main = join(import.meta.dirname, '../../api/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'billproof-anchor-command-'));
let sample: SampleLedger;
let devnet: Devnet;

beforeAll(async () => {
  sample = await SampleLedger.make();
  devnet = await startDevnet({ folder: join(folder, 'network') });
});
afterAll(async () => {
  await sample.remove();
  await devnet.stop();
  rmSync(folder, { recursive: true });
});

/** The connection file of a client or an administrator. */
function connectionFile(who: 'client' | 'admin', change: object = {}): string {
  const [property] = devnet.organisations;
  if (property === undefined) throw new Error('the network has organisations');
  const { certificate, key } = property[who];
  writeFileSync(join(folder, `${who}.pem`), certificate);
  writeFileSync(join(folder, `${who}.key`), key);
  const path = join(folder, `${who}.json`);
  const { address: gateway, channel, chaincode, genesisHash: pinned } = devnet;
  const organisations = devnet.organisations.map(({ mspId }) => mspId);
  const connection = {
    ...{ gateway, channel, chaincode, mspId: property.mspId, pinned },
    ...{ certificate: `${who}.pem`, key: `${who}.key` },
    endorsement: { threshold: 2, organisations },
    ...change,
  };
  writeFileSync(path, JSON.stringify(connection));
  return path;
}

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The network lives in this process, so it must not stand still meanwhile. */
function anchor(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const words = [main, 'anchor', ...args, '--data', sample.options.dataDir];
  const all = withCompileCache({ PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env });
  return new Promise((resolve) => {
    const child = execFile(process.execPath, words, { env: all }, (_, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

function start(): Promise<void> {
  const { fabric } = readConfig({ BILLPROOF_FABRIC: connectionFile('client') });
  const log = pino({ level: 'silent' });
  return anchoringOptions({ fabric, anchorMs: 3_600_000 }, log).then((options) => {
    if (options === undefined) throw new Error('the settings name a channel');
    sample.ledger.startAnchoring(options);
  });
}

test('says what to do where nothing was ever anchored', async () => {
  const { status, stderr } = await anchor(['status']);
  expect(status).toBe(2);
  expect(stderr).toContain('BILLPROOF_FABRIC');
  expect((await anchor(['dance'])).status).toBe(2);
  expect((await anchor([])).status).toBe(2);
});

test('registers the logs as an administrator, and as nobody else', async () => {
  const client = await anchor(['register'], { BILLPROOF_FABRIC: connectionFile('client') });
  expect(client).toMatchObject({ status: 2, stderr: expect.stringContaining('not-an-admin') });
  for (let n = 0; n < 2; n += 1) {
    const admin = await anchor(['register'], { BILLPROOF_FABRIC: connectionFile('admin') });
    expect(admin).toMatchObject({ status: 0, stdout: `${ORIGIN} is registered on anchors\n` });
  }
});

test('asks the running service to anchor, tells how far it is, and checks every receipt', async () => {
  await start();
  await expect.poll(async () => (await sample.ledger.anchors())[0]?.size ?? 0).toBeGreaterThan(0);
  await sample.account('acc-1', 'm-1');
  // What is signed by then, the service is asked to anchor.
  await expect.poll(async () => (await sample.ledger.anchors())[0]?.lag ?? 0).toBeGreaterThan(0);
  const asked = await anchor(['now']);
  expect(asked).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/events are anchored\n$/),
  });
  const told = await anchor(['status', '--json']);
  expect(JSON.parse(told.stdout)).toMatchObject([{ site: 'tower', network: 'development' }]);
  const words = await anchor(['status']);
  expect(words.stdout).toMatch(/development network: proves nothing/);
  const policy = join(folder, 'tower.policy');
  writeFileSync(policy, sample.ledger.policy('tower'));
  const checked = await anchor(['verify', '--trust', policy]);
  expect(checked).toMatchObject({
    ...{ status: 0, stdout: expect.stringMatching(/^(\d+) of \1 anchors verified; a development/) },
  });
  const bySettings = { BILLPROOF_FABRIC: connectionFile('client') };
  expect((await anchor(['verify'], bySettings)).status).toBe(0);
  expect((await anchor(['verify'])).status).toBe(2);
});

test('finds a receipt that does not hold, and a network that is another', async () => {
  const other = join(folder, 'other.policy');
  const policy = sample.ledger.policy('tower');
  writeFileSync(other, policy.replace(/(anchor) [0-9a-f]{64} /, `$1 ${'ab'.repeat(32)} `));
  const pinned = await anchor(['verify', '--trust', other]);
  expect(pinned).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('fabric-pinned-hash'),
  });
  const path = anchorStorePath(sample.options.dataDir);
  const store = new SqliteAnchorStore(path);
  const [place] = await store.places();
  if (place === undefined) throw new Error('something is anchored');
  const [newest, before] = await store.list(place, Number.MAX_SAFE_INTEGER, 2);
  if (newest === undefined || before === undefined) throw new Error('two anchors are there');
  // The receipt of one under the size of another.
  const moved = { ...newest, size: newest.size + 1 };
  await store.record(place, moved, await store.receipt(place, before.size));
  await store.close();
  writeFileSync(other, policy);
  const forged = await anchor(['verify', '--trust', other, '--json']);
  expect(forged.status).toBe(1);
  expect(forged.stdout).toContain('"code":"fabric-write-set"');
});

test('does not wait for a network that is no more, nor call its receipts false', async () => {
  const path = anchorStorePath(sample.options.dataDir);
  const store = new SqliteAnchorStore(path);
  const [place] = await store.places();
  if (place === undefined) throw new Error('something is anchored');
  // What a network leaves behind that was begun anew: its receipts, none of the newest checkpoint.
  const before = { site: place.site, chain: 'fabric/anchors/anchor/0123456789abcdef' };
  const oldest = (await store.list(place, Number.MAX_SAFE_INTEGER, 100)).at(-1);
  if (oldest === undefined) throw new Error('something is anchored');
  await store.record(before, oldest, await store.receipt(place, oldest.size));
  await store.close();
  const bySettings = { BILLPROOF_FABRIC: connectionFile('client') };
  expect(await anchor(['now'], bySettings)).toMatchObject({ status: 0 });
});

test('tells what is wrong with a connection file, and nothing of a key', () => {
  const bad = connectionFile('client', { gateway: 'nowhere', pinned: 'x', key: 'none.key' });
  expect(() => readConfig({ BILLPROOF_FABRIC: bad })).toThrow(
    /BILLPROOF_FABRIC: gateway: host:port[\s\S]*BILLPROOF_FABRIC: pinned/,
  );
  const many = connectionFile('client', { endorsement: { threshold: 3, organisations: ['A'] } });
  expect(() => readConfig({ BILLPROOF_FABRIC: many })).toThrow(/more than there are/);
  expect(() => readConfig({ BILLPROOF_FABRIC: join(folder, 'nowhere.json') })).toThrow(/as JSON/);
  const twice = { threshold: 2, organisations: ['A', 'B', 'A'] };
  const told = connectionFile('client', { endorsement: twice });
  expect(() => readConfig({ BILLPROOF_FABRIC: told })).toThrow(/organisations: each once/);
  const odd = connectionFile('client', { endorsement: { threshold: 1, organisations: ['-A'] } });
  expect(() => readConfig({ BILLPROOF_FABRIC: odd })).toThrow(/endorsement\.organisations\.0/);
});

test('finds out before the start that a key or certificate is none, or of another pair', () => {
  const told = (change: object) => () =>
    readConfig({ BILLPROOF_FABRIC: connectionFile('client', change) });
  writeFileSync(join(folder, 'words.key'), 'secret words');
  expect(told({ key: 'words.key' })).toThrow(/words\.key is no private key of P-256 in PEM/);
  expect(told({ key: 'words.key' })).not.toThrow(/secret words/);
  expect(told({ certificate: 'words.key' })).toThrow(/words\.key is no certificate in PEM/);
  connectionFile('admin');
  expect(told({ key: 'admin.key' })).toThrow(/admin\.key is not the key of client\.pem/);
  expect(told({ tls: { rootCertificate: 'words.key' } })).toThrow(/words\.key is no certificate/);
});
