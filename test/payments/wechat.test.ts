import { randomBytes } from 'node:crypto';
import { startWechatDouble } from '../../payments/doubles/wechat/wechat-double.ts';
import { WECHAT_AMOUNTS, WechatProvider } from '../../payments/wechat/wechat-provider.ts';
import { describeProvider } from './provider-contract.ts';

describeProvider('WeChat Pay', async ({ nowMs, notifyUrl, timeoutMs, hurry }) => {
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
});
