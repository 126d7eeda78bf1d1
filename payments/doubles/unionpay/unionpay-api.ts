import { chinaDigits, fromChinaDigits } from '../../china-time.ts';
import type { PaymentStart } from '../../provider.ts';
import { type HeldPayment, type HeldRefund, NotPayable } from '../double.ts';
import type { DoubleCore } from '../double-core.ts';
import type { DoubleAnswer, DoubleRequest } from '../double-server.ts';
import { payAndReturn, payerPage } from '../payer-page.ts';
import type { UnionPayKeys } from './unionpay-keys.ts';

/** What UnionPay keeps of an order besides number, amount and time. */
export interface UnionPayDetail {
  readonly txnTime: string;
  readonly backUrl: string;
}

/** What came with a refund and goes back with its notification. */
export interface RefundDetail {
  readonly txnTime: string;
  readonly backUrl: string;
  readonly reqReserved: string;
}

export interface UnionPayApiSettings {
  readonly core: DoubleCore<UnionPayDetail>;
  readonly keys: UnionPayKeys;
  readonly nowMs: () => number;
  /** `fileContent` of a settlement day (MMDD of the current year or the one before). */
  readonly file: (settleDate: string) => string | undefined;
}

const FRONT = '/gateway/api/frontTransReq.do';
/** Where the double's own page posts the form again, when the payer agrees. */
const AGREED = '/agreed';

type Message = Readonly<Record<string, string>>;

/** The gateway's requests that a merchant needs, as strict as UnionPay's. */
export class UnionPayApi {
  readonly #settings: UnionPayApiSettings;
  readonly #refunds = new Map<string, RefundDetail>();

  constructor(settings: UnionPayApiSettings) {
    this.#settings = settings;
  }

  answer({ target, body }: DoubleRequest, badly: boolean): DoubleAnswer {
    const asked = Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body)));
    if (target === FRONT || target === AGREED) return this.#page(target, asked);
    const said = this.#settings.keys.sign(this.#say(target, asked), badly ? 'wrong' : 'well');
    // As it is, not URL-encoded.
    const text = Object.entries(said).map(([name, value]) => `${name}=${value}`);
    return {
      status: 200,
      headers: { 'content-type': 'text/html;charset=UTF-8' },
      body: text.join('&'),
    };
  }

  /** What the payer's browser shows after it has posted the form. */
  #page(target: string, fields: Message): DoubleAnswer {
    const { orderId: order = '', txnAmt = '' } = fields;
    if (target === AGREED) {
      const pay = () => this.post({ kind: 'form', url: FRONT, fields });
      return payAndReturn(pay, fields['frontUrl'] ?? '');
    }
    const minor = /^\d{1,12}$/.test(txnAmt) ? BigInt(txnAmt) : 0n;
    const amount = { minor, currency: 'CNY' };
    return payerPage({ provider: 'UnionPay', order, amount, action: AGREED, fields });
  }

  /** The payer's browser posts the form and the payer pays: the order is known from then on. */
  post(start: PaymentStart): HeldPayment {
    const { core, keys } = this.#settings;
    if (start.kind !== 'form' || !start.url.endsWith(FRONT)) {
      throw new NotPayable('nothing was opened with this');
    }
    const { fields } = start;
    const complaint = complain(fields, keys) ?? complainOfPayment(fields);
    if (complaint !== undefined) throw new NotPayable(complaint);
    const { orderId = '', txnTime = '', txnAmt = '', payTimeout = '', backUrl = '' } = fields;
    core.book.open({
      order: orderId,
      amount: { minor: BigInt(txnAmt), currency: 'CNY' },
      expiresMs: fromChinaDigits(payTimeout) ?? 0,
      detail: { txnTime, backUrl },
    });
    return core.pay(orderId);
  }

  refundDetail(refund: string): RefundDetail | undefined {
    return this.#refunds.get(refund);
  }

  /** What a query and a notification say of a payment. */
  paymentFields(held: HeldPayment, minor = held.amount.minor): Message {
    const { txnTime = '' } = this.#settings.core.book.find(held.order)?.detail ?? {};
    return {
      ...this.#moneyFields(held.id, minor, held.paidMs),
      ...{ orderId: held.order, txnTime, bizType: '000201', txnSubType: '01' },
    };
  }

  refundFields(held: HeldRefund, minor = held.amount.minor): Message {
    const { txnTime = '', reqReserved = '' } = this.#refunds.get(held.refund) ?? {};
    return {
      ...this.#moneyFields(held.id, minor, held.askedMs),
      ...{ orderId: held.refund, txnTime, reqReserved, origQryId: held.payment },
      ...{ bizType: '000201', txnSubType: '00' },
    };
  }

  #moneyFields(queryId: string, minor: bigint, atMs: number): Message {
    const traceTime = chinaDigits(atMs).slice(4);
    return {
      ...{ queryId, txnAmt: String(minor), settleAmt: String(minor), currencyCode: '156' },
      ...{ settleCurrencyCode: '156', settleDate: traceTime.slice(0, 4), traceTime },
      traceNo: queryId.slice(-6),
    };
  }

  #say(target: string, asked: Message): Message {
    const { orderId, txnTime, txnType = '', txnSubType = '', bizType = '' } = asked;
    const base = {
      ...{ version: '5.1.0', encoding: 'UTF-8', signMethod: '01', accessType: '0' },
      ...{ merId: asked['merId'] ?? '', txnType, txnSubType, bizType },
      ...(orderId === undefined ? {} : { orderId }),
      ...(txnTime === undefined ? {} : { txnTime }),
    };
    const complaint = complain(asked, this.#settings.keys);
    if (complaint !== undefined) return { ...base, ...result('11', complaint) };
    const route = `${target} ${txnType}`;
    if (route === '/gateway/api/queryTrans.do 00') return { ...base, ...this.#query(asked) };
    if (route === '/gateway/api/backTransReq.do 04') return { ...base, ...this.#refund(asked) };
    if (route === '/ 76') return { ...base, ...this.#file(asked) };
    return { ...base, ...result('10', 'no such transaction') };
  }

  #query({ orderId = '', txnTime = '' }: Message): Message {
    const { book } = this.#settings.core;
    const kept = book.find(orderId);
    if (kept?.payment !== undefined && kept.detail.txnTime === txnTime) {
      return { ...result('00'), ...original('00'), ...this.paymentFields(kept.payment) };
    }
    const refund = book.findRefund(orderId);
    if (refund === undefined || this.#refunds.get(orderId)?.txnTime !== txnTime) {
      return result('34', '查无此交易');
    }
    const code = { waiting: '05', paid: '00', failed: '01' }[refund.state];
    return { ...result('00'), ...original(code), ...this.refundFields(refund) };
  }

  #refund(asked: Message): Message {
    const { core, nowMs } = this.#settings;
    const { orderId = '', txnTime = '', txnAmt = '', origQryId = '' } = asked;
    const { backUrl = '', reqReserved = '' } = asked;
    if (!/^[A-Za-z0-9]{8,40}$/.test(orderId) || !/^\d{1,12}$/.test(txnAmt)) {
      return result('10', 'orderId or txnAmt');
    }
    if (fromChinaDigits(txnTime) === undefined) return result('10', 'txnTime');
    // Even the same refund again: who asks twice has to look what became of the first.
    if (core.book.findRefund(orderId) !== undefined) return result('12', '重复交易');
    const held = core.book.findPayment(origQryId);
    if (held === undefined) return result('35', '原交易不存在或状态不正确');
    const refund = { refund: orderId, order: held.order, minor: BigInt(txnAmt), atMs: nowMs() };
    const taken = core.refund(refund);
    if (typeof taken === 'string') return result('36', '与原交易信息不符');
    this.#refunds.set(orderId, { txnTime, backUrl, reqReserved });
    return { ...result('00'), queryId: taken.id, origQryId, txnAmt, reqReserved };
  }

  #file({ settleDate = '', fileType }: Message): Message {
    if (fileType !== '00') return result('10', 'fileType');
    const fileContent = this.#settings.file(settleDate);
    if (fileContent === undefined) return { ...result('98', '文件不存在'), settleDate };
    return { ...result('00'), settleDate, fileType, fileName: `${settleDate}.zip`, fileContent };
  }
}

/** What is wrong with any message of a merchant. */
function complain(asked: Message, keys: UnionPayKeys): string | undefined {
  const { version, encoding, signMethod, accessType, merId } = asked;
  if (version !== '5.1.0' || encoding !== 'UTF-8' || signMethod !== '01') return 'version';
  if (accessType !== '0' || merId !== keys.account.merchant) return 'merId';
  return keys.isMerchants(asked) ? undefined : 'signature';
}

function complainOfPayment(fields: Message): string | undefined {
  const { txnType, txnSubType, bizType, channelType, currencyCode } = fields;
  if (txnType !== '01' || txnSubType !== '01' || bizType !== '000201') return 'txnType';
  if (channelType !== '07' || currencyCode !== '156') return 'channelType';
  if (!/^[A-Za-z0-9]{8,40}$/.test(fields['orderId'] ?? '')) return 'orderId';
  if (!/^[1-9]\d{0,11}$/.test(fields['txnAmt'] ?? '')) return 'txnAmt';
  if (fromChinaDigits(fields['txnTime'] ?? '') === undefined) return 'txnTime';
  if (fromChinaDigits(fields['payTimeout'] ?? '') === undefined) return 'payTimeout';
  return URL.canParse(fields['backUrl'] ?? '') ? undefined : 'backUrl';
}

function result(respCode: string, respMsg = '成功[0000000]'): Message {
  return { respCode, respMsg };
}

function original(origRespCode: string): Message {
  return { origRespCode, origRespMsg: origRespCode === '00' ? '成功[0000000]' : '见应答码' };
}
