import { afterAll, beforeAll, expect, test } from 'vitest';
import { chinaDigits } from '../china-time.ts';
import { type DoubleServer, serveDouble } from '../doubles/double-server.ts';
import { PendingFaults } from '../doubles/fault.ts';
import { UnionPayKeys } from '../doubles/unionpay/unionpay-keys.ts';
import { ProviderUnavailable } from '../provider.ts';
import { UnionPayProvider } from './unionpay-provider.ts';

const NOW = Date.UTC(2026, 8, 1, 2);
const txnTime = chinaDigits(NOW);
const keys = new UnionPayKeys('777290058110048', NOW);
const order = { order: 'ORD0000001', openedMs: NOW, amount: { minor: 5_000n, currency: 'CNY' } };
const paid = {
  ...{ version: '5.1.0', encoding: 'UTF-8', signMethod: '01', merId: keys.account.merchant },
  ...{ respCode: '00', origRespCode: '00', orderId: order.order, txnTime, txnAmt: '5000' },
  ...{ currencyCode: '156', queryId: '202609011000000000001', traceTime: txnTime.slice(4) },
};

/** What the gateway says to whatever it is asked, signed as UnionPay signs. */
let said: Readonly<Record<string, string>> = {};
let server: DoubleServer;
let provider: UnionPayProvider;
beforeAll(async () => {
  server = await serveDouble(0, new PendingFaults(), () => {
    const fields = Object.entries(keys.sign(said));
    return { status: 200, headers: {}, body: fields.map((field) => field.join('=')).join('&') };
  });
  provider = new UnionPayProvider({
    ...keys.account,
    url: server.url,
    fileUrl: server.url,
    notifyUrl: 'http://127.0.0.1:9/notified',
    timeoutMs: 5_000,
    nowMs: () => NOW,
  });
});
afterAll(() => server.stop());

function stateWhen(changes: Readonly<Record<string, string>>) {
  said = { ...paid, ...changes };
  return provider.order(order);
}

test.each(['00', 'A6'])('%s of the original is a payment', async (origRespCode) => {
  expect(await stateWhen({ origRespCode })).toEqual({
    order: order.order,
    state: 'paid',
    payment: { id: paid.queryId, order: order.order, amount: order.amount, paidMs: NOW },
  });
});

test.each(['05', '01', '61'])('%s of the original leaves the order open', async (origRespCode) => {
  expect(await stateWhen({ origRespCode })).toEqual({ order: order.order, state: 'open' });
});

test('34 is no such order', async () => {
  expect(await stateWhen({ respCode: '34' })).toEqual({ order: order.order, state: 'unknown' });
});

test.each([
  ['that is busy', { respCode: '02' }],
  ['that took money after the time', { origRespCode: '42' }],
  ['about another order', { orderId: 'ORD0000002' }],
  ['about another time', { txnTime: '20260901100001' }],
  ['for another merchant', { merId: '777290058110777' }],
  ['of another version', { version: '5.0.0' }],
  ['in another currency', { currencyCode: '840' }],
  ['without a number', { queryId: '' }],
])('an answer %s tells nothing', async (_, changes) => {
  await expect(stateWhen(changes)).rejects.toThrow(ProviderUnavailable);
});

test('an order number that UnionPay does not take is refused before it is asked', async () => {
  said = { ...paid, respCode: '34' };
  const short = { ...order, order: 'ORD0001', title: 'Energy', way: 'gateway' };
  const opening = provider.open({
    ...short,
    expiresMs: NOW + 60_000,
    returnUrl: 'https://a.test/',
  });
  await expect(opening).rejects.toMatchObject({ code: 'payment-refused' });
});
