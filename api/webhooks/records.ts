import { z } from 'zod';
import { EVENT_TYPES } from '../../ledger/core/event.ts';
import { siteId, time } from '../shapes.ts';
import type { Kind } from '../sign-in/records.ts';

/** What an endpoint may ask to be told of. */
export const hookType = z.enum(EVENT_TYPES);
export const endpointId = z.string().regex(/^[0-9a-f]{16}$/);
/** When it was put into the outbox, backwards, and the message's id. */
export const deliveryId = z.string().regex(/^[0-9]{13}~msg_[0-9a-z_-]{1,64}$/);
export const hookState = z
  .enum(['active', 'disabled', 'gone'])
  .describe('gone: the endpoint answered 410');
export const deliveryState = z.enum(['waiting', 'delivered', 'failed']);
const ms = z.int().min(0);

const hookKey = z.strictObject({
  /** `whpk_` and 32 bytes in base64. */
  public: z.string(),
  /** The seed, sealed. */
  secret: z.string(),
  /** Of one that was replaced: until then it signs, too. */
  untilMs: ms.optional(),
});
export type HookKey = z.output<typeof hookKey>;

const endpointDoc = z.strictObject({
  endpoint: endpointId,
  site: siteId,
  url: z.string(),
  types: z.array(hookType),
  label: z.string().optional(),
  state: hookState,
  /** The newest first. */
  keys: z.array(hookKey),
  /** Hash of the request that made it, and of the one that made its newest key. */
  request: z.string(),
  rotation: z.string().optional(),
  createdAt: time,
  by: z.string(),
});
export type EndpointDoc = z.output<typeof endpointDoc>;

export const attempt = z.strictObject({
  at: time,
  /** What the endpoint answered, or why there was no answer. */
  status: z.int().optional(),
  code: z.string().optional(),
  ms: z.int().min(0).describe('How long it took'),
});
export type Attempt = z.output<typeof attempt>;

const deliveryDoc = z.strictObject({
  delivery: deliveryId,
  endpoint: endpointId,
  type: z.string(),
  body: z.string(),
  state: deliveryState,
  /** Since it was put into the outbox, or there again. */
  tries: z.int().min(0),
  attempts: z.array(attempt),
  createdAt: time,
  /** While it waits. */
  nextMs: ms.optional(),
});
export type DeliveryDoc = z.output<typeof deliveryDoc>;

/** Under `site~endpoint`. */
export const ENDPOINT: Kind<EndpointDoc> = { name: 'hook', shape: endpointDoc };
/** How far each endpoint has been told of the log: under `site~endpoint`. */
export const PLACE: Kind<{ origin: string; leaf: number }> = {
  name: 'hook-place',
  shape: z.strictObject({ origin: z.string(), leaf: z.int().min(0) }),
};
/** Under `endpoint~delivery`, the newest first. */
export const DELIVERY: Kind<DeliveryDoc> = { name: 'hook-delivery', shape: deliveryDoc };
/** What waits: under `endpoint~time~delivery`, the one that is due first at the front. */
export const DUE: Kind<{ delivery: string }> = {
  name: 'hook-due',
  shape: z.strictObject({ delivery: deliveryId }),
};

export function endpointKey({ site, endpoint }: Pick<EndpointDoc, 'site' | 'endpoint'>): string {
  return `${site}~${endpoint}`;
}

export function deliveryKey({ endpoint, delivery }: Pick<DeliveryDoc, 'endpoint' | 'delivery'>) {
  return `${endpoint}~${delivery}`;
}

export function dueKey(endpoint: string, dueMs: number, delivery: string): string {
  return `${endpoint}~${String(dueMs).padStart(13, '0')}~${delivery}`;
}
