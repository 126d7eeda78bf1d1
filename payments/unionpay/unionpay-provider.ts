import { Refusal } from '../../ledger/core/refusal.ts';
import { chinaDigits } from '../china-time.ts';
import {
  type OrderState,
  type PaymentOrder,
  type PaymentProvider,
  type PaymentStart,
  ProviderUnavailable,
  type RefundOrder,
  type RefundState,
} from '../provider.ts';
import type { Fields } from './message-signature.ts';
import { fetchUnionPayFile } from './settlement-download.ts';
import { UnionPayLink } from './unionpay-link.ts';
import { readUnionPayNotification, unionPayAnswer } from './unionpay-notification.ts';
import { isDone, isMissing, isPending, readAmount, readPayment } from './unionpay-records.ts';
import type { UnionPaySettings } from './unionpay-settings.ts';

/** `txnAmt` has at most 12 digits. */
export const UNIONPAY_AMOUNTS = { least: 1n, most: 999_999_999_999n } as const;

type NamedOrder = Pick<PaymentOrder, 'order' | 'openedMs' | 'amount'>;

/**
 * UnionPay's gateway, messages 5.1.0. The payer's browser posts a signed form; before that UnionPay has
 * never heard of the order, and there is nothing by which it could be told to close one: an order that
 * nobody shall pay ends when the `payTimeout` in its form does.
 */
export class UnionPayProvider implements PaymentProvider {
  readonly name = 'unionpay';
  readonly merchant: string;
  readonly ways = ['gateway'];
  readonly currencies = ['CNY'];
  readonly #settings: UnionPaySettings;
  readonly #link: UnionPayLink;

  constructor(settings: UnionPaySettings) {
    this.merchant = settings.merchant;
    this.#settings = settings;
    this.#link = new UnionPayLink(settings);
  }

  /** Asks what became of the order first: a form that is signed can be posted. */
  async open(order: PaymentOrder): Promise<PaymentStart> {
    this.#check(order);
    const { state } = await this.order(order);
    if (state === 'paid') throw paidAlready(order.order);
    if (order.expiresMs <= this.#settings.nowMs()) throw closedAlready(order.order);
    const fields = this.#link.signed({
      ...{ txnType: '01', txnSubType: '01', bizType: '000201', channelType: '07' },
      orderId: order.order,
      txnTime: chinaDigits(order.openedMs),
      payTimeout: chinaDigits(order.expiresMs),
      txnAmt: String(order.amount.minor),
      currencyCode: '156',
      frontUrl: order.returnUrl,
      backUrl: this.#settings.notifyUrl,
      orderDesc: plainTitle(order.title),
    });
    return { kind: 'form', url: `${this.#settings.url}/gateway/api/frontTransReq.do`, fields };
  }

  async order({ order, openedMs }: NamedOrder): Promise<OrderState> {
    const answer = await this.#link.query(order, chinaDigits(openedMs));
    if (isMissing(answer['respCode'])) return { order, state: 'unknown' };
    if (!isDone(answer['respCode'])) throw noState(answer);
    const { origRespCode } = answer;
    // Money was taken after the time, and what becomes of it is not said.
    if (origRespCode === '42') throw noState(answer);
    // A card that was refused leaves the form as good as before.
    if (!isDone(origRespCode)) return { order, state: 'open' };
    const payment = readPayment(answer);
    if (payment?.order !== order) throw noState(answer);
    return { order, state: 'paid', payment };
  }

  /** Holds the order against the money; see the class for what it cannot do. */
  async close(order: NamedOrder): Promise<void> {
    const { state } = await this.order(order);
    if (state === 'paid') throw paidAlready(order.order);
  }

  async refund(refund: RefundOrder): Promise<RefundState> {
    const answer = await this.#link.back({
      ...{ txnType: '04', txnSubType: '00', bizType: '000201', channelType: '07' },
      orderId: refund.refund,
      txnTime: chinaDigits(refund.askedMs),
      txnAmt: String(refund.amount.minor),
      currencyCode: '156',
      origQryId: refund.payment,
      backUrl: this.#settings.notifyUrl,
      // Comes back with the notification, which has no other name of the order.
      reqReserved: refund.order,
    });
    const { respCode = '', respMsg = '' } = answer;
    if (isDone(respCode) || isPending(respCode)) return { refund: refund.refund, state: 'waiting' };
    const known = await this.refundState(refund);
    if (known.state !== 'unknown' && known.state !== 'failed') {
      const isSame = known.amount === undefined || known.amount.minor === refund.amount.minor;
      if (isSame) return known;
    }
    throw new Refusal('refund-refused', 'UnionPay refuses the refund', {
      code: respCode,
      message: respMsg,
    });
  }

  async refundState({ refund, askedMs }: RefundOrder): Promise<RefundState> {
    const answer = await this.#link.query(refund, chinaDigits(askedMs));
    if (isMissing(answer['respCode'])) return { refund, state: 'unknown' };
    if (!isDone(answer['respCode'])) throw noState(answer);
    const { origRespCode, queryId: id } = answer;
    if (isPending(origRespCode)) return { refund, state: 'waiting' };
    const amount = readAmount(answer);
    if (id === undefined || amount === undefined) throw noState(answer);
    return { refund, state: isDone(origRespCode) ? 'paid' : 'failed', id, amount };
  }

  readNotification: PaymentProvider['readNotification'] = async (raw, nowMs) =>
    readUnionPayNotification(this.#link, this.#settings.merchant, raw, nowMs);

  answer: PaymentProvider['answer'] = unionPayAnswer;

  settlementFile: PaymentProvider['settlementFile'] = (day) =>
    fetchUnionPayFile(this.#link, day, this.#settings.nowMs());

  #check({ amount, way, order }: PaymentOrder): void {
    const { minor, currency } = amount;
    if (!this.currencies.includes(currency)) {
      throw new Refusal('currency-not-taken', 'UnionPay takes CNY only', { currency });
    }
    if (minor < UNIONPAY_AMOUNTS.least || minor > UNIONPAY_AMOUNTS.most) {
      throw new Refusal('amount-out-of-range', 'choose another amount', { minor: String(minor) });
    }
    if (!this.ways.includes(way)) {
      throw new Refusal('way-unknown', 'choose the way of UnionPay', { way });
    }
    if (!/^[A-Za-z0-9]{8,40}$/.test(order)) {
      const message = 'UnionPay wants 8 to 40 letters and digits';
      throw new Refusal('payment-refused', message, { code: 'ORDER', message });
    }
  }
}

/** At most 32 characters, and only such as need no agreement about signs. */
function plainTitle(title: string): string {
  return [...title.replace(/[^\p{L}\p{N} ]/gu, ' ')].slice(0, 32).join('');
}

function noState({ respCode = '', origRespCode = '' }: Fields): ProviderUnavailable {
  return new ProviderUnavailable(`no state: respCode ${respCode}, origRespCode ${origRespCode}`);
}

function paidAlready(order: string): Refusal {
  return new Refusal('order-paid', 'the order is paid', { order });
}

function closedAlready(order: string): Refusal {
  return new Refusal('order-closed', 'the order has ended: open a new one', { order });
}
