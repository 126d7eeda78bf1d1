import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openOrganisations } from '../../chaincode/devnet/organisations.ts';
import { type AnchorClient, connectAnchorClient } from '../support/anchor-client.ts';
import { checkBlock, readChannel } from '../support/block-check.ts';
import { signedLog } from '../support/signed-log.ts';

interface DevnetProcess {
  readonly address: string;
  readonly channel: string;
  readonly chaincode: string;
  readonly genesisHash: string;
  readonly contractAddress: string;
}

const script = fileURLToPath(new URL('../../chaincode/devnet/main.ts', import.meta.url));
const log = signedLog('crash.test/log', 60);
let folder: string;
let running: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'billproof-devnet-crash-'));
});
afterEach(async () => {
  for (const child of running) await end(child, 'SIGKILL');
  running = [];
  rmSync(folder, { recursive: true });
});

test('a transaction whose status was told survives kill -9 at any moment', async () => {
  const told: { size: number; block: number; txId: string }[] = [];
  let genesisHash: string | undefined;
  for (let life = 0; life < 3; life += 1) {
    const { child, devnet } = await start();
    genesisHash ??= devnet.genesisHash;
    expect(devnet.genesisHash).toBe(genesisHash);
    const { admin, client, close } = connect(devnet);
    if (life === 0) await admin.contract.submitTransaction('RegisterKey', log.origin, log.vkey);
    await expectKept(client, devnet, told);
    const enough = told.length + 2;
    // On a busy machine a call may fail by itself, which is not the end of its life.
    while (child.exitCode === null && child.signalCode === null) {
      await anchorUntilItFails(client, told, () => {
        if (told.length === enough) setTimeout(() => child.kill('SIGKILL'), 23 * life);
      });
    }
    await end(child, 'SIGKILL');
    close();
  }
  expect(told.length).toBeGreaterThanOrEqual(6);
  const { devnet } = await start();
  const { client, close } = connect(devnet);
  await expectKept(client, devnet, told);
  close();
});

test('a block that was half written is cut off at the next start', async () => {
  const first = await start();
  const one = connect(first.devnet);
  await one.admin.contract.submitTransaction('RegisterKey', log.origin, log.vkey);
  one.close();
  await end(first.child, 'SIGKILL');
  appendFileSync(join(folder, 'blocks'), Buffer.from('0000111142424242424242424f4f4f', 'hex'));
  const second = await start();
  const two = connect(second.devnet);
  await two.client.contract.submitTransaction('Submit', log.origin, log.checkpoint(3), '');
  await two.client.contract.evaluateTransaction('At', log.origin, '3');
  two.close();
  await end(second.child, 'SIGTERM');
  const third = await start();
  const three = connect(third.devnet);
  const latest = await three.client.contract.evaluateTransaction('Latest', log.origin);
  expect(Buffer.from(latest).toString()).toContain('"size":3,');
  three.close();
});

test('the contract does not outlive a network that was killed', async () => {
  const { child, devnet } = await start();
  const { client, close } = connect(devnet);
  await client.contract.evaluateTransaction('Latest', log.origin);
  close();
  expect(await isServing(devnet.contractAddress)).toBe(true);
  await end(child, 'SIGKILL');
  await expect.poll(() => isServing(devnet.contractAddress)).toBe(false);
});

async function anchorUntilItFails(
  client: AnchorClient,
  told: { size: number; block: number; txId: string }[],
  onTold: () => void,
): Promise<void> {
  try {
    for (;;) {
      const latest = await client.contract.evaluateTransaction('Latest', log.origin);
      const from = latest.length === 0 ? 0 : JSON.parse(Buffer.from(latest).toString()).size;
      const proof = from === 0 ? '' : log.proof(from, from + 1);
      const call = [log.origin, log.checkpoint(from + 1), proof];
      const transaction = await client.contract
        .newProposal('Submit', { arguments: call })
        .endorse();
      const status = await (await transaction.submit()).getStatus();
      const { blockNumber, transactionId } = status;
      told.push({ size: from + 1, block: Number(blockNumber), txId: transactionId });
      onTold();
    }
  } catch {
    // Killed.
  }
}

async function expectKept(
  { contract, ledger }: AnchorClient,
  devnet: DevnetProcess,
  told: readonly { size: number; block: number; txId: string }[],
): Promise<void> {
  const read = (number: number) =>
    ledger.evaluateTransaction('GetBlockByNumber', devnet.channel, `${number}`);
  const channel = readChannel(await read(0));
  expect(channel.genesisHash).toBe(devnet.genesisHash);
  for (const { size, block, txId } of told) {
    const { transactions } = checkBlock(await read(block), channel);
    expect(transactions.map((transaction) => transaction.txId)).toContain(txId);
    const at = await contract.evaluateTransaction('At', log.origin, `${size}`);
    expect(Buffer.from(at).toString()).toContain(`"size":${size},`);
  }
}

async function start(): Promise<{ child: ChildProcess; devnet: DevnetProcess }> {
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  if (child.stdout === null) throw new Error('a process with its output');
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, 'line');
  return { child, devnet: JSON.parse(line) };
}

function connect(devnet: DevnetProcess) {
  const [property] = openOrganisations(folder, () => new Date()).peers;
  if (property === undefined) throw new Error('an organisation');
  const open = ({ certificate, key }: typeof property.client) =>
    connectAnchorClient(devnet, {
      mspId: property.mspId,
      certificate,
      key: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    });
  const [admin, client] = [open(property.admin), open(property.client)];
  return {
    admin,
    client,
    close() {
      admin.close();
      client.close();
    },
  };
}

async function isServing(address: string): Promise<boolean> {
  const [host = '', port = ''] = address.split(':');
  const socket = createConnection({ host, port: Number(port) });
  return await once(socket, 'connect').then(
    () => {
      socket.destroy();
      return true;
    },
    () => false,
  );
}

async function end(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
