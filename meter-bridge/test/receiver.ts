import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { batchHash, parseBatch } from '../../ledger/core/batch.ts';
import { hex, utf8 } from '../../ledger/core/bytes.ts';
import { type DeviceJwk, parseDeviceJwk, thumbprint } from '../../ledger/core/device-key.ts';
import { rootOf } from '../../ledger/core/merkle.ts';
import { parseReading, type Reading, ZERO_HASH } from '../../ledger/core/reading.ts';

/** An answer that the receiver gives instead of accepting, as a network or a ledger would. */
export type Fault =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  /** The batch is taken, the connection breaks before the answer. */
  | 'drop-answer'
  | 'drop-request';

export interface ReceivedRecord {
  readonly reading: Reading;
  readonly text: string;
}

/** Status 0: the connection breaks without an answer. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

/**
 * The strictest ledger that the HTTP protocol allows, without a ledger behind it: verifies signature,
 * root, the chain of batches and each meter's chain; keeps everything; refuses a second record for a
 * place with 409 and a broken chain with 422. For tests of the bridge alone.
 */
export class Receiver {
  readonly token = randomBytes(16).toString('hex');
  readonly faults: Fault[] = [];
  /** Accepted records by `epoch/meter`, the sequence number as index. */
  readonly chains = new Map<string, ReceivedRecord[]>();
  /** Hash of the last batch by epoch, and the next batch's number. */
  readonly batches = new Map<number, { next: number; prev: string; readonly jws: string[] }>();
  readonly conflicts: string[] = [];
  requests = 0;
  jwk: DeviceJwk | undefined;
  epoch = 0;
  readonly #server = createServer((request, response) => {
    void this.#answer(request).then(({ status, body, headers }) => {
      if (status === 0) {
        response.destroy();
        return;
      }
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    });
  });

  async listen(port = 0): Promise<string> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** All records of a meter in all epochs, in the order accepted. */
  recordsOf(meter: string): ReceivedRecord[] {
    return [...this.chains].flatMap(([key, list]) => (key.endsWith(`/${meter}`) ? list : []));
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const enrolling = /^\/v1\/bridges\/([^/]+)\/enrol$/.exec(request.url ?? '')?.[1];
    if (enrolling !== undefined) return this.#enrol(enrolling, body);
    this.requests += 1;
    const fault = this.faults.shift();
    if (fault === 'drop-request') return { status: 0, body: {} };
    if (fault !== undefined && fault !== 'drop-answer') {
      return { status: fault.status, body: fault.body ?? {}, headers: fault.headers ?? {} };
    }
    const answer = this.#accept(body);
    return fault === 'drop-answer' ? { status: 0, body: {} } : answer;
  }

  #enrol(bridge: string, body: unknown): Answer {
    const { token, jwk, proof } = fields(body);
    const key = parseDeviceJwk(jwk);
    const hash = createHash('sha256').update(this.token).digest('hex');
    const isProven =
      typeof proof === 'string' &&
      token === this.token &&
      this.#isSigned(key, proof) &&
      claimOf(proof).startsWith('{"at":') &&
      claimOf(proof).endsWith(`,"bridge":"${bridge}","token":"${hash}","v":1}`);
    if (!isProven) return { status: 401, body: { code: 'bad-enrolment' } };
    this.jwk = key;
    return { status: 200, body: { epoch: this.epoch, fingerprint: thumbprint(key) } };
  }

  #accept(body: unknown): Answer {
    const { jws, records } = fields(body);
    if (typeof jws !== 'string' || !isTexts(records)) return problem(400, 'bad-body');
    const { payload, payloadText, kid } = parseBatch(jws);
    const { jwk } = this;
    if (jwk === undefined || kid !== thumbprint(jwk) || !this.#isSigned(jwk, jws)) {
      return problem(401, 'unknown-key');
    }
    if (payload.count !== records.length || payload.root !== hex(rootOf(records.map(utf8)))) {
      return problem(422, 'bad-root');
    }
    const chain = this.batches.get(payload.epoch) ?? { next: 0, prev: ZERO_HASH, jws: [] };
    this.batches.set(payload.epoch, chain);
    if (payload.batch < chain.next) {
      if (chain.jws[payload.batch] !== jws) return this.#conflict(`batch ${payload.batch}`);
    } else if (payload.batch > chain.next || payload.prev !== chain.prev) {
      return problem(422, 'broken-batch-chain');
    } else {
      chain.next += 1;
      chain.prev = batchHash(payloadText);
      chain.jws.push(jws);
    }
    return this.#take(records);
  }

  #take(records: readonly string[]): Answer {
    const accepted: Record<string, number> = {};
    let known = 0;
    for (const text of records) {
      const reading = parseReading(text);
      const key = `${reading.epoch}/${reading.meter}`;
      const chain = this.chains.get(key) ?? [];
      this.chains.set(key, chain);
      const there = chain[reading.seq];
      if (there) {
        if (there.text !== text) return this.#conflict(`${key} seq ${reading.seq}`);
        known += 1;
      } else {
        const last = chain.at(-1);
        const prev = last ? createHash('sha256').update(last.text).digest('hex') : ZERO_HASH;
        if (reading.seq !== chain.length || reading.prev !== prev) {
          return problem(422, 'broken-chain');
        }
        chain.push({ reading, text });
      }
      accepted[reading.meter] = reading.seq;
    }
    return { status: 200, body: { accepted, known, wanted: {} } };
  }

  #conflict(what: string): Answer {
    this.conflicts.push(what);
    return problem(409, 'equivocation');
  }

  #isSigned(jwk: DeviceJwk, jws: string): boolean {
    const [header = '', payload = '', signature = ''] = jws.split('.');
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
    return verify(
      'sha256',
      Buffer.from(`${header}.${payload}`, 'ascii'),
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
  }
}

function claimOf(jws: string): string {
  return Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8');
}

function problem(status: number, code: string): Answer {
  return { status, body: { code } };
}

function fields(body: unknown): Readonly<Record<string, unknown>> {
  return typeof body === 'object' && body !== null ? Object.fromEntries(Object.entries(body)) : {};
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
