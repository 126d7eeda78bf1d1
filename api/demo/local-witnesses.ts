import { join } from 'node:path';
import type { Logger } from 'pino';
import { formatVerifierKey, parseVerifierKey } from '../../ledger/core/signed-note.ts';
import { parseTrustPolicy, type TrustPolicy } from '../../ledger/core/trust-policy.ts';
import { openWitness } from '../../ledger/witness/open-witness.ts';
import { serveWitness } from '../witness/witness-server.ts';

/** Who would run them, were this no demonstration; and the folder of each. */
const NAMES = ['auditor', 'tenants'] as const;

export interface DemoWitness {
  readonly name: string;
  readonly vkey: string;
  readonly url: string;
}

/** Witnesses as others run them, each with a key and a memory of its own. */
export interface LocalWitnesses {
  readonly list: readonly DemoWitness[];
  /** Asks for all of them. */
  readonly policy: TrustPolicy;
  stop(): Promise<void>;
}

/** Starts the witnesses of a log, on free ports: readers pin keys, and only the ledger an address. */
export async function startWitnesses(
  data: string,
  logVkey: string,
  log: Logger,
): Promise<LocalWitnesses> {
  const started: { witness: DemoWitness; stop(): Promise<void> }[] = [];
  const stop = async () => void (await Promise.all(started.map((one) => one.stop())));
  try {
    for (const name of NAMES) started.push(await startOne(name, data, logVkey, log));
  } catch (error) {
    await stop();
    throw error;
  }
  const list = started.map(({ witness }) => witness);
  return { list, policy: policyOf(list), stop };
}

async function startOne(name: string, data: string, logVkey: string, log: Logger) {
  const dataDir = join(data, 'witnesses', name);
  const logs = [parseVerifierKey(logVkey)];
  const { witness, close } = openWitness({ dataDir, name: `${name}.example/witness`, logs });
  const server = await serveWitness({ witness, host: '127.0.0.1', port: 0, log });
  const vkey = formatVerifierKey(witness.key);
  const stop = async () => {
    await server.stop();
    close();
  };
  return { witness: { name, vkey, url: `http://127.0.0.1:${server.port}` }, stop };
}

function policyOf(list: readonly DemoWitness[]): TrustPolicy {
  const lines = list.map(({ name, vkey, url }) => `witness ${name} ${vkey} ${url}\n`);
  const names = list.map(({ name }) => name).join(' ');
  return parseTrustPolicy(`${lines.join('')}group all-of-them all ${names}\nquorum all-of-them\n`);
}
