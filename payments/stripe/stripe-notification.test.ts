import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { readStripeNotification, stripeAnswer } from './stripe-notification.ts';

const NOW = Date.UTC(2026, 8, 1, 2);
const settings = {
  account: 'acct_1StandIn',
  live: true,
  webhookSecrets: ['whsec_next0000000000000000', 'whsec_now00000000000000000'],
};
const [next = '', now = ''] = settings.webhookSecrets;
const charge = {
  ...{ object: 'charge', id: 'ch_1', amount: 5_001, currency: 'usd', created: NOW / 1_000 },
  ...{ status: 'succeeded', metadata: { order: 'ORD0000000001' } },
};
const payment = {
  id: 'ch_1',
  order: 'ORD0000000001',
  amount: { minor: 5_001n, currency: 'USD' },
  paidMs: NOW,
};
const refund = {
  ...{ object: 'refund', id: 're_1', amount: 2_000, currency: 'usd', status: 'succeeded' },
  ...{ charge: 'ch_1', metadata: { order: 'ORD0000000001', refund: 'RFD0000000001' } },
};

function eventOf(type: string, object: unknown, changes: object = {}): string {
  const event = { object: 'event', id: 'evt_1', type, livemode: true, data: { object } };
  return JSON.stringify({ ...event, ...changes }, null, 2);
}

/** Signed by Stripe's own library. */
function header(payload: string, secret = now, atMs = NOW): string {
  const timestamp = Math.floor(atMs / 1_000);
  return Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
}

function read(payload: string, signature = header(payload), nowMs = NOW) {
  const raw = { headers: { 'stripe-signature': signature }, body: Buffer.from(payload) };
  return readStripeNotification(settings, raw, nowMs);
}

function codeOf(payload: string, signature?: string, nowMs?: number): string {
  try {
    return read(payload, signature, nowMs).kind;
  } catch (error) {
    return Object(error).code;
  }
}

const told = eventOf('charge.succeeded', charge);

describe('a notification of Stripe', () => {
  test.each([next, now])('that %s has signed is a payment', (secret) => {
    expect(read(told, header(told, secret))).toEqual({ kind: 'payment', payment });
  });

  test('may have the signatures of secrets that we do not have', () => {
    const [time, ours] = header(told).split(',');
    const [, theirs] = header(told, 'whsec_somebodyelse00000000').split(',');
    expect(codeOf(told, [time, theirs, ours].join())).toBe('payment');
    expect(codeOf(told, [time, theirs].join())).toBe('notification-unsigned');
  });

  test.each([
    ['no header', ''],
    ['no signature', 't=1788228000'],
    ['no time', header(told).replace(/^t=\d+,/, '')],
    ['another time', header(told).replace('t=', 't=1')],
    ['a time that comes twice', `${header(told)},t=${NOW / 1_000 + 1}`],
    ['an older scheme', header(told).replace('v1=', 'v0=')],
    ['a signature of another text', header(`${told} `)],
    ['nonsense', 'hello'],
  ])('with %s is unsigned', (_, signature) => {
    expect(codeOf(told, signature)).toBe('notification-unsigned');
  });

  test('is verified over its bytes, not over what they mean', () => {
    const other = JSON.stringify(JSON.parse(told));
    expect(codeOf(other, header(told))).toBe('notification-unsigned');
    expect(codeOf(other)).toBe('payment');
  });

  test('is stale after five minutes, in either direction', () => {
    const at = (seconds: number) => codeOf(told, header(told), NOW + seconds * 1_000);
    expect([at(300), at(-300)]).toEqual(['payment', 'payment']);
    expect([at(301), at(-301)]).toEqual(['notification-stale', 'notification-stale']);
  });

  test('that is old does not get young by another time beside its own', () => {
    const later = NOW + 400_000;
    const fresh = `t=${later / 1_000},${header(told)}`;
    expect(codeOf(told, fresh, later)).toBe('notification-stale');
    expect(codeOf(told, fresh)).toBe('payment');
  });

  test.each([
    ['test mode', { livemode: false }],
    ['another account', { account: 'acct_1SomebodyElse' }],
  ])('of %s is not ours', (_, changes) => {
    expect(codeOf(eventOf('charge.succeeded', charge, changes))).toBe('notification-not-ours');
  });

  test('may name our account', () => {
    const event = eventOf('charge.succeeded', charge, { account: settings.account });
    expect(read(event)).toEqual({ kind: 'payment', payment });
  });

  test.each([
    ['no JSON', 'hello'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an event without a mode', eventOf('charge.succeeded', charge, { livemode: undefined })],
    ['a thin event', JSON.stringify({ object: 'v2.core.event', type: 'v1.billing' })],
    ['a charge without an amount', eventOf('charge.succeeded', { ...charge, amount: undefined })],
    ['an amount with decimals', eventOf('charge.succeeded', { ...charge, amount: 50.5 })],
    ['an amount beyond 2^53', eventOf('charge.succeeded', { ...charge, amount: 2 ** 53 })],
    ['a charge that failed', eventOf('charge.succeeded', { ...charge, status: 'failed' })],
    ['a refund without a state', eventOf('refund.updated', { ...refund, status: undefined })],
    ['something else that expired', eventOf('checkout.session.expired', charge)],
  ])('that is %s is bad, though it is signed', (_, payload) => {
    expect(codeOf(payload)).toBe('notification-bad');
  });

  test('with bytes that are no text is bad', () => {
    const raw = { headers: { 'stripe-signature': header(told) }, body: Uint8Array.of(0xff, 0xfe) };
    expect(() => readStripeNotification(settings, raw, NOW)).toThrow(
      expect.objectContaining({ code: 'notification-bad' }),
    );
  });

  test.each([
    ['refund.created', 'pending', 'waiting'],
    ['refund.created', 'succeeded', 'paid'],
    ['refund.updated', 'requires_action', 'waiting'],
    ['refund.updated', 'canceled', 'failed'],
    ['refund.failed', 'failed', 'failed'],
  ])('%s of a refund that is %s tells that it is %s', (type, status, state) => {
    expect(read(eventOf(type, { ...refund, status }))).toEqual({
      kind: 'refund',
      order: payment.order,
      refund: {
        ...{ refund: 'RFD0000000001', state, id: 're_1' },
        amount: { minor: 2_000n, currency: 'USD' },
      },
    });
  });

  test('of a session that expired closes its order', () => {
    const session = { object: 'checkout.session', client_reference_id: payment.order };
    const expired = eventOf('checkout.session.expired', session);
    expect(read(expired)).toEqual({ kind: 'closed', order: payment.order });
  });

  test.each([
    ['charge.succeeded', { ...charge, metadata: {} }, 'charge.succeeded of no order'],
    ['refund.updated', { ...refund, metadata: {} }, 'refund.updated of no order'],
    [
      'checkout.session.expired',
      { object: 'checkout.session', client_reference_id: null },
      'checkout.session.expired of no order',
    ],
    ['checkout.session.completed', {}, 'checkout.session.completed'],
    ['checkout.session.async_payment_succeeded', {}, 'checkout.session.async_payment_succeeded'],
    ['charge.refunded', charge, 'charge.refunded'],
    ['invoice.paid', {}, 'invoice.paid'],
  ])('%s that says nothing of an order of ours is of no concern', (type, object, what) => {
    expect(read(eventOf(type, object))).toEqual({ kind: 'other', what });
  });

  test('is answered by the status', () => {
    expect([stripeAnswer(true).status, stripeAnswer(false).status]).toEqual([200, 500]);
  });
});
