import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { readConfig } from '../../api/config.ts';
import { orderNumber } from '../../api/payments/order-number.ts';
import { serve } from '../../api/serve.ts';
import { formatMicros } from '../../ledger/core/decimal.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { startWechatDouble } from '../../payments/doubles/wechat/wechat-double.ts';
import { WechatProvider } from '../../payments/wechat/wechat-provider.ts';
import { report } from './figure.ts';
import type { Sending } from './notification-sender.ts';

const SITE = 'tower';
const ACCOUNTS = 100;
const CONNECTIONS = 64;

/**
 * `payments`: notifications of WeChat Pay a second, verified, opened and credited once; half of all that
 * are sent are copies. Orders are opened and paid before, and what the provider sends is kept until then.
 */
export async function payments(options: { readonly orders?: number } = {}): Promise<void> {
  const orders = options.orders ?? 5_000;
  const kept: Sending['notifications'][number][] = [];
  const keeper = createServer((asked, answer) => void keep(kept, asked, answer));
  keeper.listen(0, '127.0.0.1');
  await once(keeper, 'listening');
  const address = keeper.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const notifyUrl = `http://127.0.0.1:${port}/`;
  const nowMs = Date.now;
  const double = await startWechatDouble({ nowMs, port: 0, notifyUrl, hurry: 1 });
  const provider = new WechatProvider({
    ...{ ...double.account, url: double.url, notifyUrl, timeoutMs: 10_000, nowMs },
    newNonce: () => randomBytes(16).toString('hex'),
  });
  const data = mkdtempSync(join(tmpdir(), 'billproof-bench-'));
  const ledger = await Ledger.open({ dataDir: data });
  const unlimited = { perSecond: 1e9, burst: 1e9 };
  const service = await serve({
    config: readConfig({ BILLPROOF_DATA: data, PORT: '0', LOG_LEVEL: 'silent' }),
    ...{ ledger, log: pino({ level: 'silent' }), providers: [provider] },
    limits: { refusedBatches: unlimited },
  });
  try {
    await payOrders(ledger, provider, double, orders);
    const twice = [...kept, ...kept];
    const before = process.cpuUsage();
    const { ms, statuses } = await sendAll({
      ...{ port: service.port, connections: CONNECTIONS, notifications: twice },
    });
    const { user, system } = process.cpuUsage(before);
    await expectCreditedOnce(ledger, orders, statuses['204'] === twice.length);
    const each = Math.round((user + system) / twice.length);
    const note = `each verified, opened and credited once; every second one a copy; ${each} µs of processor`;
    const figure = { value: twice.length / (ms / 1e3), unit: 'notifications/s', n: twice.length };
    report({ bench: 'payments', ...figure, note });
  } finally {
    await service.stop();
    await double.stop();
    keeper.close();
    rmSync(data, { recursive: true, force: true });
  }
}

async function keep(
  kept: Sending['notifications'][number][],
  asked: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const parts: Uint8Array[] = [];
  for await (const part of asked) parts.push(part);
  const named = Object.entries(asked.headers).filter(([name]) => isOurs(name));
  const headers = Object.fromEntries(named.map(([name, value]) => [name, String(value)]));
  kept.push({ headers, body: Buffer.concat(parts).toString('base64') });
  answer.writeHead(204).end();
}

function isOurs(name: string): boolean {
  return name.startsWith('wechatpay-') || name === 'content-type';
}

async function payOrders(
  ledger: Ledger,
  provider: WechatProvider,
  double: Awaited<ReturnType<typeof startWechatDouble>>,
  orders: number,
): Promise<void> {
  const zone = 'Asia/Shanghai';
  await ledger.createSite({
    site: SITE,
    origin: 'ledger.example/log/tower',
    currency: 'CNY',
    zone,
  });
  for (let i = 0; i < ACCOUNTS; i += 1) {
    await ledger.execute({ do: 'open-account', site: SITE, account: `a-${i}` });
  }
  const openedMs = Date.now();
  const expiresMs = openedMs + 30 * 60_000;
  const open = async (i: number) => {
    const order = orderNumber(SITE, openedMs, randomBytes(5));
    await ledger.execute({
      do: 'open-order',
      ...{ site: SITE, order, account: `a-${i % ACCOUNTS}`, provider: 'wechat', way: 'native' },
      parts: [{ wallet: 'electricity', amount: '50.000000' }],
      expiresAt: new Date(expiresMs).toISOString(),
    });
    const amount = { minor: 5_000n, currency: 'CNY' };
    const told = { order, amount, title: 'Top-up', way: 'native', openedMs, expiresMs };
    await double.pay(await provider.open({ ...told, returnUrl: 'https://portal.example/' }));
  };
  for (let i = 0; i < orders; i += 50) {
    await Promise.all(Array.from({ length: Math.min(50, orders - i) }, (_, k) => open(i + k)));
  }
  await double.quiet();
}

async function sendAll(
  sending: Sending,
): Promise<{ readonly ms: number; readonly statuses: Readonly<Record<string, number>> }> {
  const child = fork(new URL('./notification-sender.ts', import.meta.url).pathname);
  child.send(sending);
  const [told] = await once(child, 'message');
  return told;
}

async function expectCreditedOnce(
  ledger: Ledger,
  orders: number,
  areTaken: boolean,
): Promise<void> {
  const books = await ledger.balances(SITE);
  const transit = books.find(({ book }) => book === 'transit:wechat')?.balance;
  const expected = formatMicros(BigInt(orders) * 50_000_000n);
  if (transit === expected && areTaken) return;
  throw new Error(`credited ${transit} of ${expected}; all taken: ${areTaken}`);
}
