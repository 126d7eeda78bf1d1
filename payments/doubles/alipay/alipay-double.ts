import { randomBytes } from 'node:crypto';
import { chinaDay, chinaMidnight, chinaText, dayAfter, dayBefore } from '../../china-time.ts';
import type { PaymentStart } from '../../provider.ts';
import { roundFee, rowsOfDay } from '../day-rows.ts';
import type { MadeNotification } from '../deliveries.ts';
import type { DoubleSettings, HeldPayment, HeldRefund, ProviderDouble } from '../double.ts';
import { DoubleCore } from '../double-core.ts';
import type { DoubleAnswer, DoubleRequest } from '../double-server.ts';
import type { ContentFault } from '../fault.ts';
import { StandIn } from '../stand-in.ts';
import {
  type AlipayAccount,
  AlipayStandInKeys,
  type Fields,
  sortedText,
} from './alipay-account.ts';
import { AlipayApi, yuan } from './alipay-api.ts';
import type { AlipayDetail } from './alipay-openings.ts';
import { businessBill, FEE_RATE } from './business-bill.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Eight notifications within 25 hours. */
const PAUSES_MS = [4, 10, 10, 60, 120, 360, 900].map((minutes) => minutes * MINUTE_MS);

const LACKING: ProviderDouble['lacking'] = {
  'notify-bad-tag': 'nothing in a notification of Alipay is encrypted',
  'bill-fee-rounded': 'fees in the bill of Alipay are whole fen anyway',
  'bill-hash-differs': 'Alipay gives no hash of a bill',
  'refund-fails':
    'Alipay gives back at once or refuses; what a bank sends back later stays with the payer',
};

export interface AlipayDouble extends ProviderDouble {
  /** What the open platform gives to the merchant: what the adapter is set up with. */
  readonly account: AlipayAccount;
  /** What the adapter has instead of Alipay's gateway. */
  readonly gateway: string;
}

export async function startAlipayDouble(settings: DoubleSettings): Promise<AlipayDouble> {
  const double = new AlipayStandIn(settings);
  await double.listen();
  return double;
}

class AlipayStandIn extends StandIn<AlipayDetail> implements AlipayDouble {
  readonly name = 'alipay';
  readonly lacking = LACKING;
  readonly account: AlipayAccount;
  readonly #keys = new AlipayStandInKeys('2021000122671234', '2088621349056780');
  protected readonly core: DoubleCore<AlipayDetail>;
  readonly #api: AlipayApi;

  constructor(settings: DoubleSettings) {
    super(settings);
    this.account = this.#keys.account;
    const addressOf = (order: string) =>
      this.core.book.find(order)?.detail.notifyUrl ?? settings.notifyUrl;
    this.core = new DoubleCore(settings, {
      lacking: LACKING,
      feeOf: (minor) => roundFee(minor * FEE_RATE),
      newPaymentId: (order) => this.#api.tradeNumber(order),
      newRefundId: (payment) => payment,
      pausesMs: PAUSES_MS,
      isTaken: (status, body) => status === 200 && body === 'success',
      tellPayment: (held) => ({
        to: addressOf(held.order),
        make: (fault) => this.#notice(this.#paymentFields(held, fault), fault),
      }),
      tellRefund: (held) => ({
        to: addressOf(held.order),
        make: (fault) => this.#notice(this.#refundFields(held, fault), fault),
      }),
    });
    this.#api = new AlipayApi({
      core: this.core,
      keys: this.#keys,
      nowMs: settings.nowMs,
      url: () => this.url,
      bill: (day) => this.#bill(day),
    });
  }

  protected answer(request: DoubleRequest, badly: boolean): DoubleAnswer {
    return this.#api.answer(request, badly);
  }

  protected rotateKeys(): void {
    this.#keys.rotate();
  }

  get gateway(): string {
    return `${this.url}/gateway.do`;
  }

  async pay(start: PaymentStart): Promise<HeldPayment> {
    return this.#api.pay(start);
  }

  dayOf(ms: number): string {
    return chinaDay(ms);
  }

  settlementReadyMs(day: string): number {
    return chinaMidnight(dayAfter(day)) + 9 * HOUR_MS;
  }

  /** A day without trades has a bill too, without rows. */
  makeSettlement(day: string): Uint8Array | undefined {
    return this.#bill(day)?.file;
  }

  #bill(day: string): { readonly file: Uint8Array; readonly isEmpty: boolean } | undefined {
    const { book, faults } = this.core;
    if (!/^\d{4}-\d\d-\d\d$/.test(day)) return undefined;
    if (this.settings.nowMs() < this.settlementReadyMs(day)) return undefined;
    const rows = rowsOfDay(book.books(), day, faults, { dayOf: chinaDay, dayBefore });
    const titleOf = (order: string) => book.find(order)?.detail.title ?? 'unknown';
    const whole = businessBill(this.account.merchant, day, rows, titleOf);
    const file = faults.bill('bill-truncated') ? whole.subarray(0, whole.length >> 1) : whole;
    return { file, isEmpty: rows.payments.length + rows.refunds.length === 0 };
  }

  #paymentFields(held: HeldPayment, fault: ContentFault | undefined): Fields {
    const kept = this.core.book.find(held.order);
    if (kept === undefined) return {};
    return {
      ...this.#api.trade(kept, lie(held, fault)),
      ...{ trade_status: 'TRADE_SUCCESS', subject: kept.detail.title },
      gmt_create: chinaText(held.paidMs),
      gmt_payment: chinaText(held.paidMs),
    };
  }

  /** The trade's own notice once more, with what was given back of it so far. */
  #refundFields(held: HeldRefund, fault: ContentFault | undefined): Fields {
    const kept = this.core.book.find(held.order);
    const payment = kept?.payment;
    if (kept === undefined || payment === undefined) return {};
    const fee = lie(held, fault) ?? this.#api.givenBack(held.order);
    return {
      ...this.#paymentFields(payment, undefined),
      ...{ trade_status: this.#api.status(kept), out_biz_no: held.refund },
      ...{ refund_fee: yuan(fee), gmt_refund: `${chinaText(held.askedMs)}.123` },
    };
  }

  #notice(trade: Fields, fault: ContentFault | undefined): MadeNotification {
    const sentMs = this.settings.nowMs() - (fault?.kind === 'notify-stale' ? 6 * MINUTE_MS : 0);
    const isOther = fault?.kind === 'notify-wrong-merchant';
    const isForeign = fault?.kind === 'notify-wrong-application';
    const said: Fields = {
      ...{ notify_type: 'trade_status_sync', notify_id: randomBytes(17).toString('hex') },
      ...{ notify_time: chinaText(sentMs), charset: 'utf-8', version: '1.0' },
      app_id: isForeign ? '2021000122677777' : this.account.application,
      ...{ auth_app_id: this.account.application },
      seller_id: isOther ? '2088621349077777' : this.account.merchant,
      ...(fault?.kind === 'notify-garbled' ? {} : trade),
    };
    const signature = this.#keys.sign(sortedText(said), howSigned(fault));
    const signed = { ...said, sign_type: 'RSA2', sign: signature };
    const form = new URLSearchParams(fault?.kind === 'notify-unsigned' ? said : signed);
    if (fault?.kind === 'notify-tampered-body') form.set('total_amount', '99999.00');
    return {
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: Buffer.from(form.toString()),
    };
  }
}

function lie(
  { amount }: HeldPayment | HeldRefund,
  fault: ContentFault | undefined,
): bigint | undefined {
  return fault?.kind === 'notify-wrong-amount' ? (fault.minor ?? amount.minor - 1n) : undefined;
}

function howSigned(fault: ContentFault | undefined): 'well' | 'wrong' | 'foreign' {
  if (fault?.kind === 'notify-bad-signature') return 'wrong';
  return fault?.kind === 'notify-unknown-key' ? 'foreign' : 'well';
}
