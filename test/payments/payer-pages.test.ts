import { afterAll, beforeAll, expect, test } from 'vitest';
import { AlipayProvider } from '../../payments/alipay/alipay-provider.ts';
import { startAlipayDouble } from '../../payments/doubles/alipay/alipay-double.ts';
import { startStripeDouble } from '../../payments/doubles/stripe/stripe-double.ts';
import { startUnionPayDouble } from '../../payments/doubles/unionpay/unionpay-double.ts';
import { startWechatDouble } from '../../payments/doubles/wechat/wechat-double.ts';
import { StripeProvider } from '../../payments/stripe/stripe-provider.ts';
import { UnionPayProvider } from '../../payments/unionpay/unionpay-provider.ts';
import { WechatProvider } from '../../payments/wechat/wechat-provider.ts';
import { STARTED_MS } from './provider-under-test.ts';

/** Nobody listens: what is tested here is what a payer sees and clicks. */
const notifyUrl = 'http://127.0.0.1:9/notified';
const nowMs = () => STARTED_MS;
const common = { notifyUrl, timeoutMs: 5_000, nowMs };
const settings = { nowMs, port: 0, notifyUrl, hurry: 1_000_000 };
const order = {
  amount: { minor: 5_001n, currency: 'CNY' },
  title: 'Prepaid energy',
  openedMs: STARTED_MS,
  expiresMs: STARTED_MS + 60_000,
  returnUrl: 'https://portal.example/back?order=1&again=yes',
  payerAddress: '203.0.113.7',
};

let wechat: Awaited<ReturnType<typeof startWechatDouble>>;
let unionpay: Awaited<ReturnType<typeof startUnionPayDouble>>;
let alipay: Awaited<ReturnType<typeof startAlipayDouble>>;
let stripe: Awaited<ReturnType<typeof startStripeDouble>>;
beforeAll(async () => {
  alipay = await startAlipayDouble(settings);
  stripe = await startStripeDouble(settings);
  wechat = await startWechatDouble(settings);
  unionpay = await startUnionPayDouble(settings);
});
afterAll(async () => {
  await wechat.stop();
  await unionpay.stop();
  await alipay.stop();
  await stripe.stop();
});

function wechatProvider(): WechatProvider {
  const newNonce = () => 'a1b2c3d4e5f6';
  return new WechatProvider({ ...wechat.account, ...common, url: wechat.url, newNonce });
}

/** Presses the button of a page: its action, and the fields that it hides. */
async function press(page: Response): Promise<Response> {
  const text = decoded(await page.text());
  const [, action = ''] = /action="([^"]*)"/.exec(text) ?? [];
  const body = new URLSearchParams();
  for (const [, name = '', value = ''] of text.matchAll(/name="([^"]*)" value="([^"]*)"/g)) {
    body.append(name, value);
  }
  return fetch(new URL(action, page.url), { method: 'POST', body, redirect: 'manual' });
}

function decoded(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
}

test('a payer agrees on the page of H5 and comes back', async () => {
  const provider = wechatProvider();
  const start = await provider.open({ ...order, order: 'PAGE000001', way: 'h5' });
  const page = await fetch(start.kind === 'redirect' ? start.url : '');
  expect(await page.clone().text()).toContain('Pay 50.01 CNY');
  const paid = await press(page);
  expect([paid.status, paid.headers.get('location')]).toEqual([303, order.returnUrl]);
  expect(await provider.order({ order: 'PAGE000001' })).toMatchObject({ state: 'paid' });
  expect((await fetch(page.url, { method: 'POST' })).status).toBe(409);
});

test('a code is scanned without a camera', async () => {
  const provider = wechatProvider();
  const start = await provider.open({ ...order, order: 'PAGE000002', way: 'native' });
  const text = encodeURIComponent(start.kind === 'code' ? start.text : '');
  const paid = await press(await fetch(`${wechat.url}/scan?text=${text}`));
  expect(await paid.text()).toContain('Paid.');
  expect(await provider.order({ order: 'PAGE000002' })).toMatchObject({ state: 'paid' });
  expect((await fetch(`${wechat.url}/scan?text=other`)).status).toBe(404);
});

test('a payer agrees on the page that a form of UnionPay leads to', async () => {
  const { account, url } = unionpay;
  const provider = new UnionPayProvider({ ...account, ...common, url, fileUrl: url });
  const one = { ...order, order: 'PAGE000003', way: 'gateway' };
  const start = await provider.open(one);
  if (start.kind !== 'form') throw new Error('no form');
  const body = new URLSearchParams(start.fields);
  const page = await fetch(start.url, { method: 'POST', body });
  expect(await page.clone().text()).toContain('Pay 50.01 CNY');
  expect(await provider.order(one)).toEqual({ order: one.order, state: 'unknown' });
  const paid = await press(page);
  expect([paid.status, paid.headers.get('location')]).toEqual([303, order.returnUrl]);
  expect(await provider.order(one)).toMatchObject({ state: 'paid' });
});

test('a form that was changed on its way pays nothing', async () => {
  const { account, url } = unionpay;
  const provider = new UnionPayProvider({ ...account, ...common, url, fileUrl: url });
  const start = await provider.open({ ...order, order: 'PAGE000004', way: 'gateway' });
  if (start.kind !== 'form') throw new Error('no form');
  const body = new URLSearchParams({ ...start.fields, txnAmt: '1' });
  const page = await fetch(start.url, { method: 'POST', body });
  expect((await press(page)).status).toBe(409);
});

function alipayProvider(): AlipayProvider {
  const { account, gateway, url: billOrigin } = alipay;
  return new AlipayProvider({ ...account, ...common, gateway, billOrigin });
}

test.each([
  ['page', 'PAGE000005'],
  ['wap', 'PAGE000006'],
])(
  'a payer agrees on the %s of Alipay, which knows the order from then on',
  async (way, number) => {
    const provider = alipayProvider();
    const start = await provider.open({ ...order, order: number, way });
    const url = start.kind === 'redirect' ? start.url : '';
    const page = await fetch(url);
    expect(await page.clone().text()).toContain('Pay 50.01 CNY');
    expect(await provider.order({ order: number })).toEqual({ order: number, state: 'unknown' });
    const paid = await press(page);
    expect([paid.status, paid.headers.get('location')]).toEqual([303, order.returnUrl]);
    expect(await provider.order({ order: number })).toMatchObject({ state: 'paid' });
    expect((await fetch(url, { method: 'POST' })).status).toBe(409);
    expect((await fetch(url.replace('50.01', '00.01'))).status).toBe(404);
  },
);

test('a code of Alipay is scanned without a camera', async () => {
  const provider = alipayProvider();
  const start = await provider.open({ ...order, order: 'PAGE000007', way: 'native' });
  const text = encodeURIComponent(start.kind === 'code' ? start.text : '');
  const paid = await press(await fetch(`${alipay.url}/scan?text=${text}`));
  expect(await paid.text()).toContain('Paid.');
  expect(await provider.order({ order: 'PAGE000007' })).toMatchObject({ state: 'paid' });
  expect((await fetch(`${alipay.url}/scan?text=other`)).status).toBe(404);
});

test.each([
  ['USD', 'PAGE000008', 'Pay 50.01 USD'],
  ['JPY', 'PAGE000009', 'Pay 5001 JPY'],
])('a payer agrees on the page of Stripe in %s', async (currency, number, button) => {
  const { account, url } = stripe;
  const rest = { ...common, url, currencies: ['USD', 'JPY'] };
  const provider = new StripeProvider({ ...account, ...rest });
  const amount = { minor: 5_001n, currency };
  const one = { ...order, order: number, amount, way: 'checkout' };
  const start = await provider.open(one);
  const page = await fetch(start.kind === 'redirect' ? start.url : '');
  expect(await page.clone().text()).toContain(button);
  const paid = await press(page);
  expect([paid.status, paid.headers.get('location')]).toEqual([303, order.returnUrl]);
  expect(await provider.order(one)).toMatchObject({ state: 'paid', payment: { amount } });
  expect((await fetch(page.url, { method: 'POST' })).status).toBe(409);
  expect((await fetch(`${page.url}0`)).status).toBe(404);
});
