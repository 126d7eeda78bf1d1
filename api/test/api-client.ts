import { randomUUID } from 'node:crypto';
import type { Hono } from 'hono';
import type { ApiEnv } from '../http-context.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed, where it is JSON; else the text. */
  readonly body: unknown;
}

export interface Ask {
  readonly token?: string | undefined;
  readonly json?: unknown;
  readonly body?: string | Uint8Array<ArrayBuffer> | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: a new one for each POST; null: none. */
  readonly key?: string | null;
}

/** Asks the application in-process, as a client would over a socket. */
export class ApiClient {
  readonly #app: Hono<ApiEnv>;

  constructor(app: Hono<ApiEnv>) {
    this.#app = app;
  }

  async ask(method: string, path: string, ask: Ask = {}): Promise<Answer> {
    const headers = new Headers(ask.headers);
    if (ask.token !== undefined) headers.set('authorization', `Bearer ${ask.token}`);
    const key = ask.key === undefined ? randomUUID() : ask.key;
    if (method === 'POST' && key !== null) headers.set('idempotency-key', key);
    let { body } = ask;
    if (ask.json !== undefined) {
      body = JSON.stringify(ask.json);
      if (!headers.has('content-type')) headers.set('content-type', 'application/json');
    }
    const response = await this.#app.request(path, { method, headers, body: body ?? null });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const parsed: unknown = isJson && text !== '' ? JSON.parse(text) : text;
    return { status: response.status, headers: response.headers, body: parsed };
  }

  async get(path: string, token?: string): Promise<Answer> {
    return await this.ask('GET', path, { token });
  }

  /** The body as it came; an answer that is not 200 is an error. */
  async bytes(path: string, token: string): Promise<Uint8Array> {
    const headers = { authorization: `Bearer ${token}` };
    const response = await this.#app.request(path, { headers });
    if (response.status !== 200) throw new Error(`${path}: ${await response.text()}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  async post(path: string, token: string | undefined, json: unknown): Promise<Answer> {
    return await this.ask('POST', path, { token, json });
  }
}

/** Status and code of a problem, to compare at one glance. */
export function problem(answer: Answer): string {
  return `${answer.status} ${String(member(answer.body, 'code'))}`;
}

/** A member by path, such as `data/0/id`; undefined where there is none. */
export function member(value: unknown, path: string): unknown {
  let found: unknown = value;
  for (const step of path.split('/')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = new Map(Object.entries(found)).get(step);
  }
  return found;
}
