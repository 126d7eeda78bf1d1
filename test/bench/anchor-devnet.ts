import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDevnet } from '../../chaincode/devnet/devnet.ts';
import { connectAnchorClient } from '../support/anchor-client.ts';
import { signedLog } from '../support/signed-log.ts';
import { median, percentile, report } from './figure.ts';

const ANCHORS = 300;
const WARM_UP = 20;

/** Anchors one after another on the development network, each until its status is known. */
export async function anchorDevnet(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-bench-'));
  const started = performance.now();
  const devnet = await startDevnet({ folder });
  const startMs = performance.now() - started;
  const [property] = devnet.organisations;
  if (property === undefined) throw new Error('the network has no organisation');
  const admin = connectAnchorClient(devnet, property.admin);
  const client = connectAnchorClient(devnet, property.client);
  try {
    const log = signedLog('bench.test/log', ANCHORS + WARM_UP);
    await admin.contract.submitTransaction('RegisterKey', log.origin, log.vkey);
    const samples: number[] = [];
    const cpu = process.cpuUsage();
    for (let size = 1; size <= ANCHORS + WARM_UP; size += 1) {
      const note = log.checkpoint(size);
      const proof = size === 1 ? '' : log.proof(size - 1, size);
      const before = performance.now();
      await client.contract.submitTransaction('Submit', log.origin, note, proof);
      samples.push(performance.now() - before);
    }
    const { user, system } = process.cpuUsage(cpu);
    const timed = samples.slice(WARM_UP);
    const figure = { unit: 'ms', n: timed.length, note: 'endorse to commit, 50 ms batch interval' };
    report({ bench: 'anchor-devnet p50', value: median(timed), ...figure });
    report({ bench: 'anchor-devnet p95', value: percentile(timed, 0.95), ...figure });
    report({
      bench: 'anchor-devnet cpu',
      value: (user + system) / 1e3 / samples.length,
      unit: 'ms',
      n: samples.length,
      note: 'processor time an anchor: client and network, without the contract',
    });
    const note = 'a new network with its contract in a process of its own';
    report({ bench: 'anchor-devnet start', value: startMs, unit: 'ms', n: 1, note });
  } finally {
    admin.close();
    client.close();
    await devnet.stop();
    rmSync(folder, { recursive: true });
  }
}
