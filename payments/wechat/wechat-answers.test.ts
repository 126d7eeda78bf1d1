import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DoubleServer, serveDouble } from '../doubles/double-server.ts';
import { PendingFaults } from '../doubles/fault.ts';
import { WechatKeys } from '../doubles/wechat/wechat-keys.ts';
import { type PaymentOrder, ProviderUnavailable, type RefundOrder } from '../provider.ts';
import { WechatProvider } from './wechat-provider.ts';

const NOW = Date.UTC(2026, 8, 3, 2);
const keys = new WechatKeys('1900000109', 'wx8888888888888888');
const order: PaymentOrder = {
  order: 'ORD001',
  amount: { minor: 5_000n, currency: 'CNY' },
  title: 'Energy',
  way: 'native',
  openedMs: NOW,
  expiresMs: NOW + 60_000,
  returnUrl: 'https://portal.example/back',
};
const paid = {
  appid: keys.account.application,
  mchid: keys.account.merchant,
  out_trade_no: order.order,
  trade_state: 'SUCCESS',
  transaction_id: '4200000001',
  success_time: '2026-09-03T10:00:00+08:00',
  amount: { total: 5_000, payer_total: 4_000, currency: 'CNY' },
};

interface Saying {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly unsigned?: boolean;
}

/** What WeChat says next, one answer a request; the last one again and again. */
let sayings: readonly Saying[] = [];
const asked: string[] = [];
let server: DoubleServer;
let provider: WechatProvider;
beforeAll(async () => {
  server = await serveDouble(0, new PendingFaults(), ({ target }) => {
    const saying = sayings[asked.length] ?? sayings.at(-1);
    asked.push(target);
    if (saying === undefined) throw new Error('nothing to say');
    const body = Buffer.from(saying.body);
    const signed = saying.unsigned ? {} : keys.signed(body, NOW);
    return { status: saying.status, headers: { ...signed, ...saying.headers }, body };
  });
  provider = new WechatProvider({
    ...keys.account,
    url: server.url,
    notifyUrl: 'https://portal.example/notified',
    timeoutMs: 5_000,
    nowMs: () => NOW,
    newNonce: () => 'a1b2c3d4e5f6',
  });
});
afterAll(() => server.stop());
beforeEach(() => {
  asked.length = 0;
});

function say(...next: readonly Saying[]): void {
  sayings = next;
}

function json(value: unknown, status = 200): Saying {
  return { status, body: JSON.stringify(value) };
}

test('the amount of a payment is that of the order, though a voucher paid a part', async () => {
  say(json(paid));
  expect(await provider.order(order)).toEqual({
    order: order.order,
    state: 'paid',
    payment: { id: '4200000001', order: order.order, amount: order.amount, paidMs: NOW },
  });
});

test.each([
  ['REFUND', 'paid'],
  ['NOTPAY', 'open'],
  ['USERPAYING', 'open'],
  ['PAYERROR', 'open'],
  ['CLOSED', 'closed'],
  ['REVOKED', 'closed'],
])('the trade state %s is %s', async (trade_state, state) => {
  say(json({ ...paid, trade_state }));
  expect(await provider.order(order)).toMatchObject({ state });
});

test('an error may come without a signature, success may not', async () => {
  say({ ...json({ code: 'ORDER_NOT_EXIST', message: '' }, 404), unsigned: true });
  expect(await provider.order(order)).toEqual({ order: order.order, state: 'unknown' });
  say({ ...json(paid), unsigned: true });
  await expect(provider.order(order)).rejects.toThrow(ProviderUnavailable);
});

test.each<readonly [string, Saying]>([
  ['a 404 of something in between', { ...json({ code: 'NO_ROUTE' }, 404), unsigned: true }],
  ['a 404 without a code', { status: 404, body: '<html>', unsigned: true }],
  ['a redirection', { status: 302, body: '', headers: { location: 'https://a.test/' } }],
  ['too many requests', json({ code: 'FREQUENCY_LIMITED' }, 429)],
  ['another order', json({ ...paid, out_trade_no: 'ORD002' })],
  ['another merchant', json({ ...paid, mchid: '1900000777' })],
  ['an unknown trade state', json({ ...paid, trade_state: 'ACCEPT' })],
  ['a payment without a number', json({ ...paid, transaction_id: undefined })],
  ['an amount that is no whole number', json({ ...paid, amount: { total: 50.5 } })],
])('%s tells nothing', async (_, saying) => {
  say(saying);
  await expect(provider.order(order)).rejects.toThrow(ProviderUnavailable);
});

test.each(['jsapi', 'h5'])('%s is refused without what it needs of the payer', async (way) => {
  await expect(provider.open({ ...order, way })).rejects.toMatchObject({
    code: 'payment-refused',
    params: { code: 'PAYER' },
  });
  expect(asked).toEqual([]);
});

test.each([
  ['SUCCESS', 'paid'],
  ['PROCESSING', 'waiting'],
  ['ABNORMAL', 'waiting'],
  ['CLOSED', 'failed'],
])('a refund that is %s is %s', async (status, state) => {
  const { amount } = order;
  const refund: RefundOrder = {
    ...{ refund: 'RFD001', order: order.order, payment: '4200000001', reason: 'moved out' },
    ...{ paid: amount, amount, askedMs: NOW },
  };
  const record = { refund_id: '503', out_refund_no: 'RFD001', out_trade_no: order.order, status };
  say(json({ ...record, amount: { refund: 5_000, currency: 'CNY' } }));
  expect(await provider.refundState(refund)).toEqual({
    refund: 'RFD001',
    state,
    id: '503',
    amount,
  });
});

test('a bill that is being made is not there yet', async () => {
  say(json({ code: 'STATEMENT_CREATING', message: '' }, 400));
  expect(await provider.settlementFile('2026-09-01')).toBeUndefined();
});

test('a bill is fetched from WeChat only, and holds what was signed for', async () => {
  const file = gzipSync('a bill');
  const place = {
    hash_type: 'SHA1',
    hash_value: createHash('sha1').update('a bill').digest('hex'),
    download_url: `${server.url}/v3/billdownload/file?token=1`,
  };
  say(json(place), { status: 200, body: file, unsigned: true });
  const bytes = Uint8Array.from(file);
  expect(await provider.settlementFile('2026-09-01')).toEqual({ bytes, rows: true });
  asked.length = 0;
  say(json({ ...place, download_url: 'https://elsewhere.test/file' }));
  await expect(provider.settlementFile('2026-09-01')).rejects.toThrow(ProviderUnavailable);
  expect(asked).toHaveLength(1);
});
