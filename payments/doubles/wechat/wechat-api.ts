import { randomBytes } from 'node:crypto';
import { chinaRfc3339 } from '../../china-time.ts';
import type { PaymentStart } from '../../provider.ts';
import type { HeldRefund } from '../double.ts';
import type { DoubleCore } from '../double-core.ts';
import type { DoubleAnswer, DoubleRequest } from '../double-server.ts';
import { nothingToPay, payAndReturn, payerPage } from '../payer-page.ts';
import type { WechatKeys } from './wechat-keys.ts';
import { complaintAboutOrder, readAuthorization } from './wechat-requests.ts';

/** What WeChat keeps of an order besides number, amount and time. */
export interface WechatDetail {
  readonly way: 'native' | 'jsapi' | 'h5';
  readonly title: string;
  readonly notifyUrl: string;
  readonly payer: string;
}

export interface WechatApiSettings {
  readonly core: DoubleCore<WechatDetail>;
  readonly keys: WechatKeys;
  readonly nowMs: () => number;
  readonly url: () => string;
  readonly bill: (day: string) => { readonly file: Uint8Array; readonly sha1: string } | undefined;
}

const PAGE = '/cgi-bin/mmpayweb-bin/checkmweb';
/** Instead of a camera: `?text=` is what the code says. */
const SCAN = '/scan';

/** An answer before it is signed. */
interface Said {
  readonly status: number;
  readonly json?: unknown;
  /** A file, which WeChat does not sign. */
  readonly file?: Uint8Array;
}

/** The APIv3 routes that a merchant needs, as strict as WeChat's: nothing goes on without a signature. */
export class WechatApi {
  readonly #settings: WechatApiSettings;
  readonly #starts = new Map<string, string>();
  readonly #downloads = new Map<string, string>();
  readonly #refundAddresses = new Map<string, string>();

  constructor(settings: WechatApiSettings) {
    this.#settings = settings;
  }

  answer(request: DoubleRequest, badly: boolean): DoubleAnswer {
    const { keys, nowMs } = this.#settings;
    const { pathname, searchParams } = new URL(request.target, 'http://127.0.0.1');
    if (pathname === PAGE || pathname === SCAN) return this.#page(request, searchParams);
    const { status, json, file } = this.#say(request);
    if (file !== undefined) {
      return { status, headers: { 'content-type': 'application/octet-stream' }, body: file };
    }
    const body = Buffer.from(json === undefined ? '' : JSON.stringify(json));
    const signed = keys.signed(body, nowMs(), badly ? 'wrong' : 'well');
    return { status, headers: { ...signed, 'content-type': 'application/json' }, body };
  }

  /** The order that a telephone would pay: by its code, its call or its page. */
  orderOfStart(start: PaymentStart): string | undefined {
    const { keys } = this.#settings;
    if (start.kind === 'code') return this.#starts.get(start.text);
    if (start.kind === 'redirect') {
      return this.#starts.get(new URL(start.url).searchParams.get('prepay_id') ?? '');
    }
    if (start.kind !== 'call') return undefined;
    const { appId, timeStamp, nonceStr, package: packed = '', paySign = '' } = start.parameters;
    const isOurs = appId === keys.account.application && start.parameters['signType'] === 'RSA';
    const text = `${appId}\n${timeStamp}\n${nonceStr}\n${packed}\n`;
    if (!isOurs || !keys.isMerchants(text, paySign)) return undefined;
    return this.#starts.get(packed.replace('prepay_id=', ''));
  }

  /** What a telephone shows: of an H5 page, or of a code that was scanned. */
  #page({ method, target }: DoubleRequest, search: URLSearchParams): DoubleAnswer {
    const { core } = this.#settings;
    const token = search.get('prepay_id') ?? search.get('text') ?? '';
    const kept = core.book.find(this.#starts.get(token) ?? '');
    if (kept === undefined) return nothingToPay();
    const { order, amount } = kept;
    if (method === 'POST') {
      return payAndReturn(() => core.pay(order), search.get('redirect_url') ?? '');
    }
    return payerPage({
      provider: 'WeChat Pay',
      order,
      amount,
      action: target,
      fields: {},
    });
  }

  refundAddress(refund: string): string | undefined {
    return this.#refundAddresses.get(refund);
  }

  /** What the query answers and a notification carries; `minor` instead of the true amount. */
  transaction(order: string, state: string, minor?: bigint): Readonly<Record<string, unknown>> {
    const { core, keys } = this.#settings;
    const kept = core.book.find(order);
    const total = Number(minor ?? kept?.amount.minor ?? 0n);
    const { merchant: mchid, application: appid } = keys.account;
    const amount = { total, payer_total: total, currency: 'CNY', payer_currency: 'CNY' };
    const base = { appid, mchid, out_trade_no: order, trade_state: state, trade_state_desc: state };
    if (kept?.payment === undefined) return { ...base, amount: { total, currency: 'CNY' } };
    return {
      ...base,
      transaction_id: kept.payment.id,
      trade_type: kept.detail.way === 'h5' ? 'MWEB' : kept.detail.way.toUpperCase(),
      bank_type: 'OTHERS',
      attach: '',
      success_time: chinaRfc3339(kept.payment.paidMs),
      payer: { openid: kept.detail.payer },
      amount,
    };
  }

  #say(request: DoubleRequest): Said {
    const { keys, nowMs } = this.#settings;
    const complaint = readAuthorization(request, keys, nowMs());
    if (complaint !== undefined) return failure(401, 'SIGN_ERROR', complaint);
    const { pathname, searchParams } = new URL(request.target, 'http://127.0.0.1');
    const [, , ...path] = pathname.split('/');
    const route = `${request.method} ${path.slice(0, 3).join('/')}`;
    const json = bodyOf(request);
    if (route.startsWith('POST pay/transactions/') && path.length === 3) {
      return this.#open(String(path[2]), json);
    }
    if (route === 'GET pay/transactions/out-trade-no') return this.#query(path[3], searchParams);
    if (route === 'POST pay/transactions/out-trade-no') return this.#close(path[3], json);
    if (route === 'POST refund/domestic/refunds') return this.#refund(json);
    if (route === 'GET refund/domestic/refunds') return this.#queryRefund(path[3]);
    if (route === 'GET bill/tradebill') return this.#tradeBill(searchParams);
    if (route === 'GET billdownload/file') return this.#file(searchParams.get('token') ?? '');
    return failure(404, 'RESOURCE_NOT_EXISTS', 'no such route');
  }

  #open(way: string, json: Readonly<Record<string, unknown>>): Said {
    const { core, keys, nowMs } = this.#settings;
    const asked = complaintAboutOrder(way, json, keys.account, nowMs());
    if (typeof asked === 'string') return failure(400, 'PARAM_ERROR', asked);
    if (core.faults.take('open-refused') !== undefined) {
      return failure(403, 'RULE_LIMIT', '该商户交易存在风险');
    }
    const kept = core.book.open(asked);
    if (kept.state === 'paid') return failure(400, 'ORDERPAID', '该订单已支付');
    if (kept.state === 'closed') return failure(400, 'ORDER_CLOSED', '该订单已关闭');
    if (kept.amount.minor !== asked.amount.minor || kept.detail.way !== asked.detail.way) {
      return failure(400, 'INVALID_REQUEST', '请求重入时，参数与首次请求时不一致');
    }
    const token = `wx${randomBytes(17).toString('hex')}`;
    const code = `weixin://wxpay/bizpayurl?pr=${token.slice(2, 11)}`;
    this.#starts.set(way === 'native' ? code : token, kept.order);
    if (way === 'native') return { status: 200, json: { code_url: code } };
    if (way === 'jsapi') return { status: 200, json: { prepay_id: token } };
    const page = `${this.#settings.url()}${PAGE}`;
    return { status: 200, json: { h5_url: `${page}?prepay_id=${token}&package=1037687096` } };
  }

  #query(order = '', search: URLSearchParams): Said {
    const { core, keys } = this.#settings;
    const kept = core.book.find(order);
    if (search.get('mchid') !== keys.account.merchant) {
      return failure(400, 'PARAM_ERROR', 'mchid');
    }
    if (kept === undefined) return failure(404, 'ORDER_NOT_EXIST', '订单不存在');
    if (kept.state !== 'paid') {
      const state = kept.state === 'open' ? 'NOTPAY' : 'CLOSED';
      return { status: 200, json: this.transaction(order, state) };
    }
    const isGivenBack = core.book.left(order) < kept.amount.minor;
    return { status: 200, json: this.transaction(order, isGivenBack ? 'REFUND' : 'SUCCESS') };
  }

  #close(order = '', json: Readonly<Record<string, unknown>>): Said {
    const { core, keys } = this.#settings;
    if (json['mchid'] !== keys.account.merchant) return failure(400, 'PARAM_ERROR', 'mchid');
    const kept = core.book.find(order);
    if (kept === undefined) return failure(404, 'ORDER_NOT_EXIST', '订单不存在');
    if (kept.state === 'paid') return failure(400, 'ORDERPAID', '订单已支付');
    if (kept.state === 'closed') return failure(400, 'ORDER_CLOSED', '订单已关闭');
    core.book.close(order);
    return { status: 204 };
  }

  #refund(json: Readonly<Record<string, unknown>>): Said {
    const { core, nowMs } = this.#settings;
    const { transaction_id: payment, out_refund_no: refund, notify_url: to } = json;
    const { refund: part, total, currency } = Object(json['amount']);
    const held = core.book.findPayment(String(payment));
    if (held === undefined) return failure(404, 'RESOURCE_NOT_EXISTS', '订单不存在');
    const isSound = Number.isSafeInteger(part) && part > 0 && currency === 'CNY';
    if (!isSound || typeof refund !== 'string' || !/^[\w|*@-]{1,64}$/.test(refund)) {
      return failure(400, 'PARAM_ERROR', 'amount or out_refund_no');
    }
    if (BigInt(Number(total)) !== held.amount.minor) {
      return failure(400, 'INVALID_REQUEST', '订单金额不一致');
    }
    if (typeof to === 'string') this.#refundAddresses.set(refund, to);
    const asked = { refund, order: held.order, minor: BigInt(part), atMs: nowMs() };
    const taken = core.refund(asked);
    if (taken === 'differs') return failure(400, 'INVALID_REQUEST', '退款单号已使用');
    if (typeof taken === 'string') {
      return failure(400, 'INVALID_REQUEST', '申请退款金额超过订单可退金额');
    }
    return { status: 200, json: this.#refundRecord(taken) };
  }

  #queryRefund(refund = ''): Said {
    const held = this.#settings.core.book.findRefund(refund);
    if (held === undefined) return failure(404, 'RESOURCE_NOT_EXISTS', '退款单不存在');
    return { status: 200, json: this.#refundRecord(held) };
  }

  #refundRecord(held: HeldRefund): Readonly<Record<string, unknown>> {
    const status = { waiting: 'PROCESSING', paid: 'SUCCESS', failed: 'CLOSED' }[held.state];
    const total = Number(this.#settings.core.book.find(held.order)?.amount.minor ?? 0n);
    const refund = Number(held.amount.minor);
    return {
      refund_id: held.id,
      out_refund_no: held.refund,
      transaction_id: held.payment,
      out_trade_no: held.order,
      channel: 'ORIGINAL',
      user_received_account: '支付用户零钱',
      create_time: chinaRfc3339(held.askedMs),
      ...(status === 'SUCCESS' ? { success_time: chinaRfc3339(held.askedMs) } : {}),
      status,
      funds_account: 'UNSETTLED',
      amount: { total, refund, payer_total: total, payer_refund: refund, currency: 'CNY' },
    };
  }

  #tradeBill(search: URLSearchParams): Said {
    const day = search.get('bill_date') ?? '';
    const bill = /^\d{4}-\d\d-\d\d$/.test(day) ? this.#settings.bill(day) : undefined;
    if (search.get('tar_type') !== 'GZIP') return failure(400, 'PARAM_ERROR', 'tar_type');
    if (bill === undefined) return failure(400, 'NO_STATEMENT_EXIST', '账单文件不存在');
    const token = randomBytes(16).toString('hex');
    this.#downloads.set(token, day);
    const download_url = `${this.#settings.url()}/v3/billdownload/file?token=${token}`;
    return { status: 200, json: { hash_type: 'SHA1', hash_value: bill.sha1, download_url } };
  }

  #file(token: string): Said {
    const bill = this.#settings.bill(this.#downloads.get(token) ?? '');
    if (bill === undefined) return failure(400, 'NO_STATEMENT_EXIST', '账单文件不存在');
    return { status: 200, file: bill.file };
  }
}

function bodyOf({ body }: DoubleRequest): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  try {
    return Object(JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return {};
  }
}

function failure(status: number, code: string, message: string): Said {
  return { status, json: { code, message } };
}
