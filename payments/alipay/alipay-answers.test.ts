import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AlipayStandInKeys } from '../doubles/alipay/alipay-account.ts';
import { type DoubleServer, serveDouble } from '../doubles/double-server.ts';
import { PendingFaults } from '../doubles/fault.ts';
import { type PaymentOrder, ProviderUnavailable, type RefundOrder } from '../provider.ts';
import { AlipayProvider } from './alipay-provider.ts';

const NOW = Date.parse('2026-09-03T10:00:00+08:00');
const HOUR_MS = 3_600_000;
const keys = new AlipayStandInKeys('2021000122671234', '2088621349056780');
const order: PaymentOrder = {
  order: 'ORD001',
  amount: { minor: 5_000n, currency: 'CNY' },
  title: 'Energy / 1 = 2 & 3',
  way: 'native',
  openedMs: NOW,
  expiresMs: NOW + 60_000,
  returnUrl: 'https://portal.example/back',
};
const refund: RefundOrder = {
  ...{ refund: 'RFD001', order: order.order, payment: '2026090301', reason: 'moved out' },
  ...{ paid: order.amount, amount: { minor: 2_000n, currency: 'CNY' }, askedMs: NOW },
};
const paid = {
  ...{ code: '10000', out_trade_no: order.order, trade_no: '2026090301' },
  ...{ trade_status: 'TRADE_SUCCESS', total_amount: '50.00' },
  send_pay_date: '2026-09-03 10:00:00',
};
const missing = { code: '40004', sub_code: 'ACQ.TRADE_NOT_EXIST', sub_msg: '交易不存在' };

type Saying = (method: string) => string;

/** What Alipay says next, one answer a request; the last one again and again. */
let sayings: readonly Saying[] = [];
const asked: URLSearchParams[] = [];
let nowMs = NOW;
let server: DoubleServer;
let provider: AlipayProvider;
beforeAll(async () => {
  server = await serveDouble(0, new PendingFaults(), ({ body }) => {
    const saying = sayings[asked.length] ?? sayings.at(-1);
    const fields = new URLSearchParams(new TextDecoder().decode(body));
    asked.push(fields);
    const said = saying?.(fields.get('method') ?? '') ?? '';
    return { status: 200, headers: {}, body: said };
  });
  provider = new AlipayProvider({
    ...keys.account,
    gateway: `${server.url}/gateway.do`,
    billOrigin: server.url,
    notifyUrl: 'https://portal.example/notified',
    timeoutMs: 5_000,
    nowMs: () => nowMs,
  });
});
afterAll(() => server.stop());
beforeEach(() => {
  asked.length = 0;
  nowMs = NOW;
});

function say(...next: readonly Saying[]): void {
  sayings = next;
}

function signed(json: object): Saying {
  return (method) => {
    const text = JSON.stringify(json);
    const name = `${method.replaceAll('.', '_')}_response`;
    return `{"${name}":${text},"sign":"${keys.sign(text)}"}`;
  };
}

const content = () => JSON.parse(asked.at(-1)?.get('biz_content') ?? '');

test.each([
  ['TRADE_SUCCESS', 'paid'],
  ['TRADE_FINISHED', 'paid'],
  ['WAIT_BUYER_PAY', 'open'],
  ['TRADE_CLOSED', 'paid'],
])('a trade that is %s and has a time of payment is %s', async (trade_status, state) => {
  say(signed({ ...paid, trade_status }));
  expect(await provider.order(order)).toMatchObject({ state });
});

test('a trade that was closed without a payment is closed', async () => {
  const { send_pay_date: _, ...unpaid } = paid;
  say(signed({ ...unpaid, trade_status: 'TRADE_CLOSED' }));
  expect(await provider.order(order)).toEqual({ order: order.order, state: 'closed' });
});

test('an order that nobody has come for is unknown', async () => {
  say(signed(missing));
  expect(await provider.order(order)).toEqual({ order: order.order, state: 'unknown' });
});

test.each<readonly [string, Saying]>([
  [
    'an answer without a signature',
    () => `{"alipay_trade_query_response":${JSON.stringify(paid)}}`,
  ],
  ['an answer to another question', () => signed(paid)('alipay.trade.close')],
  [
    'an answer that comes twice, once signed',
    (method) => {
      const other = JSON.stringify({ ...paid, trade_status: 'WAIT_BUYER_PAY' });
      const name = `"${method.replaceAll('.', '_')}_response"`;
      return signed(paid)(method).replace(/\}$/, `,${name}:${other}}`);
    },
  ],
  ['an error of the gateway', () => '{"error_response":{"code":"40002","msg":"Invalid"}}'],
  ['a gateway that is busy', signed({ code: '20000', sub_code: 'isp.unknow-error' })],
  ['a business that is busy', signed({ code: '40004', sub_code: 'ACQ.SYSTEM_ERROR' })],
  ['another order', signed({ ...paid, out_trade_no: 'ORD002' })],
  ['an unknown trade state', signed({ ...paid, trade_status: 'TRADE_PENDING' })],
  ['a payment without a time', signed({ ...paid, send_pay_date: undefined })],
  ['an amount with three decimals', signed({ ...paid, total_amount: '50.001' })],
  ['an amount that is a number', signed({ ...paid, total_amount: 50 })],
])('%s tells nothing', async (_, saying) => {
  say(saying);
  await expect(provider.order(order)).rejects.toThrow(ProviderUnavailable);
});

test('the signature may be written with escapes', async () => {
  say((method) => signed(paid)(method).replaceAll('/', '\\/'));
  expect(await provider.order(order)).toMatchObject({ state: 'paid' });
});

test('an order is sent without the signs that Alipay refuses', async () => {
  say(signed({ code: '10000', out_trade_no: order.order, qr_code: 'https://qr.alipay.com/1' }));
  expect(await provider.open(order)).toEqual({ kind: 'code', text: 'https://qr.alipay.com/1' });
  expect(content()).toEqual({
    out_trade_no: 'ORD001',
    total_amount: '50.00',
    subject: 'Energy   1   2   3',
    time_expire: '2026-09-03 10:01:00',
  });
  expect(asked.at(-1)?.get('notify_url')).toBe('https://portal.example/notified');
});

test.each(['page', 'wap'])('%s is asked for by the payer only', async (way) => {
  say(signed(missing));
  const start = await provider.open({ ...order, way });
  expect(asked.map((fields) => fields.get('method'))).toEqual(['alipay.trade.query']);
  const { searchParams } = new URL(start.kind === 'redirect' ? start.url : '');
  expect(searchParams.get('method')).toBe(`alipay.trade.${way}.pay`);
  expect(searchParams.get('return_url')).toBe(order.returnUrl);
  expect(keys.isMerchants(Object.fromEntries(searchParams))).toBe(true);
});

const givenBack = {
  code: '10000',
  out_trade_no: order.order,
  fund_change: 'Y',
  refund_fee: '50.00',
};
const done = {
  ...{ code: '10000', out_request_no: 'RFD001', trade_no: '2026090301' },
  ...{ refund_status: 'REFUND_SUCCESS', refund_amount: '20.00' },
};
const state = {
  ...{ refund: 'RFD001', state: 'paid', id: '2026090301' },
  amount: { minor: 2_000n, currency: 'CNY' },
};

test('a refund is what was asked for, not the sum of all so far', async () => {
  say(signed(givenBack));
  expect(await provider.refund(refund)).toEqual(state);
});

test('a refund by which nothing moved was there before, or has to be waited for', async () => {
  const nothing = signed({ ...givenBack, fund_change: 'N' });
  say(nothing, signed(done));
  expect(await provider.refund(refund)).toEqual(state);
  asked.length = 0;
  say(nothing, signed({ code: '10000' }));
  expect(await provider.refund(refund)).toEqual({ refund: 'RFD001', state: 'waiting' });
  asked.length = 0;
  say(nothing, signed({ ...done, refund_amount: '19.99' }));
  await expect(provider.refund(refund)).rejects.toMatchObject({ code: 'refund-refused' });
});

test('a refund that Alipay does not tell of may be asked for again', async () => {
  say(signed({ code: '10000', msg: 'Success' }));
  expect(await provider.refundState(refund)).toEqual({ refund: 'RFD001', state: 'unknown' });
  say(signed({ ...done, out_request_no: 'RFD002' }));
  await expect(provider.refundState(refund)).rejects.toThrow(ProviderUnavailable);
});

test('a bill that is missing is late for a day, and then there is none', async () => {
  say(signed({ code: '40004', sub_code: 'isp.bill_not_exist' }));
  nowMs = Date.parse('2026-09-03T09:00:00+08:00');
  expect(await provider.settlementFile('2026-09-02')).toBeUndefined();
  expect(content()).toEqual({ bill_type: 'trade', bill_date: '2026-09-02' });
  nowMs += 24 * HOUR_MS;
  expect(await provider.settlementFile('2026-09-02')).toEqual({
    bytes: new Uint8Array(),
    rows: false,
  });
  nowMs = Date.parse('2026-09-03T08:59:59+08:00');
  asked.length = 0;
  expect(await provider.settlementFile('2026-09-02')).toBeUndefined();
  expect(asked).toEqual([]);
});

test('a bill is fetched from where bills lie, and from nowhere else', async () => {
  const place = (host: string) =>
    signed({ code: '10000', bill_download_url: `${host}/file?token=1` });
  say(place(server.url), () => 'a bill');
  const bytes = Uint8Array.from(Buffer.from('a bill'));
  expect(await provider.settlementFile('2026-09-01')).toEqual({ bytes, rows: true });
  asked.length = 0;
  // The same machine by another name: it would answer.
  say(place(server.url.replace('127.0.0.1', 'localhost')), () => 'a bill');
  await expect(provider.settlementFile('2026-09-01')).rejects.toThrow(ProviderUnavailable);
  expect(asked).toHaveLength(1);
});
