import type { Logger } from 'pino';
import { formatTime, HOUR_MS, MINUTE_MS } from '../../ledger/core/time.ts';
import { inRounds } from '../in-rounds.ts';
import type { LedgerPort } from '../ledger-port.ts';
import { type Access, put } from '../sign-in/access.ts';
import type { Kept } from '../sign-in/records.ts';
import { signedHeaders } from './message.ts';
import { forgetOld, gather, noLongerDue } from './outbox.ts';
import {
  type Attempt,
  DELIVERY,
  type DeliveryDoc,
  DUE,
  deliveryKey,
  dueKey,
  ENDPOINT,
  type EndpointDoc,
  endpointKey,
} from './records.ts';
import type { Outcome, Sending } from './send-message.ts';

export type Tried = 'delivered' | 'failed' | 'given-up';

export interface CourierOptions {
  readonly access: Access;
  readonly ledger: LedgerPort;
  readonly log: Logger;
  readonly send: (sending: Sending) => Promise<Outcome>;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly tried: (outcome: Tried) => void;
  /** Messages that wait, of the endpoints of this process. */
  readonly waiting: (count: number) => void;
}

/** Waits before the second try and each one after it: ten tries in 75 hours, before the jitter. */
const WAITS_MS = [
  ...[5_000, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS],
  ...[10 * HOUR_MS, 14 * HOUR_MS, 20 * HOUR_MS, 23 * HOUR_MS + 25 * MINUTE_MS],
];
export const MOST_TRIES = WAITS_MS.length + 1;
/** Of each wait at most; so those whose endpoint was away do not all come back at one moment. */
const JITTER = 0.1;
const MOST_ENDPOINTS = 10_000;
const AT_ONCE = 4;
const STEP = 20;
const COUNTED = 1_000;
const ATTEMPTS_KEPT = 30;

/** The wait after so many tries; undefined after the last one. */
export function waitAfter(tries: number, random: number): number | undefined {
  const wait = WAITS_MS[tries - 1];
  return wait === undefined ? undefined : Math.round(wait * (1 + JITTER * (2 * random - 1)));
}

/**
 * Takes messages from the log to endpoints: those of the sites that this process writes for, so that of several
 * machines one delivers. Each endpoint has a course of its own, and a slow one holds up no other. What is sent
 * may be sent twice, when a process dies before it has written down the answer; it bears the same id then.
 */
export class Courier {
  readonly #options: CourierOptions;
  readonly #courses = new Map<string, Promise<void>>();
  readonly #counts = new Map<string, number>();
  readonly #ending = new AbortController();
  #swept = Number.NEGATIVE_INFINITY;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /** Delivers from now on. What it answers ends that, and waits for what is under way. */
  watch(everyMs: number): () => Promise<void> {
    const begin = () => this.#begin().catch((error: unknown) => this.#tell(error));
    const end = inRounds(everyMs, begin, this.#ending);
    return async () => {
      await end();
      await Promise.all(this.#courses.values());
    };
  }

  /** One course of every endpoint, to its end. */
  async round(): Promise<void> {
    await this.#begin();
    await Promise.all(this.#courses.values());
  }

  async #begin(): Promise<void> {
    const { access, ledger, waiting } = this.#options;
    const own = new Set(ledger.feed.ownSites().map(({ site }) => site));
    if (own.size === 0) return;
    const now = access.nowMs();
    const isSweep = now - this.#swept >= HOUR_MS;
    if (isSweep) this.#swept = now;
    const endpoints = await access.page(ENDPOINT, { limit: MOST_ENDPOINTS });
    this.#counts.clear();
    for (const { doc } of endpoints) {
      const { endpoint, site, state } = doc;
      if (!own.has(site) || this.#courses.has(endpoint)) continue;
      const course = (async () => {
        if (isSweep) while (await forgetOld(access, endpoint));
        if (state === 'active') await this.#go(doc);
        await this.#count(endpoint);
      })();
      this.#courses.set(
        endpoint,
        course.catch((error: unknown) => this.#tell(error)).finally(() => this.#end(endpoint)),
      );
    }
    if (endpoints.length === 0) waiting(0);
  }

  #end(endpoint: string): void {
    this.#courses.delete(endpoint);
    const counts = [...this.#counts.values()];
    this.#options.waiting(counts.reduce((sum, count) => sum + count, 0));
  }

  async #count(endpoint: string): Promise<void> {
    const page = { prefix: `${endpoint}~`, limit: COUNTED };
    this.#counts.set(endpoint, (await this.#options.access.page(DUE, page)).length);
  }

  /** What is new in the log, then what is due. */
  async #go(doc: EndpointDoc): Promise<void> {
    const { access, ledger } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted && (await gather(access, ledger, doc)));
    for (;;) {
      const page = await access.page(DUE, { prefix: `${doc.endpoint}~`, limit: STEP });
      const now = access.nowMs();
      const due = page.filter(({ id }) => id < dueKey(doc.endpoint, now + 1, ''));
      for (let at = 0; at < due.length && !signal.aborted; at += AT_ONCE) {
        const some = due.slice(at, at + AT_ONCE);
        await Promise.all(some.map(({ doc: { delivery } }) => this.#try(doc, delivery)));
      }
      if (signal.aborted || due.length < STEP) return;
      // Disabled, replaced or gone meanwhile: the next round knows.
      const kept = await access.find(ENDPOINT, endpointKey(doc));
      if (kept?.doc.state !== 'active' || kept.doc.keys.length !== doc.keys.length) return;
    }
  }

  async #try(endpoint: EndpointDoc, delivery: string): Promise<void> {
    const { access, send, tried } = this.#options;
    const kept = await access.find(DELIVERY, deliveryKey({ ...endpoint, delivery }));
    if (kept === undefined) return;
    const { body } = kept.doc;
    const startedMs = access.nowMs();
    const id = delivery.slice(delivery.indexOf('~') + 1);
    const headers = signedHeaders(access.keeper, endpoint, { id, body }, startedMs);
    const clock = performance.now();
    const outcome = await send({ url: endpoint.url, headers, body, signal: this.#ending.signal });
    // A try that we cut short ourselves is none.
    if ('code' in outcome && outcome.code === 'stopping') return;
    const ms = Math.round(performance.now() - clock);
    const attempt: Attempt = { at: formatTime(startedMs), ...outcome, ms };
    const told = await this.#write(endpoint, kept.id, attempt);
    if (told === undefined) return;
    tried(told);
    this.#log(endpoint, attempt, told);
  }

  /** What came of it, and what follows from it, in one write. */
  async #write(endpoint: EndpointDoc, key: string, attempt: Attempt): Promise<Tried | undefined> {
    const { access, random } = this.#options;
    const jitter = random();
    const { status = 0 } = attempt;
    return await access.change<Tried | undefined>(async () => {
      const kept = await access.find(DELIVERY, key);
      if (kept?.doc.state !== 'waiting') return { changes: [], result: undefined };
      const next = after(kept, attempt, access.nowMs(), jitter);
      const changes = await noLongerDue(access, kept.doc);
      changes.push(put(DELIVERY, key, kept, next.doc));
      const { nextMs, delivery } = next.doc;
      if (nextMs !== undefined) {
        const due = dueKey(endpoint.endpoint, nextMs, delivery);
        changes.push(put(DUE, due, undefined, { delivery }));
      }
      const owner = status === GONE && (await access.find(ENDPOINT, endpointKey(endpoint)));
      if (owner && owner.doc.state === 'active') {
        changes.push(put(ENDPOINT, owner.id, owner, { ...owner.doc, state: 'gone' }));
      }
      return { changes, result: next.told };
    });
  }

  /** The address is not logged: it may hold a secret. */
  #log({ site, endpoint }: EndpointDoc, { status, code }: Attempt, told: Tried): void {
    const about = { site, endpoint, ...(status && { status }), ...(code && { code }) };
    const { log } = this.#options;
    if (told === 'delivered') log.debug(about, 'webhook delivered');
    else log.warn(about, told === 'failed' ? 'webhook failed' : 'webhook given up');
  }

  #tell(error: unknown): void {
    if (this.#ending.signal.aborted) return;
    this.#options.log.error({ err: error }, 'webhooks could not be looked after');
  }
}

/** 410: whoever was there wants no more of it. */
const GONE = 410;

function after(
  { doc: { nextMs: _, ...doc } }: Kept<DeliveryDoc>,
  attempt: Attempt,
  nowMs: number,
  jitter: number,
): { readonly doc: DeliveryDoc; readonly told: Tried } {
  const { status = 0 } = attempt;
  const tries = doc.tries + 1;
  const tried = { ...doc, tries, attempts: [...doc.attempts, attempt].slice(-ATTEMPTS_KEPT) };
  if (status >= 200 && status < 300) {
    return { doc: { ...tried, state: 'delivered' }, told: 'delivered' };
  }
  const wait = status === GONE ? undefined : waitAfter(tries, jitter);
  if (wait === undefined) return { doc: { ...tried, state: 'failed' }, told: 'given-up' };
  return { doc: { ...tried, nextMs: nowMs + wait }, told: 'failed' };
}
