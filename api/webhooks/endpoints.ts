import { createHash } from 'node:crypto';
import type { AccessChange } from '../../ledger/access/access-store.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { formatTime, HOUR_MS } from '../../ledger/core/time.ts';
import type { Idempotency } from '../ledger-commands.ts';
import { type Access, put } from '../sign-in/access.ts';
import { audited } from '../sign-in/audit.ts';
import type { Kept } from '../sign-in/records.ts';
import { jwkOf, keysAt, newHookKey } from './message.ts';
import { ENDPOINT, type EndpointDoc, endpointKey, PLACE } from './records.ts';

/** How long a key that was replaced signs beside the new one. */
export const OVERLAP_MS = 24 * HOUR_MS;
const MOST_ENDPOINTS = 50;

/** What a request with a key made, now or when it came first. */
export interface Once<T> {
  readonly doc: T;
  readonly replayed: boolean;
}

export interface NewEndpoint {
  readonly site: string;
  readonly url: string;
  readonly types: EndpointDoc['types'];
  readonly label?: string | undefined;
}

/** An endpoint as its readers see it: without what signs. */
export function endpointView(doc: EndpointDoc, nowMs: number) {
  const { keys, request: _, rotation: __, site: ___, ...rest } = doc;
  return {
    ...rest,
    keys: keysAt(keys, nowMs).map((key) => ({
      ...{ publicKey: key.public, jwk: jwkOf(key) },
      ...(key.untilMs !== undefined && { until: formatTime(key.untilMs) }),
    })),
  };
}

/**
 * A new endpoint, told of what is logged from now on: after the first `place.leaf` events. The same key gives
 * the same endpoint. Refuses `hook-url-refused`, `hooks-full`, `idempotency-mismatch`.
 */
export async function makeEndpoint(
  access: Access,
  by: string,
  asked: NewEndpoint,
  once: Idempotency & { readonly place: { readonly origin: string; readonly leaf: number } },
): Promise<Once<EndpointDoc>> {
  const { site, url, types, label } = asked;
  demandUrl(url);
  const endpoint = createHash('sha256').update(`${site}\n${by}\n${once.key}`).digest('hex');
  const doc: EndpointDoc = {
    ...{ endpoint: endpoint.slice(0, 16), site, url, types: [...new Set(types)] },
    ...(label !== undefined && { label }),
    ...{ state: 'active', keys: [newHookKey(access.keeper, endpoint.slice(0, 16))] },
    ...{ request: once.request, createdAt: formatTime(access.nowMs()), by },
  };
  const key = endpointKey(doc);
  return await access.change<Once<EndpointDoc>>(async () => {
    const kept = await access.find(ENDPOINT, key);
    if (kept !== undefined) {
      demandSame(kept.doc.request, once.request);
      return { changes: [], result: { doc: kept.doc, replayed: true } };
    }
    const page = { prefix: `${site}~`, limit: MOST_ENDPOINTS };
    if ((await access.page(ENDPOINT, page)).length >= MOST_ENDPOINTS) {
      throw new Refusal('hooks-full', `A site has up to ${MOST_ENDPOINTS} endpoints.`, {
        most: String(MOST_ENDPOINTS),
      });
    }
    return {
      changes: [
        put(ENDPOINT, key, undefined, doc),
        put(PLACE, key, undefined, once.place),
        told(access, 'hook-made', by, doc),
      ],
      result: { doc, replayed: false },
    };
  });
}

/**
 * Nothing is sent any more, and what is logged meanwhile waits in the log; or it goes on where it stopped.
 * Refuses `hook-unknown`.
 */
export async function setEndpointState(
  access: Access,
  by: string,
  at: Pick<EndpointDoc, 'site' | 'endpoint'>,
  state: 'active' | 'disabled',
): Promise<EndpointDoc> {
  return await access.change(async () => {
    const kept = await mustHaveEndpoint(access, at);
    if (kept.doc.state === state) return { changes: [], result: kept.doc };
    const doc: EndpointDoc = { ...kept.doc, state };
    const what = state === 'active' ? 'hook-enabled' : 'hook-disabled';
    const changes = [put(ENDPOINT, kept.id, kept, doc), told(access, what, by, doc)];
    return { changes, result: doc };
  });
}

/** A new key; the one before signs beside it for a day. Refuses `hook-unknown`. */
export async function rotateKey(
  access: Access,
  by: string,
  at: Pick<EndpointDoc, 'site' | 'endpoint'>,
  { key, request }: Idempotency,
): Promise<Once<EndpointDoc>> {
  const fresh = newHookKey(access.keeper, at.endpoint);
  const rotation = createHash('sha256').update(`${key}\n${request}`).digest('hex');
  return await access.change<Once<EndpointDoc>>(async () => {
    const kept = await mustHaveEndpoint(access, at);
    if (kept.doc.rotation === rotation) {
      return { changes: [], result: { doc: kept.doc, replayed: true } };
    }
    const now = access.nowMs();
    const before = keysAt(kept.doc.keys, now).map((one) => ({
      ...one,
      untilMs: Math.min(one.untilMs ?? Number.POSITIVE_INFINITY, now + OVERLAP_MS),
    }));
    const doc: EndpointDoc = { ...kept.doc, keys: [fresh, ...before].slice(0, 3), rotation };
    const changes = [put(ENDPOINT, kept.id, kept, doc), told(access, 'hook-key-rotated', by, doc)];
    return { changes, result: { doc, replayed: false } };
  });
}

export async function mustHaveEndpoint(
  access: Access,
  at: Pick<EndpointDoc, 'site' | 'endpoint'>,
): Promise<Kept<EndpointDoc>> {
  const kept = await access.find(ENDPOINT, endpointKey(at));
  if (kept !== undefined) return kept;
  throw new Refusal('hook-unknown', 'There is no such endpoint. Look at the list again.');
}

/** The audit log names endpoints and never their addresses, which may hold a secret. */
export function told(
  access: Access,
  what: string,
  by: string,
  { site, endpoint }: Pick<EndpointDoc, 'site' | 'endpoint'>,
): AccessChange {
  return audited(access, { what, by, to: endpoint, sites: [site] });
}

export function demandSame(kept: string, given: string): void {
  if (kept === given) return;
  throw new Refusal(
    'idempotency-mismatch',
    'This Idempotency-Key was used for another request. Use a new one.',
  );
}

/** What can be said of an address before its name is resolved, which is done at each try. */
function demandUrl(text: string): void {
  const url = URL.parse(text);
  const isFit = url !== null && /^https?:$/.test(url.protocol) && url.hash === '';
  if (isFit && url.username === '' && url.password === '') return;
  throw new Refusal(
    'hook-url-refused',
    'An endpoint is https://host/path, without a name, a password or a # in it.',
  );
}
