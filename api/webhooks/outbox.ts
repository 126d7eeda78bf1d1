import { createHash } from 'node:crypto';
import type { AccessChange } from '../../ledger/access/access-store.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { DAY_MS, formatTime } from '../../ledger/core/time.ts';
import type { Idempotency } from '../ledger-commands.ts';
import type { LedgerPort } from '../ledger-port.ts';
import { type Access, put, remove } from '../sign-in/access.ts';
import { newestFirst } from '../sign-in/audit.ts';
import { mustHaveEndpoint, type Once, told } from './endpoints.ts';
import { type Message, messageOf, testMessage } from './message.ts';
import {
  DELIVERY,
  type DeliveryDoc,
  DUE,
  deliveryKey,
  dueKey,
  type EndpointDoc,
  endpointKey,
  PLACE,
} from './records.ts';

/** Events of the log that are looked at in one step. */
const AT_ONCE = 200;
/** How long is known what became of a message. */
export const KEPT_MS = 30 * DAY_MS;

/**
 * The outbox is the log itself: each endpoint has a place in it, and what stands behind that place is not sent
 * yet. A step puts what the endpoint asked for into the outbox and moves the place, in one write: a process that
 * dies before it has done nothing, and one that dies after it has lost nothing. Only what a signed checkpoint
 * holds is looked at, so nothing is told that is not durable. Whether there may be more.
 */
export async function gather(
  access: Access,
  ledger: LedgerPort,
  doc: EndpointDoc,
): Promise<boolean> {
  const key = endpointKey(doc);
  const { site, endpoint, types } = doc;
  const wanted: ReadonlySet<string> = new Set(types);
  return await access.change(async () => {
    const place = await access.find(PLACE, key);
    if (place === undefined) return { changes: [], result: false };
    const { origin, leaf, events } = await ledger.feed.signedEvents(site, place.doc, AT_ONCE);
    if (events.length === 0) return { changes: [], result: false };
    const messages = events
      .filter(({ text }) => wanted.has(typeOf(text)))
      .map((event) => messageOf(site, event.leaf, event.text));
    const now = access.nowMs();
    const changes = messages.flatMap((message) => newDelivery(endpoint, message, now).changes);
    changes.push(put(PLACE, key, place, { origin, leaf: leaf + events.length }));
    return { changes, result: events.length === AT_ONCE };
  });
}

/** A message that tells nothing, to try an endpoint with. Refuses `hook-unknown`, `hook-not-active`. */
export async function putTest(
  access: Access,
  at: Pick<EndpointDoc, 'site' | 'endpoint'>,
  { key, request }: Idempotency,
): Promise<Once<DeliveryDoc>> {
  const id = createHash('sha256').update(`${key}\n${request}`).digest('hex').slice(0, 24);
  return await access.change<Once<DeliveryDoc>>(async () => {
    const { doc } = await mustHaveEndpoint(access, at);
    demandActive(doc);
    const page = { prefix: `${at.endpoint}~`, limit: AT_ONCE };
    const known = (await access.page(DELIVERY, page)).find((one) => {
      return one.doc.delivery.endsWith(`~msg_test_${id}`);
    });
    if (known !== undefined) return { changes: [], result: { doc: known.doc, replayed: true } };
    const now = access.nowMs();
    const message = testMessage(at.site, at.endpoint, id, formatTime(now));
    const fresh = newDelivery(at.endpoint, message, now);
    return { changes: fresh.changes, result: { doc: fresh.doc, replayed: false } };
  });
}

/**
 * Puts a message into the outbox once more, with ten tries. One that waits is due at once. Refuses
 * `hook-unknown`, `hook-not-active`, `delivery-unknown`.
 */
export async function replayDelivery(
  access: Access,
  by: string,
  at: Pick<EndpointDoc, 'site' | 'endpoint'>,
  delivery: string,
): Promise<DeliveryDoc> {
  return await access.change(async () => {
    const { doc: endpoint } = await mustHaveEndpoint(access, at);
    demandActive(endpoint);
    const kept = await access.find(DELIVERY, deliveryKey({ ...at, delivery }));
    if (kept === undefined) {
      throw new Refusal('delivery-unknown', 'There is no such message. Look at the list again.');
    }
    const now = access.nowMs();
    const doc: DeliveryDoc = { ...kept.doc, state: 'waiting', tries: 0, nextMs: now };
    const changes = [
      ...(await noLongerDue(access, kept.doc)),
      put(DELIVERY, kept.id, kept, doc),
      told(access, 'hook-replayed', by, at),
    ];
    const due = dueKey(at.endpoint, now, delivery);
    // It may be due at this very moment already.
    const isDue = changes.findIndex((change) => change.kind === DUE.name && change.id === due);
    if (isDue >= 0) changes.splice(isDue, 1);
    else changes.push(put(DUE, due, undefined, { delivery }));
    return { changes, result: doc };
  });
}

/** What takes a delivery out of those that wait. */
export async function noLongerDue(access: Access, doc: DeliveryDoc): Promise<AccessChange[]> {
  if (doc.nextMs === undefined) return [];
  const kept = await access.find(DUE, dueKey(doc.endpoint, doc.nextMs, doc.delivery));
  return kept === undefined ? [] : [remove(DUE, kept)];
}

/** Forgets what became of messages a month ago, but of none that waits. Whether there may be more. */
export async function forgetOld(access: Access, endpoint: string): Promise<boolean> {
  return await access.change(async () => {
    const kept = await access.page(DELIVERY, {
      prefix: `${endpoint}~`,
      after: `${endpoint}~${newestFirst(access.nowMs() - KEPT_MS)}`,
      limit: AT_ONCE,
    });
    const old = kept.filter(({ doc }) => doc.state !== 'waiting');
    const changes = old.map((one) => remove(DELIVERY, one));
    return { changes, result: old.length === AT_ONCE };
  });
}

function newDelivery(endpoint: string, { id, type, body }: Message, now: number) {
  const delivery = `${newestFirst(now)}~${id}`;
  const doc: DeliveryDoc = {
    ...{ delivery, endpoint, type, body, state: 'waiting', tries: 0, attempts: [] },
    ...{ createdAt: formatTime(now), nextMs: now },
  };
  const changes = [
    put(DELIVERY, deliveryKey(doc), undefined, doc),
    put(DUE, dueKey(endpoint, now, delivery), undefined, { delivery }),
  ];
  return { doc, changes };
}

function demandActive({ state }: EndpointDoc): void {
  if (state === 'active') return;
  throw new Refusal('hook-not-active', 'This endpoint is disabled. Enable it first.');
}

/** Canonical: `type` stands last but one. */
function typeOf(text: string): string {
  return /"type":"([a-z.-]+)","v":1\}$/.exec(text)?.[1] ?? '';
}
