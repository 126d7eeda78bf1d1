import { randomBytes } from 'node:crypto';
import type { DoubleRequest } from '../double-server.ts';
import type { OpenedOrder } from '../order-book.ts';
import { type StripeDetail, seconds } from './stripe-objects.ts';

export type Parameters = ReadonlyMap<string, string>;

/** What a request says that Stripe would not take. */
export interface Complaint {
  readonly message: string;
  readonly code?: string;
}

const MINUTE_S = 60;
const CREATING = new Set([
  ...['mode', 'client_reference_id', 'success_url', 'cancel_url', 'expires_at'],
  ...['metadata[order]', 'payment_intent_data[metadata][order]', 'line_items[0][quantity]'],
  ...['currency', 'unit_amount', 'product_data][name'].map(
    (name) => `line_items[0][price_data][${name}]`,
  ),
]);

/** Of the query, or of a body that is a form, as Stripe's API takes them. */
export function parametersOf({ method, target, body }: DoubleRequest): Parameters {
  const query = new URL(target, 'http://127.0.0.1').search;
  const text = method === 'GET' ? query : new TextDecoder().decode(body);
  const parameters = new Map<string, string>();
  // Lists come with their places or without.
  for (const [name, value] of new URLSearchParams(text)) {
    parameters.set(name.replace(/^expand\[\d*\]$/, 'expand'), value);
  }
  return parameters;
}

/** The order that a session is for. */
export function readOpening(
  asked: Parameters,
  nowMs: number,
): OpenedOrder<StripeDetail> | Complaint {
  const price = (name: string) => asked.get(`line_items[0][price_data][${name}]`) ?? '';
  const unknown = [...asked.keys()].find((name) => !CREATING.has(name));
  if (unknown !== undefined) {
    return { message: `Received unknown parameter: ${unknown}`, code: 'parameter_unknown' };
  }
  if (asked.get('mode') !== 'payment' || asked.get('line_items[0][quantity]') !== '1') {
    return { message: 'Missing required param: mode or line_items.' };
  }
  const currency = price('currency');
  const minor = price('unit_amount');
  if (!/^[a-z]{3}$/.test(currency)) return { message: `Invalid currency: ${currency}` };
  if (!/^\d{1,8}$/.test(minor)) {
    return { message: 'Amount must be no more than 99999999', code: 'amount_too_large' };
  }
  if (currency === 'usd' && Number(minor) < 50) {
    return { message: 'Amount must be at least 50 cents', code: 'amount_too_small' };
  }
  const successUrl = asked.get('success_url') ?? '';
  if (!URL.canParse(successUrl)) return { message: 'Not a valid URL', code: 'url_invalid' };
  const expiresAt = Number(asked.get('expires_at'));
  const livesS = expiresAt - seconds(nowMs);
  if (!(livesS >= 30 * MINUTE_S) || livesS > 24 * 60 * MINUTE_S) {
    const message =
      'The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation';
    return { message };
  }
  const order = asked.get('client_reference_id') ?? '';
  if (order === '' || order.length > 200) return { message: 'Invalid client_reference_id' };
  return {
    order,
    amount: { minor: BigInt(minor), currency: currency.toUpperCase() },
    expiresMs: expiresAt * 1_000,
    detail: {
      id: `cs_test_${randomBytes(28).toString('hex')}`,
      createdMs: nowMs,
      title: price('product_data][name'),
      successUrl,
      metadata: orderOf(asked.get('metadata[order]')),
      paymentMetadata: orderOf(asked.get('payment_intent_data[metadata][order]')),
    },
  };
}

/** A page of a list, newest first, as `limit` and `starting_after` ask for it. */
export function pageOf<Item extends Readonly<Record<string, unknown>>>(
  items: readonly Item[],
  asked: Parameters,
  url: string,
): Readonly<Record<string, unknown>> {
  const limit = Number(asked.get('limit') ?? 10);
  const after = asked.get('starting_after');
  const from = after === undefined ? 0 : items.findIndex(({ id }) => id === after) + 1;
  const data = items.slice(from, from + limit);
  return { object: 'list', data, has_more: from + limit < items.length, url };
}

function orderOf(order: string | undefined): Readonly<Record<string, string>> {
  return order === undefined ? {} : { order };
}
