import { generateKeyPairSync } from 'node:crypto';
import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AlipayProvider } from '../../payments/alipay/alipay-provider.ts';
import { startAlipayDouble } from '../../payments/doubles/alipay/alipay-double.ts';
import { startStripeDouble } from '../../payments/doubles/stripe/stripe-double.ts';
import { ProviderUnavailable } from '../../payments/provider.ts';
import { STARTED_MS } from './provider-under-test.ts';

/** A double that takes anything shows nothing: here it is asked what no adapter of ours would ask. */
const settings = { nowMs: () => STARTED_MS, port: 0, notifyUrl: 'http://127.0.0.1:9/', hurry: 1 };
const order = {
  ...{ order: 'STRICT0001', amount: { minor: 5_000n, currency: 'CNY' }, title: 'Energy' },
  ...{ way: 'native', openedMs: STARTED_MS, expiresMs: STARTED_MS + 60_000 },
  returnUrl: 'https://portal.example/back',
};

let alipay: Awaited<ReturnType<typeof startAlipayDouble>>;
let stripe: Awaited<ReturnType<typeof startStripeDouble>>;
beforeAll(async () => {
  alipay = await startAlipayDouble(settings);
  stripe = await startStripeDouble(settings);
});
afterAll(async () => {
  await alipay.stop();
  await stripe.stop();
});

describe('the double of Alipay', () => {
  test('opens nothing for another key or another application', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    for (const changes of [{ privateKey }, { application: '2021000122670000' }]) {
      const provider = new AlipayProvider({
        ...{ ...alipay.account, ...changes, gateway: alipay.gateway, billOrigin: alipay.url },
        ...{ notifyUrl: settings.notifyUrl, timeoutMs: 5_000, nowMs: settings.nowMs },
      });
      await expect(provider.open(order)).rejects.toThrow(ProviderUnavailable);
      const start = await provider.open({ ...order, way: 'page' }).catch((error) => error);
      expect(start).toBeInstanceOf(ProviderUnavailable);
    }
  });
});

describe('the double of Stripe', () => {
  const openedAt = STARTED_MS / 1_000;

  function client(key = stripe.account.secretKey): Stripe {
    const { hostname: host, port } = new URL(stripe.url);
    return new Stripe(key, { host, port: Number(port), protocol: 'http', maxNetworkRetries: 0 });
  }

  function sessionOf(changes: Partial<Stripe.Checkout.SessionCreateParams>) {
    const price = { currency: 'usd', unit_amount: 5_000, product_data: { name: 'Energy' } };
    return {
      ...{ mode: 'payment', client_reference_id: 'STRICT0002', expires_at: openedAt + 1_800 },
      ...{ line_items: [{ quantity: 1, price_data: price }], success_url: 'https://p.example/' },
      ...changes,
    } as const;
  }

  async function codeOf(asking: Promise<unknown>): Promise<unknown> {
    const error = await asking.catch((thrown: unknown) => thrown);
    const { type, code } = Object(error);
    return code ?? type;
  }

  test('knows one key', async () => {
    const stranger = client('sk_test_stranger');
    expect(await codeOf(stranger.refunds.list())).toBe('StripeAuthenticationError');
  });

  test.each([
    ['a session of less than half an hour', { expires_at: openedAt + 1_799 }],
    ['a session of more than a day', { expires_at: openedAt + 86_401 }],
    ['a session without a way back', { success_url: 'nowhere' }],
  ])('refuses %s', async (_, changes) => {
    const { sessions } = client().checkout;
    expect(await codeOf(sessions.create(sessionOf(changes)))).toMatch(/^(StripeInvalid|url_)/);
  });

  test('answers a key with what it answered first, and to the same request only', async () => {
    const { sessions } = client().checkout;
    const idempotencyKey = 'strict-1';
    const first = await sessions.create(sessionOf({}), { idempotencyKey });
    const again = await sessions.create(sessionOf({}), { idempotencyKey });
    expect(again).toEqual(first);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    const other = sessionOf({ expires_at: openedAt + 1_801 });
    expect(await codeOf(sessions.create(other, { idempotencyKey }))).toBe('StripeIdempotencyError');
  });

  test('expires a session once', async () => {
    const { sessions } = client().checkout;
    const { id } = await sessions.create(sessionOf({ client_reference_id: 'STRICT0003' }));
    expect(await sessions.expire(id)).toMatchObject({ status: 'expired', url: null });
    expect(await codeOf(sessions.expire(id))).toBe('StripeInvalidRequestError');
    expect(await codeOf(sessions.retrieve('cs_test_0'))).toBe('resource_missing');
  });
});
