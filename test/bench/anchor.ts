import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { EndorseError } from '@hyperledger/fabric-gateway';
import { type Devnet, startDevnet } from '../../chaincode/devnet/devnet.ts';
import { startNetwork } from '../../chaincode/network/network.ts';
import {
  type AnchorClient,
  connectAnchorClient,
  type NetworkAddress,
} from '../support/anchor-client.ts';
import { signedLog } from '../support/signed-log.ts';
import { median, percentile, report } from './figure.ts';

const ANCHORS = 300;
const WARM_UP = 20;
const MOST_ATTEMPTS = 50;
const BEHIND_MS = 20;

/** Anchors one after another on the development network, each until its status is known. */
export async function anchorDevnet(): Promise<void> {
  await anchorOn('anchor-devnet', (folder) => startDevnet({ folder }));
}

/** The same on Fabric's own programs, where FABRIC_BIN names their folder. */
export async function anchorNetwork(): Promise<void> {
  const bin = process.env['FABRIC_BIN'];
  if (bin === undefined) {
    process.stderr.write('anchor-network: skipped, since FABRIC_BIN names no folder\n');
    return;
  }
  await anchorOn('anchor-network', (folder) => startNetwork({ folder, bin }));
}

type Network = NetworkAddress & Pick<Devnet, 'organisations' | 'stop'>;

async function anchorOn(name: string, start: (folder: string) => Promise<Network>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-bench-'));
  const started = performance.now();
  const network = await start(folder);
  const startMs = performance.now() - started;
  const [property] = network.organisations;
  if (property === undefined) throw new Error('the network has no organisation');
  const admin = connectAnchorClient(network, property.admin);
  const client = connectAnchorClient(network, property.client);
  try {
    const log = signedLog('bench.test/log', ANCHORS + WARM_UP);
    await admin.contract.submitTransaction('RegisterKey', log.origin, log.vkey);
    const samples: number[] = [];
    const cpu = process.cpuUsage();
    for (let size = 1; size <= ANCHORS + WARM_UP; size += 1) {
      const note = log.checkpoint(size);
      const proof = size === 1 ? '' : log.proof(size - 1, size);
      const before = performance.now();
      await submit(client, [log.origin, note, proof]);
      samples.push(performance.now() - before);
    }
    const { user, system } = process.cpuUsage(cpu);
    const timed = samples.slice(WARM_UP);
    const figure = { unit: 'ms', n: timed.length, note: 'endorse to commit, 50 ms batch interval' };
    report({ bench: `${name} p50`, value: median(timed), ...figure });
    report({ bench: `${name} p95`, value: percentile(timed, 0.95), ...figure });
    report({
      bench: `${name} cpu`,
      value: (user + system) / 1e3 / samples.length,
      unit: 'ms',
      n: samples.length,
      note: 'processor time an anchor in the process of the client',
    });
    const note = 'a new network, until it endorses';
    report({ bench: `${name} start`, value: startMs, unit: 'ms', n: 1, note });
  } finally {
    admin.close();
    client.close();
    await network.stop();
    rmSync(folder, { recursive: true });
  }
}

/** As a client has to: a peer that is some milliseconds behind the other refuses what that one endorses. */
async function submit({ contract }: AnchorClient, call: string[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await contract.submitTransaction('Submit', ...call);
      return;
    } catch (error) {
      if (!(error instanceof EndorseError) || attempt === MOST_ATTEMPTS) throw error;
    }
    await wait(BEHIND_MS);
  }
}
