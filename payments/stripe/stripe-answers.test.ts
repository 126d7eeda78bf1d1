import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type DoubleServer, serveDouble } from '../doubles/double-server.ts';
import { PendingFaults } from '../doubles/fault.ts';
import { type PaymentOrder, ProviderUnavailable, type RefundOrder } from '../provider.ts';
import { StripeProvider } from './stripe-provider.ts';

const NOW = Date.UTC(2026, 8, 3, 2);
const MINUTE_MS = 60_000;
const order: PaymentOrder = {
  order: 'ORD001',
  amount: { minor: 5_000n, currency: 'USD' },
  title: 'Energy',
  way: 'checkout',
  openedMs: NOW,
  expiresMs: NOW + 60 * MINUTE_MS,
  returnUrl: 'https://portal.example/back',
};
const refund: RefundOrder = {
  ...{ refund: 'RFD001', order: order.order, payment: 'ch_1', reason: 'moved out' },
  ...{ paid: order.amount, amount: { minor: 2_000n, currency: 'USD' }, askedMs: NOW },
};
const charge = {
  ...{ object: 'charge', id: 'ch_1', amount: 5_000, currency: 'usd', created: NOW / 1_000 },
  ...{ status: 'succeeded', metadata: { order: 'ORD001' } },
};
const session = {
  ...{ object: 'checkout.session', id: 'cs_1', client_reference_id: 'ORD001', status: 'open' },
  ...{ payment_status: 'unpaid', url: 'https://checkout.stripe.com/c/pay/cs_1' },
  payment_intent: null,
};
const givenBack = {
  ...{ object: 'refund', id: 're_1', amount: 2_000, currency: 'usd', status: 'succeeded' },
  metadata: { order: 'ORD001', refund: 'RFD001' },
};

interface Saying {
  readonly status?: number;
  readonly json: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What Stripe says next, one answer a request; the last one again and again. */
let sayings: readonly Saying[] = [];
const asked: { readonly route: string; readonly sent: URLSearchParams; readonly key: string }[] =
  [];
let nowMs = NOW;
let server: DoubleServer;
let provider: StripeProvider;
beforeAll(async () => {
  server = await serveDouble(0, new PendingFaults(), ({ method, target, headers, body }) => {
    const {
      status = 200,
      json,
      headers: more,
    } = sayings[asked.length] ?? sayings.at(-1) ?? { json: null };
    const { pathname, search } = new URL(target, 'http://127.0.0.1');
    const sent = new URLSearchParams(method === 'GET' ? search : new TextDecoder().decode(body));
    const key = headers['idempotency-key'] ?? '';
    asked.push({ route: `${method} ${pathname}`, sent, key });
    return { status, headers: more ?? {}, body: JSON.stringify(json) };
  });
  provider = providerOf(['USD', 'KWD']);
});
afterAll(() => server.stop());
beforeEach(() => {
  asked.length = 0;
  nowMs = NOW;
});

function providerOf(currencies: readonly string[]): StripeProvider {
  return new StripeProvider({
    ...{ url: server.url, secretKey: 'sk_test_1', account: 'acct_1', live: false },
    ...{ webhookSecrets: ['whsec_1'], currencies, timeoutMs: 5_000 },
    nowMs: () => nowMs,
  });
}

function say(...next: readonly Saying[]): void {
  sayings = next;
}

function list(data: readonly unknown[], hasMore = false): Saying {
  return { json: { object: 'list', data, has_more: hasMore, url: '/' } };
}

function failure(status: number, error: object): Saying {
  return { status, json: { error } };
}

const intent = (status: string, latest: unknown = null) => ({
  payment_intent: { object: 'payment_intent', id: 'pi_1', status, latest_charge: latest },
});
const complete = { status: 'complete', url: null };

describe('an order', () => {
  test.each([
    ['open', {}, 'open'],
    ['expired', { status: 'expired', url: null }, 'closed'],
    ['complete and not decided', { ...complete, ...intent('processing') }, 'open'],
    ['complete and declined', { ...complete, ...intent('requires_payment_method') }, 'closed'],
    ['complete and canceled', { ...complete, ...intent('canceled') }, 'closed'],
    ['complete and paid', { ...complete, ...intent('succeeded', charge) }, 'paid'],
    ['expired and paid', { status: 'expired', ...intent('succeeded', charge) }, 'paid'],
    ['open after a charge failed', intent('x', { ...charge, status: 'failed' }), 'open'],
  ])('whose session is %s is what the money says', async (_, changes, state) => {
    say(list([{ ...session, ...changes }]));
    expect(await provider.order(order)).toMatchObject({ order: 'ORD001', state });
  });

  test('is found among those that were made in the minutes after it was opened', async () => {
    const other = { ...session, id: 'cs_0', client_reference_id: null, status: null };
    say(list([other, { ...other, id: 'cs_9' }], true), list([session]));
    expect(await provider.order(order)).toEqual({ order: 'ORD001', state: 'open' });
    expect(asked.map(({ route }) => route)).toEqual(Array(2).fill('GET /v1/checkout/sessions'));
    expect(Object.fromEntries(asked[1]?.sent ?? [])).toEqual({
      'created[gte]': String(NOW / 1_000 - 300),
      'created[lte]': String(NOW / 1_000 + 420),
      'expand[0]': 'data.payment_intent.latest_charge',
      limit: '100',
      starting_after: 'cs_9',
    });
  });

  test.each<readonly [string, Saying]>([
    ['a session without a state', list([{ ...session, status: null }])],
    ['a paid session without a charge', list([{ ...session, payment_status: 'paid' }])],
    ['a list that is none', { json: { object: 'list' } }],
    ['a wrong key', failure(401, { type: 'invalid_request_error', message: 'Invalid' })],
    ['a right that is missing', failure(403, { message: 'no', type: 'invalid_request_error' })],
    ['too many requests', failure(429, { type: 'invalid_request_error', code: 'rate_limit' })],
    ['a refusal to list', failure(400, { type: 'invalid_request_error', message: 'no' })],
    ['an error of Stripe', failure(500, { type: 'api_error', message: 'sorry' })],
  ])('is unknown to nobody for %s', async (_, saying) => {
    say(saying);
    await expect(provider.order(order)).rejects.toThrow(ProviderUnavailable);
  });
});

describe('opening', () => {
  test('names the order wherever it has to be found again', async () => {
    say({ json: session });
    expect(await provider.open(order)).toEqual({ kind: 'redirect', url: session.url });
    expect(asked).toHaveLength(1);
    expect(asked[0]?.key).toBe('billproof-order-ORD001');
    expect(Object.fromEntries(asked[0]?.sent ?? [])).toEqual({
      cancel_url: 'https://portal.example/back',
      client_reference_id: 'ORD001',
      expires_at: String(NOW / 1_000 + 3_600),
      'line_items[0][price_data][currency]': 'usd',
      'line_items[0][price_data][product_data][name]': 'Energy',
      'line_items[0][price_data][unit_amount]': '5000',
      'line_items[0][quantity]': '1',
      'metadata[order]': 'ORD001',
      mode: 'payment',
      'payment_intent_data[metadata][order]': 'ORD001',
      success_url: 'https://portal.example/back',
    });
  });

  test.each([
    ['lengthens a life that is too short for Stripe', 10 * MINUTE_MS, 33 * 60],
    ['leaves a life that is long enough', 34 * MINUTE_MS + 1, 34 * 60 + 1],
    ['shortens a life that is too long for Stripe', 30 * 60 * MINUTE_MS, 24 * 3_600],
  ])('%s', async (_, livesMs, seconds) => {
    say({ json: session });
    await provider.open({ ...order, expiresMs: NOW + livesMs });
    expect(asked[0]?.sent.get('expires_at')).toBe(String(NOW / 1_000 + seconds));
  });

  test('asks what became of it where Stripe repeats its first answer', async () => {
    const replayed = { json: session, headers: { 'idempotent-replayed': 'true' } };
    say(replayed, { json: { ...session, ...complete, ...intent('succeeded', charge) } });
    await expect(provider.open(order)).rejects.toMatchObject({ code: 'order-paid' });
    expect(asked.map(({ route }) => route)).toEqual([
      'POST /v1/checkout/sessions',
      'GET /v1/checkout/sessions/cs_1',
    ]);
  });

  test('makes nothing later than where it would be looked for', async () => {
    nowMs = NOW + 2 * MINUTE_MS + 1;
    say(list([session]));
    expect(await provider.open(order)).toEqual({ kind: 'redirect', url: session.url });
    expect(asked.map(({ route }) => route)).toEqual(['GET /v1/checkout/sessions']);
    say(list([]));
    await expect(provider.open(order)).rejects.toMatchObject({ code: 'order-closed' });
  });

  test.each([
    ['amount_too_small', 'amount-out-of-range', { minor: '5000' }],
    ['url_invalid', 'payment-refused', { code: 'url_invalid', message: 'no' }],
  ])('%s is refused as %s', async (code, refusal, params) => {
    say(failure(400, { type: 'invalid_request_error', code, message: 'no' }));
    await expect(provider.open(order)).rejects.toMatchObject({ code: refusal, params });
  });

  test('takes three decimals only with a last digit of nought', async () => {
    say({ json: session });
    const amount = { minor: 5_005n, currency: 'KWD' };
    const refused = { code: 'amount-out-of-range' };
    await expect(provider.open({ ...order, amount })).rejects.toMatchObject(refused);
    await provider.open({ ...order, amount: { ...amount, minor: 5_010n } });
    expect(asked.map(({ sent }) => sent.get('line_items[0][price_data][unit_amount]'))).toEqual([
      '5010',
    ]);
  });

  test('is not set up for currencies that Stripe counts otherwise', () => {
    expect(() => providerOf(['USD', 'ISK'])).toThrow('ISK');
  });
});

test('an order whose payment is under way is neither closed nor paid', async () => {
  say(list([{ ...session, ...complete, ...intent('processing') }]));
  await expect(provider.close(order)).rejects.toThrow(ProviderUnavailable);
  expect(asked.map(({ route }) => route)).not.toContain('POST /v1/checkout/sessions/cs_1/expire');
});

describe('a refund', () => {
  test('is looked for before it is asked for, since Stripe forgets keys after a day', async () => {
    say(list([givenBack]));
    const state = { refund: 'RFD001', state: 'paid', id: 're_1', amount: refund.amount };
    expect(await provider.refund(refund)).toEqual(state);
    expect(asked.map(({ route }) => route)).toEqual(['GET /v1/refunds']);
    asked.length = 0;
    say(list([{ ...givenBack, metadata: {} }]), { json: { ...givenBack, status: 'pending' } });
    expect(await provider.refund(refund)).toEqual({ ...state, state: 'waiting' });
    expect(asked[1]).toMatchObject({ route: 'POST /v1/refunds', key: 'billproof-refund-RFD001' });
    expect(Object.fromEntries(asked[1]?.sent ?? [])).toEqual({
      amount: '2000',
      charge: 'ch_1',
      'metadata[order]': 'ORD001',
      'metadata[refund]': 'RFD001',
    });
  });

  test('of another amount under the same number is refused', async () => {
    say(list([{ ...givenBack, amount: 1_999 }]));
    await expect(provider.refund(refund)).rejects.toMatchObject({ code: 'refund-refused' });
    asked.length = 0;
    say(list([]), failure(400, { type: 'idempotency_error', message: 'other parameters' }));
    await expect(provider.refund(refund)).rejects.toMatchObject({ code: 'refund-refused' });
  });

  test('that is being worked on just now tells nothing', async () => {
    say(list([]), failure(409, { type: 'idempotency_error', code: 'idempotency_key_in_use' }));
    await expect(provider.refund(refund)).rejects.toThrow(ProviderUnavailable);
  });

  test('is found on the last of many pages', async () => {
    const other = { ...givenBack, id: 're_0', metadata: {} };
    say(list([other], true), list([other], true), list([givenBack]));
    expect(await provider.refundState(refund)).toMatchObject({ state: 'paid', id: 're_1' });
    expect(asked).toHaveLength(3);
  });
});

describe('the balance of a day', () => {
  test('is handed on page by page as it came', async () => {
    const pages = [list([{ id: 'txn_2' }], true), list([{ id: 'txn_1' }])];
    say(...pages);
    const text = pages.map(({ json }) => JSON.stringify(json)).join('\n');
    const bytes = new TextEncoder().encode(text);
    expect(await provider.settlementFile('2026-09-01')).toEqual({ bytes, rows: true });
    const from = Date.UTC(2026, 8, 1) / 1_000;
    expect(asked.map(({ sent }) => Object.fromEntries(sent))).toEqual([
      {
        ...{ limit: '100', 'expand[]': 'data.source' },
        ...{ 'created[gte]': String(from), 'created[lt]': String(from + 86_400) },
      },
      {
        ...{ limit: '100', 'expand[]': 'data.source', starting_after: 'txn_2' },
        ...{ 'created[gte]': String(from), 'created[lt]': String(from + 86_400) },
      },
    ]);
  });

  test('is not there before an hour after its end', async () => {
    say(list([]));
    nowMs = Date.UTC(2026, 8, 2, 0, 59, 59);
    expect(await provider.settlementFile('2026-09-01')).toBeUndefined();
    expect(asked).toEqual([]);
    nowMs += 1_000;
    expect(await provider.settlementFile('2026-09-01')).toMatchObject({ rows: true });
  });

  test.each<readonly [string, Saying]>([
    ['a page that is none', { json: [] }],
    ['an empty page with more behind it', list([], true)],
    ['a refusal', failure(400, { type: 'invalid_request_error' })],
  ])('is not known after %s', async (_, saying) => {
    say(saying);
    await expect(provider.settlementFile('2026-09-01')).rejects.toThrow(ProviderUnavailable);
  });
});
