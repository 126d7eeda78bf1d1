import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { AlipayProvider } from '../../payments/alipay/alipay-provider.ts';
import { startAlipayDouble } from '../../payments/doubles/alipay/alipay-double.ts';
import { startStripeDouble } from '../../payments/doubles/stripe/stripe-double.ts';
import { startUnionPayDouble } from '../../payments/doubles/unionpay/unionpay-double.ts';
import { startWechatDouble } from '../../payments/doubles/wechat/wechat-double.ts';
import type { PaymentProvider, PaymentStart } from '../../payments/provider.ts';
import { StripeProvider } from '../../payments/stripe/stripe-provider.ts';
import { UnionPayProvider } from '../../payments/unionpay/unionpay-provider.ts';
import { WechatProvider } from '../../payments/wechat/wechat-provider.ts';
import type { FrontDesk } from './front-desk.ts';
import { type Pair, reconcileToday } from './reconciled-day.ts';

const TIMEOUT_MS = 5_000;
/** Notifications that were not taken come again after seconds instead of minutes. */
const HURRY = 60;
const NAMES = {
  ...{ alipay: 'Alipay', wechat: 'WeChat Pay', unionpay: 'UnionPay', stripe: 'Stripe' },
} as const;
const SHIFT = z.looseObject({ shift: z.string() });
const RECEIPT = z.looseObject({ receipt: z.string() });
const ORDER = z.looseObject({
  order: z.string(),
  state: z.string(),
  start: z.custom<PaymentStart>((start) => typeof start === 'object').optional(),
});

/** Stand-ins for providers of payments, where the demonstration's tenants pay; no money moves. */
export interface StandIns {
  readonly providers: readonly PaymentProvider[];
  /**
   * Pays one order at each, as a payer would, and once at the counter; the provider notifies, and the ledger
   * credits. Then holds the day against the providers' own files. A line for the screen each.
   */
  payOnce(desk: FrontDesk, accounts: readonly string[]): Promise<string[]>;
  /** An order of the account that whoever looks may pay: the address of the provider's page. */
  openPage(desk: FrontDesk, account: string): Promise<string>;
  stop(): Promise<void>;
}

/** Of a demonstration without tenants. */
export const NOBODY_PAYS: StandIns = {
  providers: [],
  payOnce: async () => [],
  openPage: async () => '',
  stop: async () => undefined,
};

/** Starts them on free ports; they notify the service at `url`. */
export async function startStandIns(url: string): Promise<StandIns> {
  // Providers make the file of a day when it is over; the stand-ins and what asks them can go ahead to then.
  const clock = { aheadMs: 0 };
  const nowMs = () => Date.now() + clock.aheadMs;
  const common = (name: string) => ({ notifyUrl: `${url}/webhooks/${name}`, nowMs });
  const settings = (name: string) => ({ ...common(name), port: 0, hurry: HURRY });
  const wechat = await startWechatDouble(settings('wechat'));
  const unionpay = await startUnionPayDouble(settings('unionpay'));
  const alipay = await startAlipayDouble(settings('alipay'));
  const stripe = await startStripeDouble(settings('stripe'));
  const pairs: Pair[] = [
    {
      ...{ name: 'alipay', double: alipay },
      provider: new AlipayProvider({
        ...{ ...alipay.account, ...common('alipay'), timeoutMs: TIMEOUT_MS },
        ...{ gateway: alipay.gateway, billOrigin: alipay.url },
      }),
    },
    {
      ...{ name: 'wechat', double: wechat },
      provider: new WechatProvider({
        ...{ ...wechat.account, ...common('wechat'), url: wechat.url, timeoutMs: TIMEOUT_MS },
        newNonce: () => randomBytes(16).toString('hex'),
      }),
    },
    {
      ...{ name: 'unionpay', double: unionpay },
      provider: new UnionPayProvider({
        ...{ ...unionpay.account, ...common('unionpay'), timeoutMs: TIMEOUT_MS },
        ...{ url: unionpay.url, fileUrl: unionpay.url },
      }),
    },
    {
      ...{ name: 'stripe', double: stripe },
      provider: new StripeProvider({
        ...{
          ...stripe.account,
          url: stripe.url,
          currencies: ['CNY'],
          timeoutMs: TIMEOUT_MS,
          nowMs,
        },
      }),
    },
  ];
  return {
    providers: pairs.map(({ provider }) => provider),
    payOnce: async (desk, accounts) => {
      const lines: string[] = [];
      for (const [i, pair] of pairs.entries()) {
        lines.push(await payAt(pair, desk, accounts[i % accounts.length] ?? ''));
      }
      lines.push(await payAtCounter(desk, accounts[0] ?? ''));
      return [...lines, ...(await reconcileToday(pairs, desk, clock))];
    },
    openPage: async (desk, account) => {
      const native = { name: 'wechat', ways: ['native'] } as const;
      const { start } = await openOrder(desk, native, account, `page-${Date.now()}`);
      const text = start?.kind === 'code' ? start.text : '';
      return `${wechat.url}/scan?text=${encodeURIComponent(text)}`;
    },
    stop: async () => void (await Promise.all(pairs.map(({ double }) => double.stop()))),
  };
}

async function payAt(
  { name, double, provider }: Pair,
  desk: FrontDesk,
  account: string,
): Promise<string> {
  const { order, state, start } = await openOrder(desk, provider, account, 'first');
  if (state === 'open' && start !== undefined) {
    await double.pay(start);
    await double.quiet();
  }
  const paid = ORDER.parse(await desk.get(`/v1/orders/${order}`));
  return `  ${account} paid 60.00 by ${NAMES[name]}: order ${order} is ${paid.state}`;
}

/** The fifth way: cash, into the drawer of a shift. */
async function payAtCounter(desk: FrontDesk, account: string): Promise<string> {
  const opened = { desk: 'lobby', float: '200.000000' };
  const { shift } = SHIFT.parse(await desk.post('/v1/shifts', 'shift-first', opened));
  const parts = [{ wallet: 'electricity', amount: '60.000000' }];
  const cash = { account, method: 'cash', parts };
  const path = `/v1/shifts/${shift}/receipts`;
  const { receipt } = RECEIPT.parse(await desk.post(path, 'receipt-first', cash));
  return `  ${account} paid 60.00 in cash: receipt ${receipt}`;
}

async function openOrder(
  desk: FrontDesk,
  provider: Pick<PaymentProvider, 'name' | 'ways'>,
  account: string,
  key: string,
): Promise<z.output<typeof ORDER>> {
  const parts = [{ wallet: 'electricity', amount: '60.000000' }];
  const { name, ways } = provider;
  const body = { account, provider: name, way: ways[0], parts };
  return ORDER.parse(await desk.post('/v1/orders', `order-${name}-${key}`, body));
}
