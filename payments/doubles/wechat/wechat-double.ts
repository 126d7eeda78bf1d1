import { createHash, randomUUID } from 'node:crypto';
import {
  chinaDay,
  chinaDigits,
  chinaMidnight,
  chinaRfc3339,
  dayAfter,
  dayBefore,
} from '../../china-time.ts';
import type { PaymentStart } from '../../provider.ts';
import { rowsOfDay } from '../day-rows.ts';
import type { MadeNotification } from '../deliveries.ts';
import {
  type DoubleSettings,
  type HeldPayment,
  type HeldRefund,
  NotPayable,
  type ProviderDouble,
} from '../double.ts';
import { DoubleCore } from '../double-core.ts';
import type { DoubleAnswer, DoubleRequest } from '../double-server.ts';
import type { ContentFault } from '../fault.ts';
import { StandIn } from '../stand-in.ts';
import { FEE_RATE, packedBill, tradeBillText } from './trade-bill-file.ts';
import { WechatApi, type WechatDetail } from './wechat-api.ts';
import { type WechatAccount, WechatKeys } from './wechat-keys.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Pauses between notifications (支付通知): 24 hours and 4 minutes in all. */
const PAUSES_MS = [
  ...[15_000, 15_000, 30_000],
  ...[3, 10, 20, 30, 30, 30, 60].map((minutes) => minutes * MINUTE_MS),
  ...[3, 3, 3, 6, 6].map((hours) => hours * HOUR_MS),
];

export interface WechatDouble extends ProviderDouble {
  /** What the console gives to the merchant: what the adapter is set up with. */
  readonly account: WechatAccount;
}

export async function startWechatDouble(settings: DoubleSettings): Promise<WechatDouble> {
  const double = new WechatStandIn(settings);
  await double.listen();
  return double;
}

class WechatStandIn extends StandIn<WechatDetail> implements WechatDouble {
  readonly name = 'wechat';
  readonly lacking = {};
  readonly account: WechatAccount;
  readonly #keys = new WechatKeys('1900000109', 'wx8888888888888888');
  protected readonly core: DoubleCore<WechatDetail>;
  readonly #api: WechatApi;
  #numbers = 0;

  constructor(settings: DoubleSettings) {
    super(settings);
    this.account = this.#keys.account;
    this.core = new DoubleCore(settings, {
      lacking: this.lacking,
      // A rate in hundredths of a per cent of minor units is in ten-thousandths of a minor unit.
      feeOf: (minor) => minor * FEE_RATE,
      newPaymentId: () => this.#number('4200002026', 10),
      newRefundId: () => this.#number('50302026', 13),
      pausesMs: PAUSES_MS,
      isTaken: (status) => status === 200 || status === 204,
      tellPayment: (held) => ({
        to: this.core.book.find(held.order)?.detail.notifyUrl ?? settings.notifyUrl,
        make: (fault) => this.#paymentNotice(held, fault),
      }),
      tellRefund: (held) => ({
        to: this.#api.refundAddress(held.refund) ?? settings.notifyUrl,
        make: (fault) => this.#refundNotice(held, fault),
      }),
    });
    this.#api = new WechatApi({
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

  async pay(start: PaymentStart): Promise<HeldPayment> {
    const order = this.#api.orderOfStart(start);
    if (order === undefined) throw new NotPayable('nothing was opened with this');
    return this.core.pay(order);
  }

  dayOf(ms: number): string {
    return chinaDay(ms);
  }

  settlementReadyMs(day: string): number {
    return chinaMidnight(dayAfter(day)) + 10 * HOUR_MS;
  }

  makeSettlement(day: string): Uint8Array | undefined {
    return this.#bill(day)?.file;
  }

  /** The packed file of a day that is over, and the hash that the answer gives. */
  #bill(day: string): { readonly file: Uint8Array; readonly sha1: string } | undefined {
    const { book, faults } = this.core;
    if (this.settings.nowMs() < this.settlementReadyMs(day)) return undefined;
    const rows = rowsOfDay(book.books(), day, faults, { dayOf: chinaDay, dayBefore });
    if (rows.payments.length + rows.refunds.length === 0) return undefined;
    const text = tradeBillText(this.account, rows, (order) => {
      const { title = 'unknown', way = 'native', payer = '' } = book.find(order)?.detail ?? {};
      return { title, payer, tradeType: way === 'h5' ? 'MWEB' : way.toUpperCase() };
    });
    const whole = packedBill(text);
    const file = faults.bill('bill-truncated') ? whole.subarray(0, whole.length >> 1) : whole;
    const hashed = faults.bill('bill-hash-differs') ? Buffer.from('another file') : text;
    return { file, sha1: createHash('sha1').update(hashed).digest('hex') };
  }

  #paymentNotice(held: HeldPayment, fault: ContentFault | undefined): MadeNotification {
    const minor =
      fault?.kind === 'notify-wrong-amount' ? (fault.minor ?? held.amount.minor - 1n) : undefined;
    const plain = this.#api.transaction(held.order, 'SUCCESS', minor);
    return this.#notice('TRANSACTION.SUCCESS', 'transaction', plain, fault);
  }

  #refundNotice(held: HeldRefund, fault: ContentFault | undefined): MadeNotification {
    const status = held.state === 'failed' ? 'CLOSED' : 'SUCCESS';
    const paid = this.core.book.find(held.order)?.amount.minor ?? 0n;
    const less =
      fault?.kind === 'notify-wrong-amount' ? (fault.minor ?? held.amount.minor - 1n) : undefined;
    const refund = Number(less ?? held.amount.minor);
    const plain = {
      mchid: this.account.merchant,
      out_trade_no: held.order,
      transaction_id: held.payment,
      out_refund_no: held.refund,
      refund_id: held.id,
      refund_status: status,
      success_time: chinaRfc3339(this.settings.nowMs()),
      user_received_account: '支付用户零钱',
      amount: { total: Number(paid), refund, payer_total: Number(paid), payer_refund: refund },
    };
    return this.#notice(`REFUND.${status}`, 'refund', plain, fault);
  }

  #notice(
    event: string,
    original: string,
    plain: Readonly<Record<string, unknown>>,
    fault: ContentFault | undefined,
  ): MadeNotification {
    const said = JSON.stringify({ ...plain, ...lieOf(fault) });
    const content = fault?.kind === 'notify-garbled' ? '{"greeting":"hello"}' : said;
    const body = Buffer.from(
      JSON.stringify({
        id: randomUUID(),
        create_time: chinaRfc3339(this.settings.nowMs()),
        resource_type: 'encrypt-resource',
        event_type: event,
        summary: event.startsWith('REFUND') ? '退款通知' : '支付成功',
        resource: this.#keys.seal(original, content, fault?.kind === 'notify-bad-tag'),
      }),
    );
    const atMs = this.settings.nowMs() - (fault?.kind === 'notify-stale' ? 6 * MINUTE_MS : 0);
    const headers = this.#keys.signed(body, atMs, howSigned(fault));
    // A letter of the event's number, which is JSON before and after.
    if (fault?.kind === 'notify-tampered-body') body[8] = body[8] === 0x61 ? 0x62 : 0x61;
    return { headers: { ...headers, 'content-type': 'application/json' }, body };
  }

  #number(prefix: string, digits: number): string {
    this.#numbers += 1;
    const day = chinaDigits(this.settings.nowMs()).slice(0, 8);
    return `${prefix}${day}${String(this.#numbers).padStart(digits, '0')}`;
  }
}

function lieOf(fault: ContentFault | undefined): Readonly<Record<string, string>> {
  if (fault?.kind === 'notify-wrong-merchant') return { mchid: '1900000777' };
  if (fault?.kind === 'notify-wrong-application') return { appid: 'wx7777777777777777' };
  return {};
}

function howSigned(fault: ContentFault | undefined): 'well' | 'wrong' | 'foreign' | 'unsigned' {
  if (fault?.kind === 'notify-unsigned') return 'unsigned';
  if (fault?.kind === 'notify-bad-signature') return 'wrong';
  return fault?.kind === 'notify-unknown-key' ? 'foreign' : 'well';
}
