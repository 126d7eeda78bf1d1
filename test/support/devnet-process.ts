import { type ChildProcess, spawn } from 'node:child_process';
import type { KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openOrganisations } from '../../chaincode/devnet/organisations.ts';
import type { FabricUnderTest } from '../anchor/fabric-networks.ts';

const script = join(import.meta.dirname, '../../chaincode/devnet/main.ts');

/** A development network in a process of its own, and what its clients need. */
export interface DevnetProcess {
  readonly child: ChildProcess;
  readonly told: FabricUnderTest;
}

/** Port 0 for any. */
export async function startDevnetProcess(folder: string, port = 0): Promise<DevnetProcess> {
  const child = spawn(process.execPath, [script, folder, '--port', `${port}`], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const line: Omit<FabricUnderTest, 'organisations'> = JSON.parse(await firstLine(child));
  const organisations = openOrganisations(folder, () => new Date()).peers.map((peer) => ({
    mspId: peer.mspId,
    client: identityOf(peer.mspId, peer.client),
    admin: identityOf(peer.mspId, peer.admin),
  }));
  return { child, told: { ...line, organisations } };
}

export async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('a process with its output');
  const [line] = await once(createInterface({ input: stdout }), 'line');
  return String(line);
}

function identityOf(
  mspId: string,
  { certificate, key }: { readonly certificate: string; readonly key: KeyObject },
) {
  return { mspId, certificate, key: key.export({ format: 'pem', type: 'pkcs8' }).toString() };
}
