import type { DoubleRequest } from '../double-server.ts';
import type { OpenedOrder } from '../order-book.ts';
import type { WechatDetail } from './wechat-api.ts';
import type { WechatAccount, WechatKeys } from './wechat-keys.ts';

/** What is wrong with the header `Authorization`; undefined where nothing is. */
export function readAuthorization(
  request: DoubleRequest,
  keys: WechatKeys,
  nowMs: number,
): string | undefined {
  const { authorization = '' } = request.headers;
  const [scheme, rest = ''] = authorization.split(/ (.*)/s);
  if (scheme !== 'WECHATPAY2-SHA256-RSA2048') return 'scheme';
  const fields = new Map<string, string>();
  for (const [, name = '', value = ''] of rest.matchAll(/(\w+)="([^"]*)"/g))
    fields.set(name, value);
  const { account } = keys;
  if (fields.get('mchid') !== account.merchant) return 'mchid';
  if (fields.get('serial_no') !== account.certificateSerial) return 'serial_no';
  const timestamp = fields.get('timestamp') ?? '';
  if (Math.abs(Number(timestamp) * 1_000 - nowMs) > 301_000) return 'timestamp';
  const nonce = fields.get('nonce_str') ?? '';
  if (!/^\w{8,32}$/.test(nonce)) return 'nonce_str';
  const body = new TextDecoder().decode(request.body);
  const text = `${request.method}\n${request.target}\n${timestamp}\n${nonce}\n${body}\n`;
  return keys.isMerchants(text, fields.get('signature') ?? '') ? undefined : 'signature';
}

/** The order that a request opens, or the name of the field that WeChat would complain about. */
export function complaintAboutOrder(
  way: string,
  json: Readonly<Record<string, unknown>>,
  account: WechatAccount,
  nowMs: number,
): OpenedOrder<WechatDetail> | string {
  if (way !== 'native' && way !== 'jsapi' && way !== 'h5') return 'way';
  const { appid, mchid, description, out_trade_no: order, time_expire, notify_url } = json;
  if (appid !== account.application || mchid !== account.merchant) return 'appid or mchid';
  if (typeof description !== 'string' || description.length > 127) return 'description';
  if (typeof order !== 'string' || !/^[\w|*-]{6,32}$/.test(order)) return 'out_trade_no';
  if (typeof notify_url !== 'string' || notify_url.includes('?')) return 'notify_url';
  const { total, currency } = Object(json['amount']);
  if (!Number.isSafeInteger(total) || total < 1 || currency !== 'CNY') return 'amount';
  const { openid } = Object(json['payer']);
  if (way === 'jsapi' && typeof openid !== 'string') return 'payer.openid';
  const { payer_client_ip, h5_info } = Object(json['scene_info']);
  if (way === 'h5' && (typeof payer_client_ip !== 'string' || h5_info?.type === undefined)) {
    return 'scene_info';
  }
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/.test(String(time_expire));
  const expiresMs = isTime ? Date.parse(String(time_expire)) : Number.NaN;
  if (!(expiresMs > nowMs)) return 'time_expire';
  const payer = typeof openid === 'string' ? openid : 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o';
  return {
    order,
    amount: { minor: BigInt(total), currency },
    expiresMs,
    detail: { way, title: description, notifyUrl: notify_url, payer },
  };
}
