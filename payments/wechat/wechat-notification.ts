import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { Notification, NotificationAnswer, RawNotification } from '../provider.ts';
import { openSealed } from './sealed-resource.ts';
import { readRefund, readTransaction } from './wechat-records.ts';
import type { WechatSettings } from './wechat-settings.ts';
import { judgeSignature } from './wechat-signature.ts';

type ReadingSettings = Pick<
  WechatSettings,
  'platformKeys' | 'apiV3Key' | 'merchant' | 'application'
>;

const envelopeShape = z.object({
  event_type: z.string(),
  resource: z.object({
    algorithm: z.string(),
    ciphertext: z.string(),
    nonce: z.string(),
    associated_data: z.string().default(''),
  }),
});

/** Made once: it keeps nothing between two texts, and making one costs as much as reading one. */
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** `PaymentProvider.readNotification`. */
export function readWechatNotification(
  settings: ReadingSettings,
  { headers, body }: RawNotification,
  nowMs: number,
): Notification {
  const finding = judgeSignature(settings.platformKeys, headers, body, nowMs);
  if (finding.kind === 'stale') {
    const secondsOff = Math.round((nowMs - finding.signedMs) / 1_000);
    throw new Refusal('notification-stale', 'the notification is too old or too new', {
      secondsOff,
    });
  }
  if (finding.kind !== 'valid') throw unsigned(finding.kind);
  const { data: envelope } = envelopeShape.safeParse(jsonOf(body));
  if (envelope === undefined) throw bad('envelope');
  const { algorithm, ciphertext, nonce, associated_data: associatedData } = envelope.resource;
  const sealed = { algorithm, ciphertext, nonce, associatedData };
  const plain = openSealed(settings.apiV3Key, sealed);
  if (plain === undefined) throw unsigned('tag');
  return readEvent(settings, envelope.event_type, jsonOf(plain));
}

/** How WeChat wants to hear of it (支付通知). */
export function wechatAnswer(taken: boolean): NotificationAnswer {
  const contentType = 'application/json';
  if (taken) return { status: 204, contentType, body: '' };
  const body = JSON.stringify({ code: 'FAIL', message: 'not taken, send again' });
  return { status: 500, contentType, body };
}

function readEvent(settings: ReadingSettings, event: string, json: unknown): Notification {
  if (event === 'TRANSACTION.SUCCESS') return readPaid(settings, json);
  if (event.startsWith('REFUND.')) {
    const record = readRefund(json);
    if (record === undefined) throw bad('refund');
    if (record.merchant !== settings.merchant) throw notOurs();
    return { kind: 'refund', order: record.order, refund: record.refund };
  }
  return { kind: 'other', what: event };
}

function readPaid(settings: ReadingSettings, json: unknown): Notification {
  const transaction = readTransaction(json);
  if (transaction === undefined) throw bad('transaction');
  const { merchant, application, tradeState, payment } = transaction;
  if (merchant !== settings.merchant || application !== settings.application) throw notOurs();
  if (tradeState !== 'SUCCESS') return { kind: 'other', what: tradeState };
  if (payment === undefined) throw bad('payment');
  return { kind: 'payment', payment };
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(UTF8.decode(bytes));
  } catch {
    return undefined;
  }
}

function unsigned(what: string): Refusal {
  return new Refusal('notification-unsigned', 'the notification is not from WeChat Pay', { what });
}

function notOurs(): Refusal {
  return new Refusal('notification-not-ours', 'the notification is of another merchant');
}

function bad(what: string): Refusal {
  return new Refusal('notification-bad', 'the notification is not as documented', { what });
}
