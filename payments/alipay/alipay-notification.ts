import { Refusal } from '../../ledger/core/refusal.ts';
import type { Notification, NotificationAnswer, RawNotification } from '../provider.ts';
import type { AlipayKeys, Fields } from './alipay-keys.ts';
import { readChinaText, readNotice, type TradeNotice } from './alipay-records.ts';
import type { AlipaySettings } from './alipay-settings.ts';

const TOLERANCE_MS = 300_000;

/** `PaymentProvider.readNotification`. `notify_time` is when this one was sent, not the first of them. */
export function readAlipayNotification(
  keys: AlipayKeys,
  { application, merchant }: Pick<AlipaySettings, 'application' | 'merchant'>,
  { body }: RawNotification,
  nowMs: number,
): Notification {
  const fields = readForm(body);
  if (!keys.hasNotified(fields)) {
    const what = (fields['sign'] ?? '') === '' ? 'absent' : 'wrong';
    throw new Refusal('notification-unsigned', 'the notification is not from Alipay', { what });
  }
  const sentMs = readChinaText(fields['notify_time'] ?? '');
  if (sentMs === undefined) throw bad('notify_time');
  const offMs = Math.floor(nowMs / 1_000) * 1_000 - sentMs;
  if (Math.abs(offMs) > TOLERANCE_MS) {
    throw new Refusal('notification-stale', 'the notification is too old or too new', {
      secondsOff: Math.round(offMs / 1_000),
    });
  }
  if (fields['app_id'] !== application || fields['seller_id'] !== merchant) {
    throw new Refusal('notification-not-ours', 'the notification is of another merchant');
  }
  const { notify_type: type } = fields;
  if (type !== 'trade_status_sync') return { kind: 'other', what: type ?? '' };
  const notice = readNotice(fields);
  if (notice === undefined) throw bad('trade');
  return readTradeNotice(notice);
}

/** Alipay looks at the text: the seven letters and nothing else. */
export function alipayAnswer(taken: boolean): NotificationAnswer {
  return { status: 200, contentType: 'text/plain', body: taken ? 'success' : 'fail' };
}

/**
 * A refund has the trade's own status: closed where all was given back. How much one refund was is not
 * told, only the sum of all so far.
 */
function readTradeNotice(notice: TradeNotice): Notification {
  const { order, status, payment, refund, trade } = notice;
  if (notice.isRefund) {
    if (refund === undefined) return { kind: 'other', what: 'refund without a number' };
    return { kind: 'refund', order, refund: { refund, state: 'paid', id: trade } };
  }
  if (status === 'TRADE_SUCCESS' || status === 'TRADE_FINISHED') {
    if (payment === undefined) throw bad('payment');
    return { kind: 'payment', payment };
  }
  return status === 'TRADE_CLOSED' ? { kind: 'closed', order } : { kind: 'other', what: status };
}

/** A name that comes twice is refused: one of the two was signed. */
function readForm(body: Uint8Array): Fields {
  const pairs = [...new URLSearchParams(textOf(body))];
  const fields = Object.fromEntries(pairs);
  if (Object.keys(fields).length !== pairs.length) throw bad('form');
  return fields;
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw bad('bytes');
  }
}

function bad(what: string): Refusal {
  return new Refusal('notification-bad', 'the notification is not as documented', { what });
}
