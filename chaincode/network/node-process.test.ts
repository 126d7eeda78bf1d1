import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listens, NodeProcess } from './node-process.ts';
import { findFreePorts, takenPorts } from './ports.ts';

const SERVER = `require('node:net').createServer().listen(Number(process.argv[1]), '127.0.0.1')`;
let folder: string;
let port: number;
let node: NodeProcess;

const callOf = (script: string) => ({
  name: 'server',
  command: process.execPath,
  args: ['-e', script, String(port)],
  environment: {},
  log: join(folder, 'log'),
  address: { host: '127.0.0.1', port },
});
const isUp = () => listens({ host: '127.0.0.1', port });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'billproof-node-'));
  port = await findFreePorts(1);
  node = new NodeProcess(callOf(SERVER));
});
afterEach(async () => {
  await node.stop();
  rmSync(folder, { recursive: true });
});

test('a program listens once it is started, and no more once it is killed', async () => {
  await node.start();
  await node.start();
  expect([await isUp(), await takenPorts(port, 1)]).toEqual([true, [port]]);
  await node.kill();
  expect(await isUp()).toBe(false);
  await node.start();
  expect(await isUp()).toBe(true);
  await node.stop();
  await node.stop();
  expect(await isUp()).toBe(false);
});

test('a program that ends at once is told with its last words', async () => {
  const failing = new NodeProcess(callOf(`console.error('no certificate'); process.exit(1)`));
  await expect(failing.start()).rejects.toThrow(
    /server does not listen on port \d+.*no certificate/s,
  );
});

test('a program dies with whoever started it, however that ends', async () => {
  const owner = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { NodeProcess } from ${JSON.stringify(new URL('node-process.ts', import.meta.url))};
       await new NodeProcess(${JSON.stringify(callOf(SERVER))}).start();
       console.log('started');`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await firstWords(owner);
  expect(await isUp()).toBe(true);
  owner.kill('SIGKILL');
  await expect.poll(isUp).toBe(false);
});

async function firstWords(child: ChildProcess): Promise<void> {
  if (child.stdout !== null) await once(child.stdout, 'data');
}
