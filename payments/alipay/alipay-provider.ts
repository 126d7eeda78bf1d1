import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import { chinaText } from '../china-time.ts';
import {
  type OrderState,
  type PaymentOrder,
  type PaymentProvider,
  type PaymentStart,
  ProviderUnavailable,
  type RefundOrder,
  type RefundState,
} from '../provider.ts';
import type { Fields } from './alipay-keys.ts';
import { type AlipayAnswer, AlipayLink } from './alipay-link.ts';
import { alipayAnswer, readAlipayNotification } from './alipay-notification.ts';
import { readQueriedRefund, readTrade } from './alipay-records.ts';
import type { AlipaySettings } from './alipay-settings.ts';
import { fetchAlipayBill } from './trade-bill.ts';
import { yuanText } from './yuan-text.ts';

/** `total_amount` is documented as 0.01 to 100 000 000 yuan. */
export const ALIPAY_AMOUNTS = { least: 1n, most: 10_000_000_000n } as const;

const WAYS = ['native', 'page', 'wap'] as const;
type Way = (typeof WAYS)[number];
type OrderName = Pick<PaymentOrder, 'order'>;

const NO_TRADE = 'ACQ.TRADE_NOT_EXIST';
const preparedShape = z.object({ out_trade_no: z.string(), qr_code: z.string().min(1) });
const givenBackShape = z.object({ out_trade_no: z.string(), fund_change: z.enum(['Y', 'N']) });

/**
 * Alipay: codes to scan, and its pages for a computer and for a telephone. Whatever is opened, Alipay
 * makes a trade of it only when the payer comes: until then a query knows no such order, and there is
 * nothing that could be closed but the time in what was opened.
 */
export class AlipayProvider implements PaymentProvider {
  readonly name = 'alipay';
  readonly ways: readonly string[] = WAYS;
  readonly currencies = ['CNY'];
  readonly merchant: string;
  readonly #settings: AlipaySettings;
  readonly #link: AlipayLink;

  constructor(settings: AlipaySettings) {
    this.merchant = settings.merchant;
    this.#settings = settings;
    this.#link = new AlipayLink(settings);
  }

  async open(order: PaymentOrder): Promise<PaymentStart> {
    const way = this.#check(order);
    if (way === 'native') return await this.#prepare(order);
    // Nobody asks Alipay for a page but the payer, so what became of the order is asked for first.
    const ended = this.#whyEnded(order.order, await this.order(order));
    if (ended !== undefined) throw ended;
    const isPage = way === 'page';
    const method = isPage ? 'alipay.trade.page.pay' : 'alipay.trade.wap.pay';
    const product = isPage ? 'FAST_INSTANT_TRADE_PAY' : 'QUICK_WAP_WAY';
    const content = { ...contentOf(order), product_code: product };
    return { kind: 'redirect', url: this.#link.address(method, content, order.returnUrl) };
  }

  async order({ order }: OrderName): Promise<OrderState> {
    const answer = await this.#link.ask('alipay.trade.query', { out_trade_no: order });
    if (answer.code === NO_TRADE) return { order, state: 'unknown' };
    const state = answer.ok ? readTrade(answer.json) : undefined;
    if (state?.order === order) return state;
    throw new ProviderUnavailable(`no state of the order: ${answer.code || 'not readable'}`);
  }

  /** See the class: a trade that nobody has begun yet cannot be closed. */
  async close({ order }: OrderName): Promise<void> {
    const answer = await this.#link.ask('alipay.trade.close', { out_trade_no: order });
    if (answer.ok || answer.code === NO_TRADE) return;
    const { state } = await this.order({ order });
    if (state === 'paid') throw paidAlready(order);
    if (state === 'open') throw new ProviderUnavailable(`not closed: ${answer.code}`);
  }

  async refund(refund: RefundOrder): Promise<RefundState> {
    const { refund: number, order, payment, amount, reason } = refund;
    const answer = await this.#link.ask('alipay.trade.refund', {
      ...{ out_trade_no: order, trade_no: payment },
      refund_amount: yuanText(amount.minor),
      out_request_no: number,
      refund_reason: [...reason].slice(0, 100).join(''),
    });
    if (!answer.ok) throw refundRefused(answer.code, answer.message);
    const { data } = givenBackShape.safeParse(answer.json);
    if (data?.out_trade_no !== order) throw new ProviderUnavailable('an answer is no refund');
    // `N`: nothing moved just now. It may have before, and how much is not said.
    if (data.fund_change === 'Y') return { refund: number, state: 'paid', id: payment, amount };
    const known = await this.refundState(refund);
    if (known.state === 'unknown') return { refund: number, state: 'waiting' };
    if (known.amount?.minor === amount.minor) return known;
    throw refundRefused('AMOUNT', 'the number is that of a refund of another amount');
  }

  /** Alipay has no number of its own for a refund: it is the trade's. */
  async refundState({ refund, order, payment }: RefundOrder): Promise<RefundState> {
    const answer = await this.#link.ask('alipay.trade.fastpay.refund.query', {
      ...{ out_trade_no: order, trade_no: payment, out_request_no: refund },
    });
    if (answer.code === NO_TRADE) return { refund, state: 'unknown' };
    const found = answer.ok ? readQueriedRefund(answer.json) : undefined;
    if (found === undefined) {
      throw new ProviderUnavailable(`no state of the refund: ${answer.code || 'not readable'}`);
    }
    // One that failed and one that was never asked for look the same: ask again, it is done once.
    if (!found.isDone) return { refund, state: 'unknown' };
    const { fen, trade: id } = found;
    if (found.refund !== refund || fen === undefined || id === undefined) {
      throw new ProviderUnavailable('the state of the refund is not readable');
    }
    return { refund, state: 'paid', id, amount: { minor: fen, currency: 'CNY' } };
  }

  readNotification: PaymentProvider['readNotification'] = async (raw, nowMs) =>
    readAlipayNotification(this.#link.keys, this.#settings, raw, nowMs);

  answer: PaymentProvider['answer'] = alipayAnswer;

  settlementFile: PaymentProvider['settlementFile'] = (day) =>
    fetchAlipayBill(this.#link, day, this.#settings.nowMs());

  #check(order: PaymentOrder): Way {
    const { amount, expiresMs, way } = order;
    const { minor, currency } = amount;
    if (!this.currencies.includes(currency)) {
      throw new Refusal('currency-not-taken', 'Alipay takes CNY only', { currency });
    }
    if (minor < ALIPAY_AMOUNTS.least || minor > ALIPAY_AMOUNTS.most) {
      throw new Refusal('amount-out-of-range', 'choose another amount', { minor: String(minor) });
    }
    const known = WAYS.find((one) => one === way);
    if (known === undefined) {
      throw new Refusal('way-unknown', 'choose one of the ways of Alipay', { way });
    }
    if (expiresMs <= this.#settings.nowMs()) throw closedAlready(order.order);
    return known;
  }

  async #prepare(order: PaymentOrder): Promise<PaymentStart> {
    const answer = await this.#link.ask('alipay.trade.precreate', contentOf(order), true);
    if (!answer.ok) throw await this.#whyNotOpened(order, answer);
    const { data } = preparedShape.safeParse(answer.json);
    if (data?.out_trade_no !== order.order) {
      throw new ProviderUnavailable('an order was opened without a start');
    }
    return { kind: 'code', text: data.qr_code };
  }

  /** Alipay has several codes for an order that has ended; the order itself is clearer. */
  async #whyNotOpened({ order }: PaymentOrder, answer: AlipayAnswer): Promise<Refusal> {
    const ended = this.#whyEnded(order, await this.order({ order }));
    if (ended !== undefined) return ended;
    const { code, message } = answer;
    return new Refusal('payment-refused', 'Alipay refuses the order', { code, message });
  }

  #whyEnded(order: string, { state }: OrderState): Refusal | undefined {
    if (state === 'paid') return paidAlready(order);
    return state === 'closed' ? closedAlready(order) : undefined;
  }
}

function contentOf({ order, amount, title, expiresMs }: PaymentOrder): Fields {
  return {
    out_trade_no: order,
    total_amount: yuanText(amount.minor),
    subject: plainTitle(title),
    time_expire: chinaText(expiresMs),
  };
}

/** Alipay takes no `/`, `=` and `&` in a subject. */
function plainTitle(title: string): string {
  return title.replace(/[/=&]/g, ' ');
}

function paidAlready(order: string): Refusal {
  return new Refusal('order-paid', 'the order is paid', { order });
}

function closedAlready(order: string): Refusal {
  return new Refusal('order-closed', 'the order has ended: open a new one', { order });
}

function refundRefused(code: string, message: string): Refusal {
  return new Refusal('refund-refused', 'Alipay refuses the refund', { code, message });
}
