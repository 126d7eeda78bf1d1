import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from '../ledger/core/refusal.ts';
import { ID } from '../ledger/core/shape.ts';
import { BridgeSites } from './bridge-site.ts';
import { type ApiParts, callerAddress, requestIdOf, takeToken } from './http-context.ts';
import { parseJson, textOf } from './json-body.ts';
import { languageOf } from './language.ts';
import { type Problem, problemHeaders, problemOf } from './problem.ts';
import { rawBodyOf } from './raw-body.ts';
import { SECURITY_HEADERS } from './security-headers.ts';

/** Largest batch request, and most records in one. */
export const BATCH_BYTES = 4 * 1024 * 1024;
export const BATCH_RECORDS = 5_000;
export const BATCH_ROUTE = '/v1/bridges/{bridge}/batches';

/** What a batch request brings, whichever HTTP stack carried it. */
export interface BatchRequest {
  readonly bridge: string;
  readonly caller: string;
  readonly requestId: string;
  readonly acceptLanguage: string | undefined;
  readonly body: () => Promise<Uint8Array>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/**
 * The ingest path. A plain shape check by hand and no framework: at thousands of single readings a
 * second, both cost more than the answer. The batch's own signature says who sends it.
 */
export class BatchEndpoint {
  readonly #parts: ApiParts;
  readonly #sites: BridgeSites;

  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.#sites = new BridgeSites(parts.ledger);
  }

  async answer(request: BatchRequest): Promise<HttpAnswer> {
    const startedAt = performance.now();
    const { metrics, log } = this.#parts;
    try {
      const body = JSON.stringify(await this.#accept(request));
      this.#observe(200, startedAt);
      const headers = { ...ANSWER_HEADERS, 'x-request-id': request.requestId };
      return { status: 200, headers, body };
    } catch (error) {
      const language = languageOf(request.acceptLanguage);
      const problem = problemOf(error, language, request.requestId);
      this.#observe(problem.status, startedAt);
      metrics.batch('refused', 0);
      logProblem(log, problem, error);
      const headers = {
        ...SECURITY_HEADERS,
        ...problemHeaders(problem, language),
        'x-request-id': request.requestId,
      };
      return { status: problem.status, headers, body: JSON.stringify(problem) };
    }
  }

  /** The same route on the bare HTTP server of Node. */
  async serve(incoming: IncomingMessage, outgoing: ServerResponse, bridge: string): Promise<void> {
    const { headers } = incoming;
    const forwarded = headers['x-forwarded-for'];
    const answer = await this.answer({
      bridge,
      caller: callerAddress(
        incoming,
        Array.isArray(forwarded) ? forwarded.at(-1) : forwarded,
        this.#parts.behindProxy,
      ),
      requestId: requestIdOf(headers['x-request-id']?.toString()),
      acceptLanguage: headers['accept-language'],
      body: () => rawBodyOf(incoming, BATCH_BYTES),
    });
    const length = String(Buffer.byteLength(answer.body));
    // What was not read cannot be skipped cheaply: the connection ends with the answer.
    const rest = incoming.complete ? {} : { connection: 'close' };
    outgoing.writeHead(answer.status, { ...answer.headers, ...rest, 'content-length': length });
    outgoing.end(answer.body);
  }

  async #accept({ bridge, caller, body }: BatchRequest) {
    const { buckets, ledger, metrics } = this.#parts;
    takeToken(buckets.batches, caller);
    // Whoever sends batch after batch that is refused shall not cost a signature check each.
    if (!buckets.refusedBatches.has(caller)) takeToken(buckets.refusedBatches, caller);
    try {
      if (!ID.test(bridge)) throw unknownBridge();
      const { jws, records } = parseBatchBody(await body());
      const site = await this.#sites.siteOf(bridge);
      if (site === undefined) throw unknownBridge();
      const { accepted, known, wanted } = await ledger.acceptBatch(site, bridge, jws, records);
      metrics.batch('accepted', records.length);
      return { accepted, known, wanted };
    } catch (error) {
      if (error instanceof Refusal) buckets.refusedBatches.take(caller);
      throw error;
    }
  }

  #observe(status: number, startedAt: number): void {
    const seconds = (performance.now() - startedAt) / 1000;
    this.#parts.metrics.answered(BATCH_ROUTE, status, seconds);
  }
}

/** The bridge that a request line posts a batch of, or undefined: then Hono routes it. */
export function batchBridge(method: string | undefined, url: string | undefined) {
  if (method !== 'POST' || url === undefined) return undefined;
  return /^\/v1\/bridges\/([A-Za-z0-9._-]{1,64})\/batches$/.exec(url)?.[1];
}

/** `{jws, records}` and nothing else. Refusals: `bad-request`, `batch-too-large`, `json-…`. */
export function parseBatchBody(body: Uint8Array): { jws: string; records: string[] } {
  const value = parseJson(textOf(body));
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) {
    throw badBatchBody();
  }
  if (!('jws' in value) || !('records' in value)) throw badBatchBody();
  const { jws, records } = value;
  if (typeof jws !== 'string' || jws.length > 4096 || !Array.isArray(records)) throw badBatchBody();
  if (records.length > BATCH_RECORDS) {
    throw new Refusal(
      'batch-too-large',
      `A batch has at most ${BATCH_RECORDS} records. Send the rest in another batch.`,
      { most: BATCH_RECORDS },
    );
  }
  const texts: string[] = [];
  for (const record of records) {
    if (typeof record !== 'string') throw badBatchBody();
    texts.push(record);
  }
  if (texts.length === 0) throw badBatchBody();
  return { jws, records: texts };
}

export function logProblem(log: ApiParts['log'], problem: Problem, error: unknown): void {
  const { code, status, requestId } = problem;
  if (status < 500) log.debug({ code, status, requestId }, 'refused');
  else log.error({ code, status, requestId, err: error }, 'failed');
}

const ANSWER_HEADERS = {
  ...SECURITY_HEADERS,
  'content-type': 'application/json',
  'cache-control': 'no-store',
};

function badBatchBody(): Refusal {
  return new Refusal(
    'bad-request',
    'A batch is sent as {"jws": text, "records": [text, …]} with one record or more.',
  );
}

function unknownBridge(): Refusal {
  return new Refusal('bridge-unknown', 'There is no such bridge here. Check its id.');
}
