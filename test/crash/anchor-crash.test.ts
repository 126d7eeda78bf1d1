import { type ChildProcess, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { anchorContract } from '../../contracts/test-chain.ts';
import { anchorStorePath } from '../../ledger/anchor/anchoring.ts';
import type { AnchorChain } from '../../ledger/anchor/chain.ts';
import { checkAnchor } from '../../ledger/anchor/check-anchors.ts';
import { EthereumChain } from '../../ledger/anchor/ethereum/ethereum-chain.ts';
import { FabricChain } from '../../ledger/anchor/fabric/fabric-chain.ts';
import { GatewayLink } from '../../ledger/anchor/fabric/gateway-link.ts';
import { SqliteAnchorStore } from '../../ledger/anchor/sqlite-anchor-store.ts';
import { fromUtf8, hex } from '../../ledger/core/bytes.ts';
import { fsck } from '../../ledger/fsck.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { SqliteReader } from '../../ledger/store/sqlite/sqlite-reader.ts';
import { ethereumUnderTest } from '../anchor/ethereum-networks.ts';
import { startNode } from '../anchor/ethereum-node.ts';
import { connectionTo, type FabricUnderTest, registerLog } from '../anchor/fabric-networks.ts';
import { firstLine, startDevnetProcess } from '../support/devnet-process.ts';
import { freePort } from '../support/free-port.ts';
import { ORIGIN, SampleLedger, SITE } from '../support/sample-ledger.ts';
import type { ChainInWords } from './anchor-child.ts';

// Service, network, contract and node are killed at random moments of an anchor; more often with `npm run crash -- --only anchor`.
// At the end the chain, the store and the log tell of the same anchors, each once.

const ROUNDS = Number(process.env['ROUNDS'] ?? 50);
const serviceScript = join(import.meta.dirname, 'anchor-child.ts');

/** A generator of its own, so that a seed brings a run back. */
function* randoms(seed: number): Generator<number> {
  for (let x = seed; ; ) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    yield x / 2 ** 32;
  }
}

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

test('no anchor on a channel is lost or doubled, whoever is killed at whatever moment', async () => {
  const { dir, dataDir, vkey } = await newLedger();
  const folder = join(dir, 'devnet');
  let network = await startNetwork(folder, await freePort());
  await registerLog(network.told, { origin: ORIGIN, vkey });
  const why = await killAtRandom(
    dataDir,
    { kind: 'fabric', told: network.told },
    async (victim) => {
      if (victim < 0.6) network.child.send({ kind: 'chaincode-gone', ms: 100 });
      else {
        await kill(network.child);
        network = await startNetwork(folder, portOf(network.told));
      }
    },
  );
  const connection = connectionTo(network.told);
  const chain = new FabricChain(connection, nativePrimitives());
  await expectSame(dataDir, chain, await historyOf(connection), why);
  chain.close();
  await kill(network.child);
  rmSync(dir, { recursive: true });
}, 600_000);

test('no anchor in a contract is lost or doubled, when service or node are killed', async () => {
  const { dir, dataDir } = await newLedger();
  const network = await ethereumUnderTest();
  const connection = await network.connect({ origin: ORIGIN });
  const { rpc, senderKey } = connection;
  const { chainId, contract, codeHash } = connection.network;
  const place = { chainId, contract, codeHash: hex(codeHash) };
  const words = { rpc, senderKey, signerKeys: network.signerKeys, ...place };
  let { node } = network;
  const why = await killAtRandom(dataDir, { kind: 'ethereum', ...words }, async () => {
    await node.stop();
    node = await startNode(network.testChain, Number(new URL(rpc).port));
  });
  const chain = new EthereumChain(connection);
  const anchors = anchorContract(network.testChain, contract);
  const kept = await expectSame(dataDir, chain, undefined, why);
  expect(await anchors.read('anchorCount', [])).toMatchObject({ values: [BigInt(kept)] });
  chain.close();
  await node.stop();
  await network.testChain.close();
  rmSync(dir, { recursive: true });
}, 600_000);

async function newLedger() {
  const sample = await SampleLedger.make();
  await sample.account('acc-1', 'm-1');
  const vkey = sample.ledger.site(SITE)?.vkey ?? '';
  await sample.ledger.close();
  return { dir: sample.dir, dataDir: sample.options.dataDir, vkey };
}

/** Kills the service or, by `killOther`, something else; at the end all is anchored. Tells the seed. */
async function killAtRandom(
  dataDir: string,
  chain: ChainInWords,
  killOther: (victim: number) => Promise<void>,
): Promise<string> {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  const random = randoms(seed);
  const chance = () => Number(random.next().value);
  let service = await startService(dataDir, chain);
  for (let round = 0; round < ROUNDS; round += 1) {
    // However slow the machine is, some lives are long enough for an anchor.
    if (round % 6 === 0) await nextAnchor(service);
    await delay(chance() ** 2 * 1_500);
    if (chance() < 0.6) {
      await kill(service);
      service = await startService(dataDir, chain);
    } else await killOther(chance());
  }
  if (service.exitCode !== null) throw new Error(`it ended by itself (${service.exitCode})`);
  const ended = once(service, 'exit');
  service.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  return `seed ${seed}`;
}

/** The chain, the outbox and the log tell of the same anchors, each once, and every receipt holds. */
async function expectSame(
  dataDir: string,
  { name, trusted }: AnchorChain,
  onChain: readonly number[] | undefined,
  why: string,
): Promise<number> {
  const anchors = new SqliteAnchorStore(anchorStorePath(dataDir));
  const place = { site: SITE, chain: name };
  expect(await anchors.pending(place), why).toBeUndefined();
  expect(await anchors.unconfirmed(place), why).toEqual([]);
  const kept = (await anchors.list(place, Number.MAX_SAFE_INTEGER, 100_000)).reverse();
  const sizes = kept.map(({ size }) => size);
  if (onChain !== undefined) expect(sizes, why).toEqual(onChain);
  expect(kept.length, why).toBeGreaterThan(ROUNDS / 10);
  const { findings } = await fsck({ dataDir, threads: 1 });
  expect(findings, why).toEqual([]);
  const store = new SqliteReader(join(dataDir, 'ledger.db'));
  const row = store.sites()[0];
  if (row === undefined) throw new Error('the store has a site');
  for (const anchor of kept) {
    const receipt = await anchors.receipt(place, anchor.size);
    expect(checkAnchor(store, row, anchor, receipt, [trusted]), why).toEqual({ ok: true });
  }
  expect(confirmedIn(store), why).toEqual(sizes);
  store.close();
  await anchors.close();
  return kept.length;
}

async function historyOf(connection: ReturnType<typeof connectionTo>): Promise<number[]> {
  const link = new GatewayLink(connection);
  const sizes: number[] = [];
  for (let more = true; more; ) {
    const text = fromUtf8(await link.evaluate('History', ORIGIN, String(sizes.at(-1) ?? 0)));
    const page: { anchors: { size: number }[]; more: boolean } = JSON.parse(text);
    sizes.push(...page.anchors.map(({ size }) => size));
    more = page.more;
  }
  link.close();
  return sizes;
}

/** Sizes of which the log says that they are anchored, as often as it says so. */
function confirmedIn(store: SqliteReader): number[] {
  const leaves = Array.from({ length: store.size(SITE).leaves }, (_, leaf) => leaf);
  const sizes: number[] = [];
  for (const text of store.readEvents(SITE, leaves)) {
    const event: { type: string; data: { size: number } } = JSON.parse(text);
    if (event.type === 'anchor.confirmed') sizes.push(event.data.size);
  }
  return sizes.sort((a, b) => a - b);
}

async function startNetwork(folder: string, port: number) {
  const network = await startDevnetProcess(folder, port);
  running.add(network.child);
  return network;
}

async function startService(dataDir: string, chain: ChainInWords): Promise<ChildProcess> {
  const args = [serviceScript, dataDir, 'acc-1', JSON.stringify(chain)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  await firstLine(child);
  return child;
}

/** Resolves when a service tells of one more anchor. */
async function nextAnchor({ stdout }: ChildProcess): Promise<void> {
  if (stdout === null) throw new Error('a process with its output');
  for await (const [chunk] of on(stdout, 'data', { close: ['close'] })) {
    if (String(chunk).includes('anchored')) return;
  }
  throw new Error('it ended by itself');
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) throw new Error(`it ended by itself (${child.exitCode})`);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function portOf({ address }: FabricUnderTest): number {
  return Number(address.split(':')[1]);
}
