import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import { chinaRfc3339 } from '../china-time.ts';
import {
  type OrderState,
  type PaymentOrder,
  type PaymentProvider,
  type PaymentStart,
  ProviderUnavailable,
  type RefundOrder,
  type RefundState,
} from '../provider.ts';
import { fetchTradeBill } from './trade-bill.ts';
import { type WechatAnswer, WechatLink } from './wechat-link.ts';
import { readWechatNotification, wechatAnswer } from './wechat-notification.ts';
import { readRefund, readTransaction, stateOf } from './wechat-records.ts';
import type { WechatSettings } from './wechat-settings.ts';
import { signLines } from './wechat-signature.ts';

/** One fen is WeChat's own limit; it documents no upper one, and this is far above any bill. */
export const WECHAT_AMOUNTS = { least: 1n, most: 1_000_000_000n } as const;

const WAYS = ['native', 'jsapi', 'h5'] as const;
type Way = (typeof WAYS)[number];
type OrderName = Pick<PaymentOrder, 'order'>;

/** WeChat Pay, APIv3: codes to scan, payment within WeChat (JSAPI), and from a telephone's browser. */
export class WechatProvider implements PaymentProvider {
  readonly name = 'wechat';
  readonly merchant: string;
  readonly ways: readonly string[] = WAYS;
  readonly currencies = ['CNY'];
  readonly #settings: WechatSettings;
  readonly #link: WechatLink;

  constructor(settings: WechatSettings) {
    this.merchant = settings.merchant;
    this.#settings = settings;
    this.#link = new WechatLink(settings);
  }

  async open(order: PaymentOrder): Promise<PaymentStart> {
    const way = this.#check(order);
    const answer = await this.#link.post(`/v3/pay/transactions/${way}`, this.#opening(order, way));
    if (!answer.ok) throw await this.#whyNotOpened(order, answer);
    return this.#start(order, way, answer.json);
  }

  async order({ order }: OrderName): Promise<OrderState> {
    const path = `/v3/pay/transactions/out-trade-no/${encodeURIComponent(order)}`;
    const answer = await this.#link.get(`${path}?mchid=${this.#settings.merchant}`);
    if (isMissing(answer)) return { order, state: 'unknown' };
    const transaction = readTransaction(answer.json);
    const state = transaction === undefined ? undefined : stateOf(transaction);
    if (state?.order !== order || transaction?.merchant !== this.#settings.merchant) {
      throw new ProviderUnavailable(`no state of the order: ${answer.code || 'not readable'}`);
    }
    return state;
  }

  async close({ order }: OrderName): Promise<void> {
    const path = `/v3/pay/transactions/out-trade-no/${encodeURIComponent(order)}/close`;
    const answer = await this.#link.post(path, { mchid: this.#settings.merchant });
    if (answer.ok) return;
    const { state } = await this.order({ order });
    if (state === 'paid') throw paidAlready(order);
    if (state === 'open') throw new ProviderUnavailable(`not closed: ${answer.code}`);
  }

  async refund(refund: RefundOrder): Promise<RefundState> {
    const { refund: number, payment, amount, paid, reason } = refund;
    const answer = await this.#link.post('/v3/refund/domestic/refunds', {
      transaction_id: payment,
      out_refund_no: number,
      // WeChat shows at most 80 bytes of it to the payer.
      reason: cutToBytes(reason, 80),
      notify_url: this.#settings.notifyUrl,
      amount: {
        refund: Number(amount.minor),
        total: Number(paid.minor),
        currency: amount.currency,
      },
    });
    if (!answer.ok) throw refundRefused(answer.code, answer.message);
    const state = refundOf(answer, refund);
    if (state.amount?.minor !== amount.minor) throw refundRefused('AMOUNT', 'another amount');
    return state;
  }

  async refundState(refund: RefundOrder): Promise<RefundState> {
    const number = encodeURIComponent(refund.refund);
    const answer = await this.#link.get(`/v3/refund/domestic/refunds/${number}`);
    if (isMissing(answer)) return { refund: refund.refund, state: 'unknown' };
    return refundOf(answer, refund);
  }

  readNotification: PaymentProvider['readNotification'] = async (raw, nowMs) =>
    readWechatNotification(this.#settings, raw, nowMs);

  answer: PaymentProvider['answer'] = wechatAnswer;

  settlementFile: PaymentProvider['settlementFile'] = (day) =>
    fetchTradeBill(this.#link, day, this.#settings.nowMs());

  #check(order: PaymentOrder): Way {
    const { amount, expiresMs, way } = order;
    const { minor, currency } = amount;
    if (!this.currencies.includes(currency)) {
      throw new Refusal('currency-not-taken', 'WeChat Pay takes CNY only', { currency });
    }
    if (minor < WECHAT_AMOUNTS.least || minor > WECHAT_AMOUNTS.most) {
      throw new Refusal('amount-out-of-range', 'choose another amount', { minor: String(minor) });
    }
    const known = WAYS.find((one) => one === way);
    if (known === undefined) {
      throw new Refusal('way-unknown', 'choose one of the ways of WeChat Pay', { way });
    }
    if (expiresMs <= this.#settings.nowMs()) throw closedAlready(order.order);
    if (known === 'jsapi' && order.payer === undefined) throw refused('PAYER', 'no openid');
    if (known === 'h5' && order.payerAddress === undefined) throw refused('PAYER', 'no address');
    return known;
  }

  #opening(order: PaymentOrder, way: Way): Readonly<Record<string, unknown>> {
    const { application: appid, merchant: mchid, notifyUrl: notify_url } = this.#settings;
    const { payer: openid, payerAddress: payer_client_ip } = order;
    return {
      appid,
      mchid,
      description: order.title,
      out_trade_no: order.order,
      time_expire: chinaRfc3339(order.expiresMs),
      notify_url,
      amount: { total: Number(order.amount.minor), currency: order.amount.currency },
      ...(way === 'jsapi' ? { payer: { openid } } : {}),
      ...(way === 'h5' ? { scene_info: { payer_client_ip, h5_info: { type: 'Wap' } } } : {}),
    };
  }

  #start({ returnUrl }: PaymentOrder, way: Way, json: unknown): PaymentStart {
    const { data } = startShapes[way].safeParse(json);
    if (data === undefined) throw new ProviderUnavailable('an order was opened without a start');
    if ('code_url' in data) return { kind: 'code', text: data.code_url };
    if ('prepay_id' in data) return { kind: 'call', parameters: this.#call(data.prepay_id) };
    const url = new URL(data.h5_url);
    url.searchParams.set('redirect_url', returnUrl);
    return { kind: 'redirect', url: url.href };
  }

  /** The signed parameters of `WeixinJSBridge` and `wx.requestPayment` (JSAPI调起支付). */
  #call(prepayId: string): Readonly<Record<string, string>> {
    const { application: appId, privateKey, nowMs, newNonce } = this.#settings;
    const timeStamp = String(Math.floor(nowMs() / 1_000));
    const nonceStr = newNonce();
    const packed = `prepay_id=${prepayId}`;
    const paySign = signLines(privateKey, [appId, timeStamp, nonceStr, packed]);
    return { appId, timeStamp, nonceStr, package: packed, signType: 'RSA', paySign };
  }

  /** WeChat has several codes for an order that has ended; the order itself is clearer. */
  async #whyNotOpened({ order }: PaymentOrder, answer: WechatAnswer): Promise<Refusal> {
    const { state } = await this.order({ order });
    if (state === 'paid') return paidAlready(order);
    if (state === 'closed') return closedAlready(order);
    return refused(answer.code, answer.message);
  }
}

const startShapes = {
  native: z.object({ code_url: z.string().min(1) }),
  jsapi: z.object({ prepay_id: z.string().min(1) }),
  h5: z.object({ h5_url: z.url() }),
} as const;

/** Its documents spell the code in several ways. A 404 of something in between has none of them. */
function isMissing({ status, code }: WechatAnswer): boolean {
  return status === 404 && /^(?:ORDER|RESOURCE)_?NOT_?EXISTS?$/.test(code);
}

function refundOf(answer: WechatAnswer, asked: RefundOrder): RefundState {
  const record = readRefund(answer.json);
  if (record?.refund.refund !== asked.refund) {
    throw new ProviderUnavailable(`no state of the refund: ${answer.code || 'not readable'}`);
  }
  return record.refund;
}

/** The longest beginning of whole characters. */
function cutToBytes(text: string, bytes: number): string {
  let cut = '';
  for (const character of text) {
    if (Buffer.byteLength(cut + character) > bytes) break;
    cut += character;
  }
  return cut;
}

function paidAlready(order: string): Refusal {
  return new Refusal('order-paid', 'the order is paid', { order });
}

function closedAlready(order: string): Refusal {
  return new Refusal('order-closed', 'the order has ended: open a new one', { order });
}

function refused(code: string, message: string): Refusal {
  return new Refusal('payment-refused', 'WeChat Pay refuses the order', { code, message });
}

function refundRefused(code: string, message: string): Refusal {
  return new Refusal('refund-refused', 'WeChat Pay refuses the refund', { code, message });
}
