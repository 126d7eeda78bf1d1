import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from '../ledger/core/refusal.ts';
import type { Notification, PaymentProvider } from '../payments/provider.ts';
import type { HttpAnswer } from './batch-endpoint.ts';
import { type ApiParts, callerAddress, requestIdOf, takeToken } from './http-context.ts';
import { languageOf } from './language.ts';
import { problemHeaders, problemOf } from './problem.ts';
import { rawBodyOf } from './raw-body.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** The largest notification of any provider is far below it. */
export const WEBHOOK_BYTES = 256 * 1024;
export const WEBHOOK_ROUTE = '/webhooks/{provider}';

/** What a notification brings, whichever HTTP stack carried it. */
export interface WebhookRequest {
  readonly provider: string;
  readonly caller: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: () => Promise<Uint8Array>;
}

/** An answer in the provider's own way, and the code of what was refused. */
export interface WebhookAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly code?: string;
}

/**
 * Where providers tell of payments. The signature is verified over the bytes as they came; only what was
 * taken durably is answered as taken, so that the provider comes again with everything else.
 */
export class WebhookEndpoint {
  readonly #parts: ApiParts;

  constructor(parts: ApiParts) {
    this.#parts = parts;
  }

  /** Refuses `provider-unknown` and what reading the body refuses; the rest is the provider's to hear. */
  async answer({ provider: name, caller, headers, body }: WebhookRequest): Promise<WebhookAnswer> {
    const { payDesk, nowMs, buckets } = this.#parts;
    const provider = payDesk.provider(name);
    const bytes = await body();
    try {
      const told = await provider.readNotification({ headers, body: bytes }, nowMs());
      await this.#take(provider, told);
    } catch (error) {
      // Forged ones are counted against the address that sends them.
      if (error instanceof Refusal) takeToken(buckets.refusedBatches, caller);
      return this.#refused(provider, error);
    }
    return provider.answer(true);
  }

  /** The same route on the bare HTTP server of Node: around Hono it answers half as many again. */
  async serve(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    provider: string,
  ): Promise<void> {
    const startedAt = performance.now();
    const headers = plainHeaders(incoming);
    const requestId = requestIdOf(headers['x-request-id']);
    const { behindProxy } = this.#parts;
    const caller = callerAddress(incoming, headers['x-forwarded-for'], behindProxy);
    const answer = await this.#orProblem(
      { provider, caller, headers, body: () => rawBodyOf(incoming, WEBHOOK_BYTES) },
      requestId,
    );
    const { status, body } = answer;
    // What was not read cannot be skipped cheaply: the connection ends with the answer.
    const rest = incoming.complete ? {} : { connection: 'close' };
    // An answer without content (204) may not even say how long it is.
    const length = status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    outgoing.writeHead(status, { ...answer.headers, ...rest, ...length });
    outgoing.end(body);
    this.#observe(answer, requestId, performance.now() - startedAt);
  }

  async #orProblem(
    request: WebhookRequest,
    requestId: string,
  ): Promise<HttpAnswer & { readonly code?: string }> {
    const about = { ...SECURITY_HEADERS, 'x-request-id': requestId };
    try {
      const { contentType, ...answer } = await this.answer(request);
      return { ...answer, headers: { ...about, 'content-type': contentType } };
    } catch (error) {
      const language = languageOf(request.headers['accept-language']);
      const problem = problemOf(error, language, requestId);
      if (problem.status >= 500) this.#parts.log.error({ err: error }, 'failed');
      const headers = { ...about, ...problemHeaders(problem, language) };
      const { status, code } = problem;
      return { status, code, headers, body: JSON.stringify(problem) };
    }
  }

  async #take({ name }: PaymentProvider, told: Notification): Promise<void> {
    const { payDesk } = this.#parts;
    if (told.kind === 'payment') await payDesk.told(name, told.payment);
    if (told.kind === 'refund') await payDesk.refunds.told(told.order, told.refund.refund);
    // Of a closed order nothing follows but its expiry.
  }

  /** What cannot be taken is told to the provider in its own way, and to us by its code. */
  #refused(provider: PaymentProvider, error: unknown): WebhookAnswer {
    const { log } = this.#parts;
    const code = error instanceof Refusal ? error.code : 'internal';
    if (!(error instanceof Refusal)) log.error({ err: error, provider: provider.name }, 'webhook');
    else log.warn({ code, provider: provider.name }, 'a notification was not taken');
    const { status, contentType, body } = provider.answer(false);
    return { status: status < 400 ? 400 : status, contentType, body, code };
  }

  #observe({ status, code }: { status: number; code?: string }, requestId: string, ms: number) {
    const { metrics, log } = this.#parts;
    metrics.answered(WEBHOOK_ROUTE, status, ms / 1000);
    const about = { requestId, route: WEBHOOK_ROUTE, method: 'POST', ...(code && { code }) };
    log.info({ ...about, status, ms: Math.round(ms * 10) / 10 }, 'answered');
  }
}

/** The provider that a request line notifies of, or undefined: then Hono routes it. */
export function notifyingProvider(method: string | undefined, url: string | undefined) {
  if (method !== 'POST' || url === undefined) return undefined;
  return /^\/webhooks\/([A-Za-z0-9._-]{1,64})$/.exec(url)?.[1];
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}
