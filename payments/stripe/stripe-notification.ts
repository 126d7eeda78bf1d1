import Stripe from 'stripe';
import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { Notification, NotificationAnswer, RawNotification } from '../provider.ts';
import { readCharge, readRefund } from './stripe-records.ts';
import type { StripeSettings } from './stripe-settings.ts';

type ReadingSettings = Pick<StripeSettings, 'webhookSecrets' | 'account' | 'live'>;

const TOLERANCE_MS = 300_000;
/** Stripe's client looks at the age only, and we at both sides: told to leave the time to us. */
const TIME_IS_OURS = 0;

const eventShape = z.object({
  object: z.literal('event'),
  type: z.string().min(1),
  livemode: z.boolean(),
  /** Only in events of accounts that are connected to one. */
  account: z.string().nullish(),
  data: z.object({ object: z.unknown() }),
});

const namedSession = z.object({ client_reference_id: z.string().nullable() });

/**
 * `PaymentProvider.readNotification`. A payment is told of by `charge.succeeded`, whose charge carries
 * the order in its metadata: a session's events do not name the charge that settlement rows name.
 */
export function readStripeNotification(
  settings: ReadingSettings,
  { headers, body }: RawNotification,
  nowMs: number,
): Notification {
  const header = headers['stripe-signature'] ?? '';
  const event = verified(textOf(body), header, settings.webhookSecrets);
  const offMs = Math.floor(nowMs / 1_000) * 1_000 - signedMs(header);
  if (Math.abs(offMs) > TOLERANCE_MS) {
    throw new Refusal('notification-stale', 'the notification is too old or too new', {
      secondsOff: Math.round(offMs / 1_000),
    });
  }
  const { data } = eventShape.safeParse(event);
  if (data === undefined) throw bad('event');
  const isOthers = data.account != null && data.account !== settings.account;
  if (isOthers || data.livemode !== settings.live) {
    throw new Refusal('notification-not-ours', 'the notification is of another account or mode');
  }
  return readEvent(data.type, data.data.object);
}

/** Stripe looks at the status only: any 2xx is taken. */
export function stripeAnswer(taken: boolean): NotificationAnswer {
  const contentType = 'text/plain';
  return taken
    ? { status: 200, contentType, body: 'taken' }
    : { status: 500, contentType, body: 'not taken, send again' };
}

function readEvent(type: string, object: unknown): Notification {
  switch (type) {
    case 'charge.succeeded': {
      const charge = readCharge(object);
      if (charge === undefined) throw bad('charge');
      const { payment } = charge;
      if (payment === undefined) return { kind: 'other', what: `${type} of no order` };
      return { kind: 'payment', payment };
    }
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed':
      return readRefunded(type, object);
    case 'checkout.session.expired': {
      const { data: session } = namedSession.safeParse(object);
      if (session === undefined) throw bad('session');
      const { client_reference_id: order } = session;
      if (order === null) return { kind: 'other', what: `${type} of no order` };
      return { kind: 'closed', order };
    }
    default:
      return { kind: 'other', what: type };
  }
}

function readRefunded(type: string, object: unknown): Notification {
  const record = readRefund(object);
  if (record === undefined) throw bad('refund');
  const { order, refund, state } = record;
  if (order === undefined || refund === undefined) {
    return { kind: 'other', what: `${type} of no order` };
  }
  return { kind: 'refund', order, refund: { refund, ...state } };
}

/** The event, by whichever of the secrets has signed it. */
function verified(text: string, header: string, secrets: readonly string[]): unknown {
  for (const secret of secrets) {
    try {
      return Stripe.webhooks.constructEvent(text, header, secret, TIME_IS_OURS);
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) throw bad('json');
    }
  }
  const what = header === '' ? 'absent' : 'wrong';
  throw new Refusal('notification-unsigned', 'the notification is not from Stripe', { what });
}

/** The time that was signed: of several in a header, the last, as Stripe's client takes it. */
function signedMs(header: string): number {
  const times = header.split(',').filter((part) => part.startsWith('t='));
  return Number.parseInt(times.at(-1)?.slice(2) ?? '', 10) * 1_000;
}

function textOf(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw bad('bytes');
  }
}

function bad(what: string): Refusal {
  return new Refusal('notification-bad', 'the notification is not as documented', { what });
}
