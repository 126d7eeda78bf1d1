import { Refusal } from '../../ledger/core/refusal.ts';
import type { Notification, NotificationAnswer, RawNotification } from '../provider.ts';
import { readForm } from './form-text.ts';
import type { Fields } from './message-signature.ts';
import type { UnionPayLink } from './unionpay-link.ts';
import { isDone, readAmount, readPayment } from './unionpay-records.ts';

/**
 * `PaymentProvider.readNotification` of a back notification. It has no time of its own, so one that is
 * old cannot be told from a late one: the ledger credits a payment once, whenever it comes.
 */
export function readUnionPayNotification(
  link: UnionPayLink,
  merchant: string,
  { body }: RawNotification,
  nowMs: number,
): Notification {
  const fields = readBody(body);
  const finding = link.judge(fields, nowMs);
  if (finding !== 'valid') {
    throw new Refusal('notification-unsigned', 'the notification is not from UnionPay', {
      what: finding,
    });
  }
  if (fields['merId'] !== merchant) {
    throw new Refusal('notification-not-ours', 'the notification is of another merchant');
  }
  if (!isDone(fields['respCode'])) {
    return { kind: 'other', what: `respCode ${fields['respCode'] ?? ''}` };
  }
  if (fields['txnType'] === '01') return readPaid(fields);
  if (fields['txnType'] === '04') return readRefunded(fields);
  if (fields['txnType'] === undefined) throw bad('txnType');
  return { kind: 'other', what: `txnType ${fields['txnType']}` };
}

/** UnionPay looks at the status only: 200 is taken, anything else comes again. */
export function unionPayAnswer(taken: boolean): NotificationAnswer {
  const contentType = 'text/plain';
  return taken
    ? { status: 200, contentType, body: 'ok' }
    : { status: 500, contentType, body: 'not taken, send again' };
}

function readPaid(fields: Fields): Notification {
  const payment = readPayment(fields);
  if (payment === undefined) throw bad('payment');
  return { kind: 'payment', payment };
}

/** `orderId` is the refund's number; the order's is what we had sent along with it. */
function readRefunded(fields: Fields): Notification {
  const { orderId: refund = '', reqReserved: order = '', queryId: id = '' } = fields;
  const amount = readAmount(fields);
  if (refund === '' || order === '' || id === '' || amount === undefined) throw bad('refund');
  return { kind: 'refund', order, refund: { refund, state: 'paid', id, amount } };
}

function readBody(body: Uint8Array): Fields {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const fields = readForm(text);
    if (fields !== undefined) return fields;
  } catch {
    // Falls through: bytes that are no text are no notification either.
  }
  throw bad('form');
}

function bad(what: string): Refusal {
  return new Refusal('notification-bad', 'the notification is not as documented', { what });
}
