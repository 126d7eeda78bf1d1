import { chinaDay, chinaDigits, chinaMidnight, dayAfter, dayBefore } from '../../china-time.ts';
import type { PaymentStart } from '../../provider.ts';
import { roundFee, rowsOfDay } from '../day-rows.ts';
import type { MadeNotification } from '../deliveries.ts';
import type { DoubleSettings, HeldPayment, HeldRefund, ProviderDouble } from '../double.ts';
import { DoubleCore } from '../double-core.ts';
import type { DoubleAnswer, DoubleRequest } from '../double-server.ts';
import type { ContentFault } from '../fault.ts';
import { StandIn } from '../stand-in.ts';
import { settlementContent } from './settlement-archive.ts';
import { UnionPayApi, type UnionPayDetail } from './unionpay-api.ts';
import { type UnionPayAccount, UnionPayKeys } from './unionpay-keys.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Five notifications in all. */
const PAUSES_MS = [1, 2, 4, 5].map((minutes) => minutes * MINUTE_MS);
/** Hundredths of a per cent. */
const FEE_RATE = 60n;
/** A settlement day ends at 23:00. */
const EARLIER_MS = HOUR_MS;

const LACKING: ProviderDouble['lacking'] = {
  'notify-wrong-application': 'a merchant has no applications at UnionPay',
  'notify-stale': 'a notification of UnionPay has no time of its own',
  'notify-bad-tag': 'nothing in a notification of UnionPay is encrypted',
  'bill-fee-rounded': 'fees in the files of UnionPay are whole fen anyway',
  'bill-hash-differs': 'the signature of the answer covers the file, there is no hash beside it',
  'open-refused': 'an order is opened by the payer, whose browser shows what UnionPay refuses',
};

export interface UnionPayDouble extends ProviderDouble {
  /** What UnionPay gives to the merchant: what the adapter is set up with. */
  readonly account: UnionPayAccount;
}

export async function startUnionPayDouble(settings: DoubleSettings): Promise<UnionPayDouble> {
  const double = new UnionPayStandIn(settings);
  await double.listen();
  return double;
}

class UnionPayStandIn extends StandIn<UnionPayDetail> implements UnionPayDouble {
  readonly name = 'unionpay';
  readonly lacking = LACKING;
  readonly account: UnionPayAccount;
  readonly #keys: UnionPayKeys;
  protected readonly core: DoubleCore<UnionPayDetail>;
  readonly #api: UnionPayApi;
  #numbers = 0;

  constructor(settings: DoubleSettings) {
    super(settings);
    this.#keys = new UnionPayKeys('777290058110048', settings.nowMs());
    this.account = this.#keys.account;
    this.core = new DoubleCore(settings, {
      lacking: LACKING,
      feeOf: (minor) => roundFee(minor * FEE_RATE),
      newPaymentId: () => this.#queryId(),
      newRefundId: () => this.#queryId(),
      pausesMs: PAUSES_MS,
      isTaken: (status) => status === 200,
      tellPayment: (held) => ({
        to: this.core.book.find(held.order)?.detail.backUrl ?? settings.notifyUrl,
        make: (fault) => this.#notice('01', this.#api.paymentFields(held, lie(held, fault)), fault),
      }),
      tellRefund: (held) => this.#tellRefund(held),
    });
    this.#api = new UnionPayApi({
      core: this.core,
      keys: this.#keys,
      nowMs: settings.nowMs,
      file: (settleDate) => this.#file(this.#dayOfDate(settleDate)),
    });
  }

  protected answer(request: DoubleRequest, badly: boolean): DoubleAnswer {
    return this.#api.answer(request, badly);
  }

  protected rotateKeys(): void {
    this.#keys.rotate();
  }

  async pay(start: PaymentStart): Promise<HeldPayment> {
    return this.#api.post(start);
  }

  dayOf(ms: number): string {
    return settlementDay(ms);
  }

  settlementReadyMs(day: string): number {
    return chinaMidnight(dayAfter(day)) + 9 * HOUR_MS;
  }

  makeSettlement(day: string): Uint8Array | undefined {
    const content = this.#file(day);
    return content === undefined ? undefined : new TextEncoder().encode(content);
  }

  #file(day: string): string | undefined {
    const { book, faults } = this.core;
    if (this.settings.nowMs() < this.settlementReadyMs(day)) return undefined;
    const rows = rowsOfDay(book.books(), day, faults, { dayOf: settlementDay, dayBefore });
    if (rows.payments.length + rows.refunds.length === 0) return undefined;
    const content = settlementContent(this.account.merchant, day, rows);
    return faults.bill('bill-truncated') ? content.slice(0, content.length >> 1) : content;
  }

  /** MMDD is the last such day that has been. */
  #dayOfDate(settleDate: string): string {
    const today = chinaDay(this.settings.nowMs());
    const monthDay = `${settleDate.slice(0, 2)}-${settleDate.slice(2)}`;
    const thisYear = `${today.slice(0, 4)}-${monthDay}`;
    return thisYear <= today ? thisYear : `${Number(today.slice(0, 4)) - 1}-${monthDay}`;
  }

  /** Refunds that somebody makes in the console are told to nobody. */
  #tellRefund(held: HeldRefund) {
    const detail = this.#api.refundDetail(held.refund);
    if (detail === undefined || held.state !== 'paid') return undefined;
    const make = (fault: ContentFault | undefined) =>
      this.#notice('04', this.#api.refundFields(held, lie(held, fault)), fault);
    return { to: detail.backUrl, make };
  }

  #notice(
    txnType: '01' | '04',
    fields: Readonly<Record<string, string>>,
    fault: ContentFault | undefined,
  ): MadeNotification {
    const isOther = fault?.kind === 'notify-wrong-merchant';
    const { txnAmt = '', queryId = '', ...rest } = fields;
    const said = {
      ...{ version: '5.1.0', encoding: 'UTF-8', signMethod: '01', accessType: '0' },
      ...{ merId: isOther ? '777290058110777' : this.account.merchant, txnType },
      ...{ respCode: '00', respMsg: '成功[0000000]' },
      ...(fault?.kind === 'notify-garbled' ? {} : { ...rest, queryId, txnAmt }),
    };
    const signed = this.#keys.sign(said, howSigned(fault));
    const { signature = '', ...unsigned } = signed;
    const sent = fault?.kind === 'notify-unsigned' ? unsigned : { ...unsigned, signature };
    const form = new URLSearchParams(sent);
    if (fault?.kind === 'notify-tampered-body') form.set('txnAmt', `${txnAmt}0`);
    return {
      headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' },
      body: Buffer.from(form.toString()),
    };
  }

  #queryId(): string {
    this.#numbers += 1;
    return `${chinaDigits(this.settings.nowMs())}${String(this.#numbers).padStart(7, '0')}`;
  }
}

function settlementDay(ms: number): string {
  return chinaDay(ms + EARLIER_MS);
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
