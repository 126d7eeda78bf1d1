import { z } from 'zod';
import { Refusal } from '../ledger/core/refusal.ts';
import type { Notification, PaymentProvider } from '../payments/provider.ts';
import { type ApiContext, type ApiParts, callerOf, takeToken } from './http-context.ts';
import { readBody } from './json-body.ts';
import { parserIn } from './parse-part.ts';
import type { PlainRoute } from './route.ts';
import { id } from './shapes.ts';

/** The largest notification of any provider is far below it. */
const MOST_BYTES = 256 * 1024;
const params = z.strictObject({ provider: id });

/**
 * Where providers tell of payments. The signature is verified over the bytes as they came; only what was
 * taken durably is answered as taken, so that the provider comes again with everything else.
 */
export function webhookRoute(parts: ApiParts): PlainRoute {
  return {
    kind: 'plain',
    method: 'POST',
    path: '/webhooks/{provider}',
    tag: 'Payments',
    summary: 'Take a notification of a payment provider; its signature is the authentication',
    security: 'none',
    cors: false,
    params,
    query: z.strictObject({}),
    replies: [
      { status: 200, type: 'text/plain', description: 'As the provider wants to be answered' },
    ],
    codes: [
      ...['provider-unknown', 'notification-unsigned', 'notification-stale', 'body-too-large'],
      ...['notification-not-ours', 'notification-bad', 'notification-untrue', 'payment-differs'],
      'payment-homeless',
    ],
    handle: async (c) => {
      const { provider: name } = parserIn(c.get('language'))(params, c.req.param(), 'params');
      const provider = parts.payDesk.provider(name);
      const body = await readBody(c.req.raw, MOST_BYTES);
      try {
        const headers = Object.fromEntries(c.req.raw.headers);
        const told = await provider.readNotification({ headers, body }, parts.nowMs());
        await take(parts, provider, told);
      } catch (error) {
        // Forged ones are counted against the address that sends them.
        if (error instanceof Refusal) takeToken(parts.buckets.refusedBatches, callerOf(c, parts));
        return refused(c, parts, provider, error);
      }
      return answered(provider, true);
    },
  };
}

async function take(
  { payDesk }: ApiParts,
  { name }: PaymentProvider,
  told: Notification,
): Promise<void> {
  if (told.kind === 'payment') await payDesk.told(name, told.payment);
  if (told.kind === 'refund') await payDesk.refunds.told(told.order, told.refund.refund);
  // Of a closed order nothing follows but its expiry.
}

function answered(provider: PaymentProvider, taken: boolean): Response {
  const { status, contentType, body } = provider.answer(taken);
  // An answer without content (204) may not even have an empty one.
  return new Response(body === '' ? null : body, {
    status,
    headers: { 'content-type': contentType },
  });
}

/** What cannot be taken is told to the provider in its own way, and to us by its code. */
function refused(
  c: ApiContext,
  { log }: ApiParts,
  provider: PaymentProvider,
  error: unknown,
): Response {
  const code = error instanceof Refusal ? error.code : 'internal';
  c.set('code', code);
  if (!(error instanceof Refusal)) log.error({ err: error, provider: provider.name }, 'webhook');
  else log.warn({ code, provider: provider.name }, 'a notification was not taken');
  const answer = answered(provider, false);
  return answer.status < 400 ? new Response(answer.body, { ...answer, status: 400 }) : answer;
}
