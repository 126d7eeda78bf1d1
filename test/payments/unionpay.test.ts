import { startUnionPayDouble } from '../../payments/doubles/unionpay/unionpay-double.ts';
import { UNIONPAY_AMOUNTS, UnionPayProvider } from '../../payments/unionpay/unionpay-provider.ts';
import { describeProvider } from './provider-contract.ts';

describeProvider('UnionPay', async ({ nowMs, notifyUrl, timeoutMs, hurry }) => {
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
});
