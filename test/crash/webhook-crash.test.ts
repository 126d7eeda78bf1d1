import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { member } from '../../api/test/api-client.ts';
import { isSignedBy, WebhookReceiver } from '../../api/test/webhook-receiver.ts';
import { issueToken, tokenKeyFile } from '../../api/tokens.ts';
import { fsck } from '../../ledger/fsck.ts';
import { loadServiceProcess, type ServiceProcess } from './api-process.ts';

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 2);
const SITE = 'quay';
const ACCOUNT = 'K1';

test(
  'every top-up is told of, and nothing else, however often the service is killed',
  async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'billproof-webhook-crash-'));
    const receiver = await WebhookReceiver.listen();
    let publicKey = '';
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        const { service, ask } = await start(dataDir);
        if (round === 0) publicKey = await setUp(ask, receiver.url);
        const gone = Promise.withResolvers<void>();
        const before = receiver.received.length;
        receiver.answer = (response, index) => {
          // By turns before anybody knows that it arrived, and while the next ones are under way.
          if (round % 2 === 1) response.writeHead(204).end();
          if (index >= before + 3) void service.kill().then(gone.resolve);
          else if (round % 2 === 0) response.writeHead(204).end();
        };
        await Promise.all([payUntilGone(ask), gone.promise]);
      }
      receiver.answer = 204;
      const { service, ask } = await start(dataDir);
      const told = () => new Set(receiver.received.map(({ id }) => id));
      const logged = await loggedTopUps(ask);
      expect(logged.length).toBeGreaterThan(ROUNDS);
      while (!logged.every((id) => told().has(`msg_${id}`))) await sleep(20);
      expect(await service.stop()).toBe(0);
      expect([...told()].sort()).toEqual(logged.map((id) => `msg_${id}`).sort());
      // What comes twice is the same, under the same id.
      const texts = new Set(receiver.received.map(({ id, body }) => `${id} ${body}`));
      expect(texts.size).toBe(logged.length);
      expect(receiver.received.filter((one) => !isSignedBy(publicKey, one))).toEqual([]);
      expect((await fsck({ dataDir, threads: 1, deep: true })).findings).toEqual([]);
    } finally {
      await receiver.close();
      rmSync(dataDir, { recursive: true });
    }
  },
  60_000 + ROUNDS * 30_000,
);

type Ask = (method: string, path: string, json?: object) => Promise<unknown>;
class ServiceGone extends Error {}

async function start(dataDir: string): Promise<{ service: ServiceProcess; ask: Ask }> {
  const service = loadServiceProcess().open({ dataDir, nowMs: Date.now(), port: 0 });
  const port = await service.ready;
  const key = tokenKeyFile(join(dataDir, 'keys', 'token.key'), () => new Uint8Array(32).fill(7));
  const life = { nowMs: Date.now(), seconds: 3600 };
  const token = await issueToken(key, { id: 'root', role: 'admin' }, life);
  const ask: Ask = async (method, path, json) => {
    try {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
          'idempotency-key': crypto.randomUUID(),
        },
        ...(json && { body: JSON.stringify(json) }),
      });
      return await response.json();
    } catch {
      throw new ServiceGone();
    }
  };
  return { service, ask };
}

async function setUp(ask: Ask, url: string): Promise<string> {
  await ask('POST', '/v1/sites', { site: SITE, currency: 'CNY', zone: 'Asia/Shanghai' });
  await ask('POST', '/v1/accounts', { site: SITE, account: ACCOUNT });
  const types = ['topup.credited'];
  const made = await ask('POST', '/v1/webhook-endpoints', { site: SITE, url, types });
  return String(member(made, 'keys/0/publicKey'));
}

async function payUntilGone(ask: Ask): Promise<void> {
  const money = { account: ACCOUNT, wallet: 'electricity', amount: '1.000000', method: 'cash' };
  try {
    for (;;) {
      await ask('POST', '/v1/top-ups', { site: SITE, ...money });
      await sleep(20);
    }
  } catch (error) {
    if (!(error instanceof ServiceGone)) throw error;
  }
}

async function loggedTopUps(ask: Ask): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor = ''; ; ) {
    const query = `?site=${SITE}&limit=200${cursor}`;
    const page = await ask('GET', `/v1/accounts/${ACCOUNT}/events${query}`);
    const { data = [], next }: { data?: { text: string }[]; next?: string } = Object(page);
    for (const { text } of data) {
      const event = JSON.parse(text);
      if (event.type === 'topup.credited') ids.push(event.id);
    }
    if (next === undefined) return ids;
    cursor = `&cursor=${next}`;
  }
}
