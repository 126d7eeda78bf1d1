import { z } from 'zod';
import { formatTime } from '../../ledger/core/time.ts';
import { cursorKey, pageOf } from '../cursor.ts';
import { jsonRoute, type Route } from '../route.ts';
import { pageShape, paging, time } from '../shapes.ts';
import {
  endpointView,
  makeEndpoint,
  mustHaveEndpoint,
  rotateKey,
  setEndpointState,
} from '../webhooks/endpoints.ts';
import { putTest, replayDelivery } from '../webhooks/outbox.ts';
import {
  attempt,
  DELIVERY,
  type DeliveryDoc,
  deliveryId,
  deliveryState,
  ENDPOINT,
  endpointId,
  hookState,
  hookType,
} from '../webhooks/records.ts';
import { DELIVERY_ID, ENDPOINT_ID, SITE } from './examples.ts';
import { keyOf } from './outcome.ts';

const url = z
  .url()
  .max(1024)
  .describe('https://host/path; its host has to have public addresses only');
const types = z.array(hookType).min(1).max(32).describe('Events that it is told of');
const label = z.string().min(1).max(64);
const publishedKey = z.object({
  publicKey: z.string().describe('whpk_…, as Standard Webhooks write it'),
  jwk: z.looseObject({ kty: z.string(), crv: z.string(), x: z.string() }),
  until: time.optional().describe('Of a key that was replaced: how long it signs still'),
});
const endpointShape = z.object({
  endpoint: endpointId,
  url: z.string(),
  types,
  label: label.optional(),
  state: hookState,
  keys: z.array(publishedKey).describe('Whoever receives verifies with one of these'),
  createdAt: time,
  by: z.string(),
});
const deliveryShape = z.object({
  delivery: z.string(),
  message: z.string().describe('webhook-id: the same for every try'),
  type: z.string(),
  state: deliveryState,
  tries: z.int(),
  attempts: z.array(attempt).describe('The last thirty'),
  createdAt: time,
  nextAt: time.optional(),
  body: z.string().describe('What is sent, byte for byte'),
});
const at = { endpoint: endpointId };
const example = { params: { endpoint: ENDPOINT_ID }, body: { site: SITE } };

export const webhookEndpointRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/webhook-endpoints',
    tag: 'Webhooks',
    summary: 'Add an endpoint that is told, by signed messages, of what is logged from now on',
    permission: 'hook.change',
    once: true,
    body: { url, types, label: label.optional() },
    reply: endpointShape,
    status: 201,
    codes: ['hook-url-refused', 'hooks-full'],
    example: {
      body: {
        ...{ site: SITE, url: 'https://accounting.example.com/hooks/billproof' },
        ...{ types: ['topup.credited', 'statement.issued'], label: 'accounting' },
      },
    },
    handle: async ({ body, site, principal, idempotency, access, ledger, nowMs }) => {
      const once = { ...keyOf(idempotency), place: await ledger.feed.end(site) };
      const asked = { site, url: body.url, types: body.types, label: body.label };
      const { doc, replayed } = await makeEndpoint(access, principal.id, asked, once);
      return { body: endpointView(doc, nowMs), replayed };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/webhook-endpoints',
    tag: 'Webhooks',
    summary: 'List the endpoints of a site',
    permission: 'hook.read',
    query: paging,
    reply: pageShape(endpointShape),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: { query: { site: SITE } },
    handle: async ({ query, site, access, nowMs }) => {
      const filter = `hooks ${site}`;
      const after = cursorKey(query.cursor, filter);
      const page = { prefix: `${site}~`, ...(after && { after }), limit: query.limit + 1 };
      const paged = pageOf(await access.page(ENDPOINT, page), query.limit, filter, ({ id }) => id);
      return { body: { ...paged, data: paged.data.map(({ doc }) => endpointView(doc, nowMs)) } };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/webhook-endpoints/{endpoint}/disable',
    tag: 'Webhooks',
    summary: 'Send nothing any more; what is logged meanwhile waits in the log',
    permission: 'hook.change',
    params: at,
    reply: endpointShape,
    codes: ['hook-unknown'],
    example,
    handle: async ({ params, site, principal, access, nowMs }) => {
      const doc = await setEndpointState(access, principal.id, { site, ...params }, 'disabled');
      return { body: endpointView(doc, nowMs) };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/webhook-endpoints/{endpoint}/enable',
    tag: 'Webhooks',
    summary: 'Go on where it stopped, also after the endpoint answered 410',
    permission: 'hook.change',
    params: at,
    reply: endpointShape,
    codes: ['hook-unknown'],
    example,
    handle: async ({ params, site, principal, access, nowMs }) => {
      const doc = await setEndpointState(access, principal.id, { site, ...params }, 'active');
      return { body: endpointView(doc, nowMs) };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/webhook-endpoints/{endpoint}/rotate',
    tag: 'Webhooks',
    summary: 'Make a new key; the one before signs beside it for a day',
    permission: 'hook.change',
    once: true,
    params: at,
    reply: endpointShape,
    status: 201,
    codes: ['hook-unknown'],
    example,
    handle: async ({ params, site, principal, idempotency, access, nowMs }) => {
      const where = { site, ...params };
      const made = await rotateKey(access, principal.id, where, keyOf(idempotency));
      return { body: endpointView(made.doc, nowMs), replayed: made.replayed };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/webhook-endpoints/{endpoint}/test',
    tag: 'Webhooks',
    summary: 'Send a message of type webhook.test, which tells nothing',
    permission: 'hook.change',
    once: true,
    params: at,
    reply: deliveryShape,
    status: 201,
    codes: ['hook-unknown', 'hook-not-active'],
    example,
    handle: async ({ params, site, idempotency, access }) => {
      const { doc, replayed } = await putTest(access, { site, ...params }, keyOf(idempotency));
      return { body: deliveryView(doc), replayed };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/webhook-endpoints/{endpoint}/deliveries',
    tag: 'Webhooks',
    summary: 'List what was sent to an endpoint in the last 30 days, each with its tries',
    permission: 'hook.read',
    params: at,
    query: { ...paging, state: deliveryState.optional() },
    reply: pageShape(deliveryShape),
    codes: ['hook-unknown', 'bad-cursor', 'cursor-mismatch'],
    example: { params: { endpoint: ENDPOINT_ID }, query: { site: SITE, state: 'waiting' } },
    handle: async ({ params: { endpoint }, query, site, access }) => {
      await mustHaveEndpoint(access, { site, endpoint });
      const { state, limit } = query;
      const filter = `deliveries ${site} ${endpoint} ${state ?? '*'}`;
      const found = await access.filtered(
        DELIVERY,
        { prefix: `${endpoint}~`, after: cursorKey(query.cursor, filter), limit: limit + 1 },
        (doc) => state === undefined || doc.state === state,
      );
      const { data, ...rest } = pageOf(found, limit, filter, ({ id }) => id);
      return { body: { data: data.map(({ doc }) => deliveryView(doc)), ...rest } };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/webhook-endpoints/{endpoint}/deliveries/{delivery}/replay',
    tag: 'Webhooks',
    summary: 'Send a message again, under the same id and with ten tries',
    permission: 'hook.change',
    params: { ...at, delivery: deliveryId },
    reply: deliveryShape,
    codes: ['hook-unknown', 'hook-not-active', 'delivery-unknown'],
    example: { params: { endpoint: ENDPOINT_ID, delivery: DELIVERY_ID }, body: { site: SITE } },
    handle: async ({ params: { endpoint, delivery }, site, principal, access }) => {
      const doc = await replayDelivery(access, principal.id, { site, endpoint }, delivery);
      return { body: deliveryView(doc) };
    },
  }),
];

function deliveryView({ delivery, nextMs, endpoint: _, ...doc }: DeliveryDoc) {
  const message = delivery.slice(delivery.indexOf('~') + 1);
  return { delivery, message, ...doc, ...(nextMs !== undefined && { nextAt: formatTime(nextMs) }) };
}
