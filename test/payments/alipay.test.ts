import { ALIPAY_AMOUNTS, AlipayProvider } from '../../payments/alipay/alipay-provider.ts';
import { startAlipayDouble } from '../../payments/doubles/alipay/alipay-double.ts';
import { describeProvider } from './provider-contract.ts';

describeProvider('Alipay', async ({ nowMs, notifyUrl, timeoutMs, hurry }) => {
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
});
