import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiLog } from './log.ts';
import { SITE } from './routes/examples.ts';
import { openLedger, type Service, serve } from './serve.ts';
import { member } from './test/api-client.ts';
import { configForTests } from './test/open-api-for-tests.ts';
import { SigningBridge } from './test/signing-bridge.ts';

const folder = mkdtempSync(join(tmpdir(), 'billproof-pipelined-'));
const config = configForTests(folder);
const log = apiLog('silent', { write: () => undefined });
let service: Service;

beforeAll(async () => {
  const ledger = await openLedger(config, true);
  await ledger.setClock(Date.parse('2026-08-25T00:00:00.000Z'));
  service = await serve({ config, log, ledger });
  const origin = 'ledger.example/log/harbour';
  // The bridges' site is not the first one, so that looking it up takes several questions.
  await ledger.createSite({ site: 'annex', origin: `${origin}-2`, currency: 'CNY', zone: 'UTC' });
  await ledger.createSite({ site: SITE, origin, currency: 'CNY', zone: 'UTC' });
});
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

test.each([
  ['in one piece', Number.POSITIVE_INFINITY, ''],
  ['in pieces that end anywhere', 5_003, ''],
  ['a byte short of what a socket reads at once', 65_535, ''],
  ['through the router', Number.POSITIVE_INFINITY, '?'],
])(
  'batches sent before the first answer are all taken, in order: %s',
  async (name, piece, query) => {
    const bridge = await enrolled(`roof-${name.replaceAll(' ', '-')}`);
    const meter = `meter-of-${bridge.bridge}`;
    const path = `/v1/bridges/${bridge.bridge}/batches${query}`;
    let end = -1;
    // The first of these are the first that the service ever hears of this bridge.
    for (let round = 0; round < 3; round += 1) {
      const requests: Buffer[] = [];
      const expected: unknown[] = [];
      for (let i = 0; i < 60; i += 1) {
        const size = 1 + ((i * 37 + round) % 90);
        end += size;
        requests.push(requestOf(path, batchOf(bridge, meter, size)));
        expected.push({ accepted: { [meter]: end }, known: 0, wanted: {} });
      }
      const answers = await pipelined(Buffer.concat(requests), piece, requests.length);
      expect(answers).toEqual(expected);
    }
  },
);

let minute = 0;

async function enrolled(name: string): Promise<SigningBridge> {
  const bridge = new SigningBridge(name);
  const created = await service.ledger.execute({ do: 'create-bridge', site: SITE, bridge: name });
  const enrolment = bridge.enrolment(String(member(created, 'token')));
  await service.ledger.execute({ do: 'enrol-device', site: SITE, bridge: name, ...enrolment });
  return bridge;
}

function batchOf(bridge: SigningBridge, meter: string, size: number): object {
  const records = Array.from({ length: size }, () => {
    minute += 1;
    const at = new Date(Date.parse('2026-08-01T00:00:00.000Z') + minute * 60_000).toISOString();
    return bridge.record({ meter, serial: '1', at, value: `${minute}.00` });
  });
  return bridge.batch(records, '2026-08-25T00:00:00.000Z');
}

function requestOf(path: string, batch: object): Buffer {
  const body = JSON.stringify(batch);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
}

/** Writes everything without waiting for any answer, then collects the answers' bodies. */
async function pipelined(bytes: Buffer, piece: number, count: number): Promise<unknown[]> {
  const socket = connect(service.port, '127.0.0.1');
  for (let at = 0; at < bytes.length; at += piece) socket.write(bytes.subarray(at, at + piece));
  const answers: unknown[] = [];
  let received = '';
  for await (const chunk of socket) {
    received += String(chunk);
    for (;;) {
      const head = received.indexOf('\r\n\r\n');
      const length = Number(/content-length: ([0-9]+)/i.exec(received)?.[1] ?? 0);
      if (head < 0 || received.length < head + 4 + length) break;
      answers.push(JSON.parse(received.slice(head + 4, head + 4 + length)));
      received = received.slice(head + 4 + length);
    }
    if (answers.length === count) break;
  }
  return answers;
}
