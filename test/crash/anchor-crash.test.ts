import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { anchorStorePath } from '../../ledger/anchor/anchoring.ts';
import { checkAnchor } from '../../ledger/anchor/check-anchors.ts';
import { FabricChain } from '../../ledger/anchor/fabric/fabric-chain.ts';
import { GatewayLink } from '../../ledger/anchor/fabric/gateway-link.ts';
import { SqliteAnchorStore } from '../../ledger/anchor/sqlite-anchor-store.ts';
import { fromUtf8 } from '../../ledger/core/bytes.ts';
import { fsck } from '../../ledger/fsck.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { SqliteReader } from '../../ledger/store/sqlite/sqlite-reader.ts';
import { connectionTo, type FabricUnderTest, registerLog } from '../anchor/fabric-networks.ts';
import { firstLine, startDevnetProcess } from '../support/devnet-process.ts';
import { ORIGIN, SampleLedger, SITE } from '../support/sample-ledger.ts';

// Service, network and contract are killed at random moments of an anchor, a hundred times. At the end
// the chain, the store and the log tell of the same anchors, each once.

const ROUNDS = Number(process.env['ROUNDS'] ?? 100);
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

test('no anchor is lost or doubled, whoever is killed at whatever moment', async () => {
  const sample = await SampleLedger.make();
  await sample.account('acc-1', 'm-1');
  const vkey = sample.ledger.site(SITE)?.vkey ?? '';
  await sample.ledger.close();
  const { dataDir } = sample.options;
  const folder = join(sample.dir, 'devnet');
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  const random = randoms(seed);
  const chance = () => Number(random.next().value);
  let network = await startNetwork(folder, 0);
  await registerLog(network.told, { origin: ORIGIN, vkey });
  let service = await startService(dataDir, network.told);
  for (let round = 0; round < ROUNDS; round += 1) {
    await delay(chance() ** 2 * 1_500);
    const victim = chance();
    if (victim < 0.6) {
      await kill(service);
      service = await startService(dataDir, network.told);
    } else if (victim < 0.85) {
      network.child.send({ kind: 'chaincode-gone', ms: 100 });
    } else {
      await kill(network.child);
      network = await startNetwork(folder, portOf(network.told));
    }
  }
  if (service.exitCode !== null) throw new Error(`it ended by itself (${service.exitCode})`);
  const ended = once(service, 'exit');
  service.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  await expectSame(dataDir, network.told, `seed ${seed}`);
  await kill(network.child);
  rmSync(sample.dir, { recursive: true });
}, 600_000);

/** The chain, the outbox and the log tell of the same anchors, each once, and every receipt holds. */
async function expectSame(dataDir: string, told: FabricUnderTest, why: string): Promise<void> {
  const connection = connectionTo(told);
  const { name } = new FabricChain(connection, nativePrimitives());
  const onChain = await historyOf(connection);
  const anchors = new SqliteAnchorStore(anchorStorePath(dataDir));
  const place = { site: SITE, chain: name };
  expect(anchors.pending(place), why).toBeUndefined();
  expect(anchors.unconfirmed(place), why).toEqual([]);
  const kept = anchors.list(place, Number.MAX_SAFE_INTEGER, 100_000).reverse();
  expect(
    kept.map(({ size }) => size),
    why,
  ).toEqual(onChain);
  expect(kept.length, why).toBeGreaterThan(ROUNDS / 10);
  const { findings } = await fsck({ dataDir, threads: 1 });
  expect(findings, why).toEqual([]);
  const store = new SqliteReader(join(dataDir, 'ledger.db'));
  const row = store.sites()[0];
  if (row === undefined) throw new Error('the store has a site');
  const networks = [{ kind: 'fabric', network: connection.network }] as const;
  for (const anchor of kept) {
    const receipt = anchors.receipt(place, anchor.size);
    expect(checkAnchor(store, row, anchor, receipt, networks), why).toEqual({ ok: true });
  }
  expect(confirmedIn(store), why).toEqual(onChain);
  store.close();
  anchors.close();
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

async function startService(dataDir: string, told: FabricUnderTest): Promise<ChildProcess> {
  const args = [serviceScript, dataDir, 'acc-1', JSON.stringify(told)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  await firstLine(child);
  return child;
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
