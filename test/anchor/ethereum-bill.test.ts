import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anchoringOptions } from '../../api/anchor/anchoring-options.ts';
import { readConfig } from '../../api/config.ts';
import { fromHex, hex } from '../../ledger/core/bytes.ts';
import { canonicalize, type JsonObject } from '../../ledger/core/canonical-json.ts';
import { readBlockHeader } from '../../ledger/core/ethereum/block-header.ts';
import { readEthereumReceipt } from '../../ledger/core/ethereum/receipt.ts';
import { parseTime } from '../../ledger/core/time.ts';
import { formatTrustPolicy, parseTrustPolicy } from '../../ledger/core/trust-policy.ts';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { ORIGIN, SampleLedger, SITE } from '../support/sample-ledger.ts';
import { type EthereumUnderTest, ethereumUnderTest } from './ethereum-networks.ts';

// A bill under an anchor on a public chain, by the settings of the service: what layer 9 says of it, and
// whose word that is.

const PUBLIC = 11_155_111;
const main = join(import.meta.dirname, '../../api/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'billproof-ethereum-bill-'));
let network: EthereumUnderTest;
let sample: SampleLedger;
let bundle: string;
let trust: string;

beforeAll(async () => {
  network = await ethereumUnderTest(PUBLIC);
  sample = await SampleLedger.make();
  await sample.account('acc-1', 'm-1');
  await sample.readings(['m-1'], '2026-07-31T16:00:00.000Z', 48);
  await sample.ledger.setClock(parseTime('2026-08-31T17:00:00.000Z'));
  await sample.readings(['m-1'], '2026-08-31T16:00:00.000Z', 1, 0, 150);
  await sample.ledger.execute({
    ...{ do: 'charge-fees', site: SITE, account: 'acc-1', period: '2026-08' },
  });
  const id = await sample.statement('acc-1', '2026-08');
  const { ethereum } = readConfig({ BILLPROOF_ETHEREUM: await settingsFile() });
  const log = pino({ level: 'silent' });
  const options = await anchoringOptions({ ethereum, anchorMs: 1000 }, log);
  if (options === undefined) throw new Error('the settings name a chain');
  sample.ledger.startAnchoring(options);
  while (!(await sample.ledger.anchorNow())) await delay(100);
  bundle = await sample.ledger.bundle(SITE, id);
  trust = sample.ledger.policy(SITE);
});
afterAll(async () => {
  await sample.remove();
  await network.stop();
  rmSync(folder, { recursive: true });
});

/** The settings of a service, with its keys in files. */
async function settingsFile(): Promise<string> {
  const { rpc, network: known, senderKey } = await network.connect({ origin: ORIGIN });
  const { signerKeys } = network;
  writeFileSync(join(folder, 'sender.key'), `${senderKey}\n`);
  for (const [i, key] of signerKeys.entries()) writeFileSync(join(folder, `${i}.key`), key);
  const settings = {
    ...{ rpc, chainId: PUBLIC },
    sites: {
      [SITE]: {
        ...{ contract: known.contract, sender: 'sender.key' },
        signers: signerKeys.map((_, i) => `${i}.key`),
      },
    },
  };
  const path = join(folder, 'ethereum.json');
  writeFileSync(path, JSON.stringify(settings));
  return path;
}

/** Not at once: the node that it asks lives in this process. */
function run(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, ...args], (_, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

function ninth(text: string, options: Parameters<typeof verifyBundle>[1]) {
  const { overall, layers } = verifyBundle(text, options);
  const { status, findings = [] } = layers[8] ?? {};
  return { overall, status, codes: findings.map(({ code }) => code) };
}

/** The block that the receipt of the bill shows. */
function block() {
  const { anchors }: { anchors: { ethereum: unknown[] } } = JSON.parse(bundle);
  const last = readEthereumReceipt(anchors.ethereum[0], '').headers.at(-1);
  if (last === undefined) throw new Error('a receipt has a header');
  return readBlockHeader(last).hash;
}

test('a whole proof from a block that nobody vouches for is not verified', () => {
  expect(ninth(bundle, { trust })).toMatchObject({
    ...{ overall: 'verified', status: 'not-present', codes: ['anchored-block-open'] },
  });
  expect(ninth(bundle, {}).codes).toEqual(['anchored-by-file']);
});

test('a block that the verifier knows makes it verified', () => {
  const known = ninth(bundle, { trust, blocks: [{ chainId: PUBLIC, hash: block() }] });
  expect(known).toMatchObject({ status: 'verified', codes: ['anchored-public'] });
  const policy = parseTrustPolicy(trust);
  const anchors = policy.anchors.map((anchor) =>
    anchor.kind === 'fabric'
      ? anchor
      : { ...anchor, network: { ...anchor.network, blocks: [block()] } },
  );
  expect(ninth(bundle, { trust: formatTrustPolicy({ ...policy, anchors }) }).codes).toEqual([
    'anchored-public',
  ]);
  const hash = fromHex('00'.repeat(32));
  const other = { chainId: PUBLIC, hash };
  expect(ninth(bundle, { trust, blocks: [other] }).codes).toEqual(['anchored-block-open']);
});

test('another root, code or contract is told for what it is', () => {
  const forged = JSON.parse(bundle);
  const receipt = forged.anchors.ethereum[0];
  const nodes: string[] = receipt.storage;
  receipt.storage = [...nodes.slice(0, -1), nodes.at(-2)];
  expect(ninth(JSON.stringify(forged), { trust }).codes).toEqual(['ethereum-proof']);
  const otherCode = trust.replace(
    /(ethereum \d+ 0x[0-9a-f]{40}) [0-9a-f]{64}/,
    `$1 ${'ab'.repeat(32)}`,
  );
  expect(ninth(bundle, { trust: otherCode }).codes).toEqual(['ethereum-code']);
  const otherPlace = trust.replace(/0x[0-9a-f]{40}/, `0x${'1'.repeat(40)}`);
  expect(ninth(bundle, { trust: otherPlace }).codes).toEqual(['anchor-unknown-network']);
});

test('the command line asks a node that the reader trusts, and nobody without being told', () => {
  const file = join(folder, 'bill.billproof');
  const policy = join(folder, 'tower.policy');
  writeFileSync(file, bundle);
  writeFileSync(policy, trust);
  const verify = async (...more: string[]) => {
    const { status, stdout, stderr } = await run('verify', file, '--trust', policy, ...more);
    return { status, stdout, stderr };
  };
  return Promise.all([
    expect(verify('--no-state')).resolves.toMatchObject({
      ...{ status: 0, stdout: expect.stringContaining(`0x${hex(block())}`) },
    }),
    expect(verify('--no-state', '--rpc', network.node.url)).resolves.toMatchObject({
      ...{
        status: 0,
        stdout: expect.stringMatching(/In a contract on chain 11155111 since .*shown in block/),
      },
    }),
    expect(verify('--no-state', '--rpc', 'http://127.0.0.1:9')).resolves.toMatchObject({
      ...{ status: 2, stderr: expect.stringContaining('node-unreachable') },
    }),
    expect(verify('--offline', '--rpc', network.node.url)).resolves.toMatchObject({ status: 2 }),
  ]);
});

/** Layer 9 of an altered bill, by the command line with the node at hand. */
async function ninthByNode(change: (receipt: EthereumValue) => EthereumValue[], policy: string) {
  const { anchors, ...rest } = JSON.parse(bundle);
  const ethereum = change(anchors.ethereum[0]);
  const [file, trusted] = ['altered.billproof', 'altered.policy'].map((name) => join(folder, name));
  if (file === undefined || trusted === undefined) throw new Error('two names');
  writeFileSync(file, canonicalize({ ...rest, anchors: { ...anchors, ethereum } }));
  writeFileSync(trusted, policy);
  const args = ['--trust', trusted, '--no-state', '--json', '--rpc', network.node.url];
  const { status, stdout, stderr } = await run('verify', file, ...args);
  if (stdout === '') throw new Error(stderr);
  const { layers }: { layers: { findings: { code: string; params: object }[] }[] } =
    JSON.parse(stdout);
  return { status, findings: layers[8]?.findings };
}

type EthereumValue = { readonly chainId: number } & JsonObject;

test('a block that a node of one chain confirms is none of another chain', async () => {
  const policy = trust + trust.slice(trust.indexOf('#')).replace(String(PUBLIC), '1');
  const told = await ninthByNode((receipt) => [receipt, { ...receipt, chainId: 1 }], policy);
  expect(told.findings).toMatchObject([
    { code: 'anchored-public', params: { channel: `chain ${PUBLIC}` } },
    { code: 'anchored-block-open', params: { channel: 'chain 1' } },
  ]);
});

test('a receipt without a header that can be read fails, also where a node is asked', async () => {
  const told = await ninthByNode((receipt) => [{ ...receipt, headers: ['AA=='] }], trust);
  expect(told).toMatchObject({ status: 1, findings: [{ code: 'ethereum-format' }] });
});

test('its settings are told what is wrong with them, and no key', () => {
  const path = join(folder, 'wrong.json');
  writeFileSync(join(folder, 'bad.key'), 'secret words');
  const site = { contract: '0x12', sender: 'bad.key', signers: [] };
  writeFileSync(path, JSON.stringify({ rpc: 'ftp://x', chainId: 0, sites: { tower: site } }));
  const told = () => readConfig({ BILLPROOF_ETHEREUM: path });
  expect(told).toThrow(/BILLPROOF_ETHEREUM: sites\.tower\.contract/);
  const good = { contract: `0x${'1'.repeat(40)}`, sender: 'bad.key', signers: ['none.key'] };
  writeFileSync(path, JSON.stringify({ chainId: 1, sites: { tower: good } }));
  expect(told).toThrow(/rpc or rpcFile[\s\S]*bad\.key is no key[\s\S]*none\.key cannot be read/);
  expect(told).not.toThrow(/secret words/);
  writeFileSync(join(folder, 'zero.key'), `0x${'0'.repeat(64)}`);
  writeFileSync(join(folder, 'rpc.url'), 'node.example/secret-words');
  const zero = { ...good, sender: 'zero.key', signers: ['0.key'] };
  const all = { rpcFile: 'rpc.url', chainId: 1, finality: 128, sites: { tower: zero } };
  writeFileSync(path, JSON.stringify(all));
  expect(told).toThrow(/finality/);
  writeFileSync(path, JSON.stringify({ ...all, finality: 127 }));
  expect(told).toThrow(/zero\.key is no key[\s\S]*rpc\.url is no http or https address/);
  expect(told).not.toThrow(/secret-words/);
});
