import type { OpenedOrder } from '../order-book.ts';
import type { Fields } from './alipay-account.ts';

/** What Alipay keeps of an order besides number, amount and time. */
export interface AlipayDetail {
  readonly title: string;
  readonly notifyUrl: string;
  readonly returnUrl: string;
}

/** The order that a request opens, or the name of the field that Alipay would complain about. */
export function readOpening(
  asked: Fields,
  content: Fields,
  product: string | undefined,
): OpenedOrder<AlipayDetail> | string {
  const { out_trade_no: order = '', total_amount: amount = '', subject = '' } = content;
  const { time_expire: expire = '', product_code: productCode } = content;
  const { notify_url: notifyUrl = '', return_url: returnUrl = '' } = asked;
  if (!/^\w{1,64}$/.test(order)) return 'out_trade_no';
  if (subject === '' || subject.length > 256 || /[/=&]/.test(subject)) return 'subject';
  if (!/^\d{1,9}\.\d\d$/.test(amount)) return 'total_amount';
  const minor = BigInt(amount.replace('.', ''));
  if (minor < 1n || minor > 10_000_000_000n) return 'total_amount';
  if (productCode !== product) return 'product_code';
  if (!URL.canParse(notifyUrl)) return 'notify_url';
  const expiresMs = readTime(expire);
  if (Number.isNaN(expiresMs)) return 'time_expire';
  const detail = { title: subject, notifyUrl, returnUrl };
  return { order, amount: { minor, currency: 'CNY' }, expiresMs, detail };
}

/** `biz_content`, which has only texts in the requests that the double knows. */
export function readContent(asked: Fields): Fields | undefined {
  try {
    const content: unknown = JSON.parse(asked['biz_content'] ?? '');
    const pairs = Object.entries(Object(content));
    return Object.fromEntries(pairs.map(([name, value]) => [name, String(value)]));
  } catch {
    return undefined;
  }
}

export function readTime(text: string): number {
  const isTime = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text);
  return isTime ? Date.parse(`${text.replace(' ', 'T')}+08:00`) : Number.NaN;
}
