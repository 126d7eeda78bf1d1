import { z } from 'zod';
import type { ApiParts } from './http-context.ts';
import { callerOf } from './http-context.ts';
import { readBody } from './json-body.ts';
import { parserIn } from './parse-part.ts';
import type { PlainRoute } from './route.ts';
import { id } from './shapes.ts';
import { WEBHOOK_BYTES, WEBHOOK_ROUTE, type WebhookEndpoint } from './webhook-endpoint.ts';

const params = z.strictObject({ provider: id });

/** The route as Hono serves it, and as the API document describes it. */
export function webhookRoute(parts: ApiParts, webhooks: WebhookEndpoint): PlainRoute {
  return {
    kind: 'plain',
    method: 'POST',
    path: WEBHOOK_ROUTE,
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
      const { provider } = parserIn(c.get('language'))(params, c.req.param(), 'params');
      const { status, contentType, body, code } = await webhooks.answer({
        provider,
        caller: callerOf(c, parts),
        headers: Object.fromEntries(c.req.raw.headers),
        body: () => readBody(c.req.raw, WEBHOOK_BYTES),
      });
      if (code !== undefined) c.set('code', code);
      // An answer without content (204) may not even have an empty one.
      return new Response(body === '' ? null : body, {
        status,
        headers: { 'content-type': contentType },
      });
    },
  };
}
