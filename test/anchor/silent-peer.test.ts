import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Devnet, startDevnet } from '../../chaincode/devnet/devnet.ts';
import { FabricChain } from '../../ledger/anchor/fabric/fabric-chain.ts';
import { nativePrimitives } from '../../ledger/native-primitives.ts';
import { SampleLedger } from '../support/sample-ledger.ts';
import { connectionTo } from './fabric-networks.ts';

// A peer that takes every call and answers none.

const folder = mkdtempSync(join(tmpdir(), 'billproof-silent-'));
let devnet: Devnet;
let server: Http2Server;
let address = '';
let asked = 0;
const sessions = new Set<ServerHttp2Session>();
beforeAll(async () => {
  devnet = await startDevnet({ folder });
  server = createServer();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', () => {
    asked += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('a server has a port');
  address = `127.0.0.1:${at.port}`;
});
afterAll(async () => {
  for (const session of sessions) session.destroy();
  server.close();
  await devnet.stop();
  rmSync(folder, { recursive: true });
});

test('does not hold up the end of the service', async () => {
  const sample = await SampleLedger.make();
  const connection = { ...connectionTo(devnet), address };
  const chain = new FabricChain(connection, nativePrimitives());
  const ends: unknown[] = [];
  const head = chain.head.bind(chain);
  chain.head = (origin) => {
    const answer = head(origin);
    answer.catch((error: unknown) => ends.push(String(error)));
    return answer;
  };
  sample.ledger.startAnchoring({
    chains: [{ chainOf: () => chain, everyMs: 50 }],
    tell: () => undefined,
  });
  await expect.poll(() => asked).toBeGreaterThan(0);
  await sample.remove();
  // The end has cut the call short; its own deadline would have said so.
  expect(ends.at(-1)).toMatch(/The connection to the gateway was closed\.$/);
});
