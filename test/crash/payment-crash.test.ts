import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { issueToken, tokenKeyFile } from '../../api/tokens.ts';
import { fsck } from '../../ledger/fsck.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { HeldPayment } from '../../payments/doubles/double.ts';
import {
  startWechatDouble,
  type WechatDouble,
} from '../../payments/doubles/wechat/wechat-double.ts';
import { withCompileCache } from '../../scripts/runtime.mjs';
import type { KillPoint, PaymentChild } from './payment-child.ts';

// A process that ends by SIGKILL at each place where money has moved on one side and not yet on the other.
// The next process, the provider's retries and the questions that it asks make it whole: once.

const SITE = 'tower';
const CHILD = fileURLToPath(new URL('./payment-child.ts', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'billproof-payment-crash-'));

let double: WechatDouble;
let notifyUrl: string;
let tokens: { cashier: string; manager: string };
let service: { readonly child: ChildProcess; readonly port: number } | undefined;

/** Hands notifications on to the service of the moment, and breaks the connection where it is gone. */
const relay = createServer((asked, answer) => void handOn(asked, answer));

beforeAll(async () => {
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const address = relay.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  notifyUrl = `http://127.0.0.1:${port}/webhooks/wechat`;
  double = await startWechatDouble({ nowMs: Date.now, port: 0, notifyUrl, hurry: 2_000 });
  const ledger = await Ledger.open({ dataDir });
  const zone = 'Asia/Shanghai';
  await ledger.createSite({ site: SITE, origin: 'ledger.example/tower', currency: 'CNY', zone });
  await ledger.execute({ do: 'open-account', site: SITE, account: 'a-1' });
  await ledger.close();
  const key = tokenKeyFile(join(dataDir, 'keys', 'token.key'), () => new Uint8Array(32).fill(7));
  const life = { nowMs: Date.now(), seconds: 24 * 3600 };
  const token = (id: string, role: 'cashier' | 'manager') =>
    issueToken(key, { id, role, site: SITE }, life);
  tokens = { cashier: await token('desk', 'cashier'), manager: await token('head', 'manager') };
});
afterAll(async () => {
  service?.child.kill('SIGKILL');
  await double.stop();
  relay.closeAllConnections();
  relay.close();
  rmSync(dataDir, { recursive: true, force: true });
});

it('credits and gives back once, wherever a process is killed in between', async () => {
  await start();
  // Verified, and not credited.
  await killedAt({ do: 'take-payment', when: 'before' }, () => pay());
  expect(await counted()).toEqual({ 'topup.credited': 0, 'refund.paid': 0 });
  await start();
  await double.quiet();
  await until(async () => (await get('/v1/accounts/a-1/balance')) === '50.000000');

  // Credited, and nobody was told so: the provider tells it again.
  let held: HeldPayment | undefined;
  await killedAt({ do: 'take-payment', when: 'after' }, async () => {
    held = await pay();
  });
  expect(await counted()).toEqual({ 'topup.credited': 2, 'refund.paid': 0 });
  await start();
  await double.quiet();
  for (const { headers, body } of double.sent()) {
    const again = await send(service?.port ?? 0, headers, body);
    expect(again.status).toBe(204);
  }
  expect(await counted()).toEqual({ 'topup.credited': 2, 'refund.paid': 0 });

  // Agreed to, and not sent; sent, and not written down; written down, and nobody was told so.
  for (const point of [
    { do: 'decide-approval', when: 'after' },
    { do: 'settle-refund', when: 'before' },
    { do: 'settle-refund', when: 'after' },
  ] as const) {
    const refund = await killedAt(point, () => giveBack(held?.id ?? ''));
    await start();
    await until(async () => {
      const answer = Object(await get(`/v1/refunds/${refund}`));
      return answer.state === 'paid';
    });
    // A notification that still comes would lead to the next place of death before its time.
    await double.quiet();
  }
  expect(double.books().refunds.map(({ amount, state }) => [amount.minor, state])).toEqual(
    [0, 1, 2].map(() => [1_000n, 'paid']),
  );
  expect(await counted()).toEqual({ 'topup.credited': 2, 'refund.paid': 3 });
  expect(await get('/v1/accounts/a-1/balance')).toBe('70.000000');
  service?.child.kill('SIGTERM');
  if (service !== undefined) await once(service.child, 'exit');
  expect((await fsck({ dataDir, threads: 1, deep: true })).findings).toEqual([]);
}, 400_000);

async function start(): Promise<void> {
  const env = withCompileCache(process.env);
  const child = spawn(process.execPath, [CHILD], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const { account, url } = double;
  const setup: PaymentChild = {
    ...{ dataDir, url, notifyUrl, merchant: account.merchant, application: account.application },
    certificateSerial: account.certificateSerial,
    privateKey: String(account.privateKey.export({ type: 'pkcs8', format: 'pem' })),
    platformKeys: [...account.platformKeys].map(([serial, key]) => {
      return [serial, String(key.export({ type: 'spki', format: 'pem' }))];
    }),
    apiV3Key: Buffer.from(account.apiV3Key).toString('base64'),
  };
  child.stdin.write(`${JSON.stringify(setup)}\n`);
  const line = await nextLine(child);
  service = { child, port: Number(line.slice('ready '.length)) };
}

/** Does something that ends the service at that place; what `act` was asked before it died is known. */
async function killedAt<T>(point: KillPoint, act: () => Promise<T>): Promise<T> {
  if (service === undefined) throw new Error('no service');
  const { child } = service;
  const gone = once(child, 'exit');
  child.stdin?.write(`${JSON.stringify(point)}\n`);
  expect(await nextLine(child)).toBe('armed');
  const done = await act();
  expect(await gone).toEqual([null, 'SIGKILL']);
  service = undefined;
  return done;
}

async function nextLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(() => ['ended']);
  const [line] = await Promise.race([once(lines, 'line'), ended]);
  lines.close();
  return String(line);
}

async function pay(): Promise<HeldPayment> {
  const body = {
    ...{ account: 'a-1', provider: 'wechat', way: 'native' },
    parts: [{ wallet: 'electricity', amount: '50.000000' }],
  };
  const answer = await post('/v1/orders', tokens.cashier, body);
  return await double.pay(Object(answer).start);
}

/** Ten yuan of a payment; answers the refund's number though the decision's answer may never come. */
async function giveBack(payment: string): Promise<string> {
  const parts = [{ wallet: 'electricity', amount: '10.000000' }];
  const what = { provider: 'wechat', payment, parts, reason: 'moved-out' };
  const asked = await post('/v1/approvals', tokens.cashier, { act: 'refund-payment', what });
  const approval = String(Object(asked).approval);
  await post(`/v1/approvals/${approval}/decision`, tokens.manager, { agree: true }).catch(
    () => undefined,
  );
  return approval.replaceAll('-', '');
}

async function post(path: string, token: string, body: object): Promise<unknown> {
  const headers = {
    ...{ 'content-type': 'application/json', authorization: `Bearer ${token}` },
    'idempotency-key': randomUUID(),
  };
  const url = `http://127.0.0.1:${service?.port}${path}?site=${SITE}`;
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return await answer.json();
}

/** A balance of electricity, or whatever else there is to read. */
async function get(path: string): Promise<unknown> {
  const url = `http://127.0.0.1:${service?.port}${path}?site=${SITE}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${tokens.manager}` } });
  const body = Object(await answer.json());
  if (!path.endsWith('/balance')) return body;
  const wallets: { wallet: string; balance: string }[] = body.wallets;
  return wallets.find(({ wallet }) => wallet === 'electricity')?.balance;
}

/** Events of the account, as a process that starts now reads them: of a copy, nothing is disturbed. */
async function counted(): Promise<Record<string, number>> {
  const { SqliteReader } = await import('../../ledger/store/sqlite/sqlite-reader.ts');
  const reader = new SqliteReader(join(dataDir, 'ledger.db'));
  try {
    const texts: string[] = [];
    for (const segment of reader.segments(SITE, 0, 0)) texts.push(...segment.events);
    const count = (type: string) => texts.filter((t) => t.includes(`"type":"${type}"`)).length;
    return { 'topup.credited': count('topup.credited'), 'refund.paid': count('refund.paid') };
  } finally {
    reader.close();
  }
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(50);
}

async function handOn(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const parts: Uint8Array[] = [];
  for await (const part of asked) parts.push(part);
  const headers = Object.fromEntries(
    Object.entries(asked.headers).map(([name, value]) => [name, String(value)]),
  );
  const { status } =
    service === undefined
      ? { status: 0 }
      : await send(service.port, headers, Buffer.concat(parts)).catch(() => ({ status: 0 }));
  if (status === 0) answer.destroy();
  else answer.writeHead(status).end();
}

async function send(port: number, headers: Readonly<Record<string, string>>, body: Uint8Array) {
  const own = Object.entries(headers).filter(
    ([name]) => /^wechatpay-/i.test(name) || /^content-type$/i.test(name),
  );
  return await fetch(`http://127.0.0.1:${port}/webhooks/wechat`, {
    ...{ method: 'POST', headers: own, body: Uint8Array.from(body) },
  });
}
