import { randomBytes } from 'node:crypto';
import { ALIPAY_AMOUNTS, AlipayProvider } from '../../payments/alipay/alipay-provider.ts';
import { startAlipayDouble } from '../../payments/doubles/alipay/alipay-double.ts';
import { startStripeDouble } from '../../payments/doubles/stripe/stripe-double.ts';
import { startUnionPayDouble } from '../../payments/doubles/unionpay/unionpay-double.ts';
import { startWechatDouble } from '../../payments/doubles/wechat/wechat-double.ts';
import { STRIPE_SHORTEST_MS, StripeProvider } from '../../payments/stripe/stripe-provider.ts';
import { UNIONPAY_AMOUNTS, UnionPayProvider } from '../../payments/unionpay/unionpay-provider.ts';
import { WECHAT_AMOUNTS, WechatProvider } from '../../payments/wechat/wechat-provider.ts';
import type { StartPair } from './provider-under-test.ts';

export const startAlipay: StartPair = async ({ nowMs, notifyUrl, timeoutMs, hurry }) => {
  const double = await startAlipayDouble({ nowMs, port: 0, notifyUrl, hurry });
  const provider = new AlipayProvider({
    ...double.account,
    gateway: double.gateway,
    billOrigin: double.url,
    notifyUrl,
    timeoutMs,
    nowMs,
  });
  const manner = { closing: 'at-expiry', refundNotices: 'without-amount' } as const;
  return { provider, double, ...ALIPAY_AMOUNTS, ...manner };
};

export const startStripe: StartPair = async ({ nowMs, notifyUrl, timeoutMs, hurry }) => {
  const double = await startStripeDouble({ nowMs, port: 0, notifyUrl, hurry });
  const provider = new StripeProvider({
    ...double.account,
    url: double.url,
    currencies: ['USD', 'EUR', 'JPY'],
    timeoutMs,
    nowMs,
  });
  // The limits of a dollar charge, as Stripe documents them.
  const limits = { least: 50n, most: 99_999_999n, shortestMs: STRIPE_SHORTEST_MS };
  return { provider, double, ...limits, closing: 'at-once', refundNotices: 'whole' };
};

export const startUnionPay: StartPair = async ({ nowMs, notifyUrl, timeoutMs, hurry }) => {
  const double = await startUnionPayDouble({ nowMs, port: 0, notifyUrl, hurry });
  const provider = new UnionPayProvider({
    ...double.account,
    url: double.url,
    fileUrl: double.url,
    notifyUrl,
    timeoutMs,
    nowMs,
  });
  return { provider, double, ...UNIONPAY_AMOUNTS, closing: 'at-expiry', refundNotices: 'whole' };
};

export const startWechat: StartPair = async ({ nowMs, notifyUrl, timeoutMs, hurry }) => {
  const double = await startWechatDouble({ nowMs, port: 0, notifyUrl, hurry });
  const provider = new WechatProvider({
    ...double.account,
    url: double.url,
    notifyUrl,
    timeoutMs,
    nowMs,
    newNonce: () => randomBytes(16).toString('hex'),
  });
  return { provider, double, ...WECHAT_AMOUNTS, closing: 'at-once', refundNotices: 'whole' };
};
