import { randomBytes } from 'node:crypto';
import { chinaDigits, chinaText } from '../../china-time.ts';
import type { PaymentStart } from '../../provider.ts';
import { type HeldPayment, type HeldRefund, NotPayable } from '../double.ts';
import type { DoubleCore } from '../double-core.ts';
import type { DoubleAnswer, DoubleRequest } from '../double-server.ts';
import type { KeptOrder, OpenedOrder } from '../order-book.ts';
import { nothingToPay, payAndReturn, payerPage } from '../payer-page.ts';
import type { AlipayStandInKeys, Fields } from './alipay-account.ts';
import { type AlipayDetail, readContent, readOpening, readTime } from './alipay-openings.ts';

export interface AlipayApiSettings {
  readonly core: DoubleCore<AlipayDetail>;
  readonly keys: AlipayStandInKeys;
  readonly nowMs: () => number;
  readonly url: () => string;
  readonly bill: (
    day: string,
  ) => { readonly file: Uint8Array; readonly isEmpty: boolean } | undefined;
}

const GATEWAY = '/gateway.do';
/** Instead of a camera: `?text=` is what the code says. */
const SCAN = '/scan';
const BILL = '/downloadBillFile.resource';
/** Products by the pages that they are paid on. */
const PAGES: ReadonlyMap<string, string> = new Map([
  ['alipay.trade.page.pay', 'FAST_INSTANT_TRADE_PAY'],
  ['alipay.trade.wap.pay', 'QUICK_WAP_WAY'],
]);

type Said = Readonly<Record<string, unknown>>;

/** The gateway: one address, a `method`, and nothing without the application's signature. */
export class AlipayApi {
  readonly #settings: AlipayApiSettings;
  readonly #prepared = new Map<string, OpenedOrder<AlipayDetail>>();
  readonly #downloads = new Map<string, string>();
  readonly #trades = new Map<string, string>();

  constructor(settings: AlipayApiSettings) {
    this.#settings = settings;
  }

  answer(request: DoubleRequest, badly: boolean): DoubleAnswer {
    const { pathname, searchParams } = new URL(request.target, 'http://127.0.0.1');
    if (pathname === BILL) return this.#file(searchParams.get('token') ?? '');
    const isPage = pathname === SCAN || PAGES.has(searchParams.get('method') ?? '');
    if (isPage) return this.#page(request, this.#openingAt(request.target));
    const asked = Object.fromEntries(new URLSearchParams(new TextDecoder().decode(request.body)));
    const { method = '' } = asked;
    const said = JSON.stringify(pathname === GATEWAY ? this.#say(asked) : failure('40004', 'path'));
    const sign = this.#settings.keys.sign(said, badly ? 'wrong' : 'well');
    const name = `${method.replaceAll('.', '_')}_response`;
    return {
      status: 200,
      headers: { 'content-type': 'text/html;charset=utf-8' },
      body: `{"${name}":${said},"sign":"${sign}"}`,
    };
  }

  /** The payer scans a code or comes to a page, and pays: only now there is a trade. */
  pay(start: PaymentStart): HeldPayment {
    const opening =
      start.kind === 'redirect'
        ? this.#openingAt(start.url)
        : start.kind === 'code'
          ? this.#prepared.get(start.text)
          : undefined;
    if (opening === undefined) throw new NotPayable('nothing was opened with this');
    this.#begin(opening);
    return this.#settings.core.pay(opening.order);
  }

  /** What a query answers, and a notification with `gmt_payment` instead of `send_pay_date`. */
  trade(kept: KeptOrder<AlipayDetail>, minor = kept.amount.minor): Fields {
    const { order, payment } = kept;
    return {
      ...{ out_trade_no: order, trade_no: this.tradeNumber(order) },
      ...{ trade_status: this.status(kept), total_amount: yuan(minor) },
      ...{
        buyer_logon_id: '138****0000',
        receipt_amount: yuan(payment === undefined ? 0n : minor),
      },
    };
  }

  /** Alipay's number, from when the payer came. */
  tradeNumber(order: string): string {
    const known = this.#trades.get(order);
    if (known !== undefined) return known;
    const day = chinaDigits(this.#settings.nowMs()).slice(0, 8);
    const trade = `${day}220014${String(this.#trades.size + 1).padStart(14, '0')}`;
    this.#trades.set(order, trade);
    return trade;
  }

  status({ order, state, expiresMs }: KeptOrder<AlipayDetail>): string {
    const { core, nowMs } = this.#settings;
    if (state === 'paid') return core.book.left(order) > 0n ? 'TRADE_SUCCESS' : 'TRADE_CLOSED';
    return state === 'open' && nowMs() < expiresMs ? 'WAIT_BUYER_PAY' : 'TRADE_CLOSED';
  }

  /** All that was given back of an order so far. */
  givenBack(order: string): bigint {
    const { book } = this.#settings.core;
    return (book.find(order)?.amount.minor ?? 0n) - book.left(order);
  }

  #begin(opening: OpenedOrder<AlipayDetail>): KeptOrder<AlipayDetail> {
    const { core, nowMs } = this.#settings;
    const known = core.book.find(opening.order);
    if (known !== undefined && known.amount.minor !== opening.amount.minor) {
      throw new NotPayable(`${opening.order} is of another amount`);
    }
    if (known === undefined && nowMs() >= opening.expiresMs) {
      throw new NotPayable(`${opening.order} has expired`);
    }
    return core.book.open(opening);
  }

  /** What a signed address of a page, or a code that is scanned, leads to. */
  #openingAt(address: string): OpenedOrder<AlipayDetail> | undefined {
    const { pathname, searchParams } = new URL(address, 'http://127.0.0.1');
    if (pathname === SCAN) return this.#prepared.get(searchParams.get('text') ?? '');
    const asked = Object.fromEntries(searchParams);
    const product = PAGES.get(asked['method'] ?? '');
    const content = readContent(asked);
    if (product === undefined || content === undefined) return undefined;
    if (this.#complain(asked) !== undefined) return undefined;
    const opening = readOpening(asked, content, product);
    return typeof opening === 'string' ? undefined : opening;
  }

  #page({ method, target }: DoubleRequest, found?: OpenedOrder<AlipayDetail>): DoubleAnswer {
    if (found === undefined) return nothingToPay();
    const { order, amount, detail } = found;
    if (method !== 'POST') {
      return payerPage({ provider: 'Alipay', order, amount, action: target, fields: {} });
    }
    const pay = () => {
      this.#begin(found);
      this.#settings.core.pay(order);
    };
    return payAndReturn(pay, detail.returnUrl);
  }

  #say(asked: Fields): Said {
    const complaint = this.#complain(asked);
    if (complaint !== undefined) return failure('40002', `isv.invalid-${complaint}`);
    const content = readContent(asked);
    if (content === undefined) return failure('40002', 'isv.invalid-parameter');
    switch (asked['method']) {
      case 'alipay.trade.precreate':
        return this.#precreate(asked, content);
      case 'alipay.trade.query':
        return this.#query(content);
      case 'alipay.trade.close':
        return this.#close(content);
      case 'alipay.trade.refund':
        return this.#refund(content);
      case 'alipay.trade.fastpay.refund.query':
        return this.#queryRefund(content);
      case 'alipay.data.dataservice.bill.downloadurl.query':
        return this.#bill(content);
      default:
        return failure('40002', 'isv.invalid-method');
    }
  }

  #complain(asked: Fields): string | undefined {
    const { keys } = this.#settings;
    const { app_id: application, charset, format, sign_type: signType, version } = asked;
    if (application !== keys.account.application) return 'app-id';
    if (signType !== 'RSA2') return 'signature-type';
    if (charset !== 'utf-8' || format !== 'JSON' || version !== '1.0') return 'parameter';
    if (Number.isNaN(readTime(asked['timestamp'] ?? ''))) return 'timestamp';
    return keys.isMerchants(asked) ? undefined : 'signature';
  }

  #precreate(asked: Fields, content: Fields): Said {
    const { core, nowMs } = this.#settings;
    const opening = readOpening(asked, content, undefined);
    if (typeof opening === 'string') return failure('40004', 'ACQ.INVALID_PARAMETER', opening);
    if (nowMs() >= opening.expiresMs) return failure('40004', 'ACQ.INVALID_PARAMETER', 'time');
    if (core.faults.take('open-refused') !== undefined) {
      return failure('40004', 'ACQ.BEYOND_PER_RECEIPT_SINGLE_RESTRICTION', '收款金额超限');
    }
    const known = core.book.find(opening.order);
    if (known?.state === 'paid') return failure('40004', 'ACQ.TRADE_HAS_SUCCESS', '交易已被支付');
    if (known?.state === 'closed') return failure('40004', 'ACQ.TRADE_HAS_CLOSE', '交易已经关闭');
    const others = [...this.#prepared.values(), ...(known === undefined ? [] : [known])];
    const differs = others.some(
      ({ order, amount }) => order === opening.order && amount.minor !== opening.amount.minor,
    );
    if (differs) return failure('40004', 'ACQ.CONTEXT_INCONSISTENT', '交易信息被篡改');
    const code = `https://qr.alipay.com/bax${randomBytes(11).toString('hex')}`;
    this.#prepared.set(code, opening);
    return { ...success(), out_trade_no: opening.order, qr_code: code };
  }

  #query({ out_trade_no: order = '' }: Fields): Said {
    const kept = this.#settings.core.book.find(order);
    if (kept === undefined) return failure('40004', 'ACQ.TRADE_NOT_EXIST', '交易不存在');
    const { payment } = kept;
    const paid = payment === undefined ? {} : { send_pay_date: chinaText(payment.paidMs) };
    return { ...success(), ...this.trade(kept), ...paid };
  }

  #close({ out_trade_no: order = '' }: Fields): Said {
    const { core } = this.#settings;
    const kept = core.book.find(order);
    if (kept === undefined) return failure('40004', 'ACQ.TRADE_NOT_EXIST', '交易不存在');
    if (this.status(kept) !== 'WAIT_BUYER_PAY') {
      return failure('40004', 'ACQ.TRADE_STATUS_ERROR', '交易状态不合法');
    }
    core.book.close(order);
    return { ...success(), out_trade_no: order, trade_no: this.tradeNumber(order) };
  }

  #refund(content: Fields): Said {
    const { core, nowMs } = this.#settings;
    const { refund_amount: amount = '', out_request_no: refund = '' } = content;
    const held = this.#paymentOf(content);
    if (held === undefined) return failure('40004', 'ACQ.TRADE_NOT_EXIST', '交易不存在');
    if (!/^\d{1,9}\.\d\d$/.test(amount) || !/^\w{1,64}$/.test(refund)) {
      return failure('40004', 'ACQ.INVALID_PARAMETER', '参数无效');
    }
    const isKnown = core.book.findRefund(refund) !== undefined;
    const minor = BigInt(amount.replace('.', ''));
    const taken = core.refund({ refund, order: held.order, minor, atMs: nowMs() });
    if (taken === 'differs') {
      return failure('40004', 'ACQ.DISCORDANT_REPEAT_REQUEST', '不一致的请求');
    }
    if (typeof taken === 'string') {
      return failure('40004', 'ACQ.REFUND_AMT_NOT_EQUAL_TOTAL', '退款金额超限');
    }
    return {
      ...success(),
      ...{ out_trade_no: held.order, trade_no: held.id, buyer_logon_id: '138****0000' },
      ...{ fund_change: isKnown ? 'N' : 'Y', refund_fee: yuan(this.givenBack(held.order)) },
    };
  }

  /** Of a refund that is not there (yet) it says that the question was understood, and no more. */
  #queryRefund(content: Fields): Said {
    const held = this.#paymentOf(content);
    if (held === undefined) return failure('40004', 'ACQ.TRADE_NOT_EXIST', '交易不存在');
    const refund = this.#settings.core.book.findRefund(content['out_request_no'] ?? '');
    if (refund?.payment !== held.id || refund.state !== 'paid') return success();
    return { ...success(), ...this.#refundRecord(held, refund) };
  }

  #refundRecord(held: HeldPayment, refund: HeldRefund): Said {
    return {
      ...{ trade_no: held.id, out_trade_no: held.order, out_request_no: refund.refund },
      ...{ total_amount: yuan(held.amount.minor), refund_amount: yuan(refund.amount.minor) },
      refund_status: 'REFUND_SUCCESS',
    };
  }

  /** The numbers of the order and of the trade have to be of one another. */
  #paymentOf({ out_trade_no: order, trade_no: trade = '' }: Fields): HeldPayment | undefined {
    const held = this.#settings.core.book.findPayment(trade);
    return held?.order === order ? held : undefined;
  }

  #bill({ bill_type: type, bill_date: day = '' }: Fields): Said {
    const bill = type === 'trade' ? this.#settings.bill(day) : undefined;
    if (bill === undefined) return failure('40004', 'isp.bill_not_exist', '账单不存在');
    const token = randomBytes(16).toString('hex');
    this.#downloads.set(token, day);
    const place = `${this.#settings.url()}${BILL}?bizType=trade&fileType=csv.zip&token=${token}`;
    const code = bill.isEmpty ? { bill_file_code: 'EMPTY_DATA_WITH_BILL_FILE' } : {};
    return { ...success(), ...code, bill_download_url: place };
  }

  #file(token: string): DoubleAnswer {
    const bill = this.#settings.bill(this.#downloads.get(token) ?? '');
    const headers = { 'content-type': 'application/octet-stream' };
    return bill === undefined
      ? { status: 404, headers, body: '' }
      : { status: 200, headers, body: bill.file };
  }
}

export function yuan(fen: bigint): string {
  const digits = String(fen).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function success(): Said {
  return { code: '10000', msg: 'Success' };
}

function failure(code: string, subCode: string, subMessage = subCode): Said {
  const msg = code === '40004' ? 'Business Failed' : 'Invalid Arguments';
  return { code, msg, sub_code: subCode, sub_msg: subMessage };
}
