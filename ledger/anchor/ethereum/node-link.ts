import { setTimeout as delay } from 'node:timers/promises';
import { Refusal } from '../../core/refusal.ts';
import { ChainUnavailable } from '../chain.ts';
import { isRecord, type RpcCall } from './json-rpc.ts';

/** A node that has not answered by then has failed. */
const DEADLINE_MS = 10_000;
/** Much more than a block's header or a proof takes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_WORDS = 300;

/** The node has answered with an error. Who knows no more of it asks again later. */
export class NodeError extends ChainUnavailable {
  /** What a contract said when it refused: `0x` hex, empty where the node keeps it back. */
  readonly reverted: string | undefined;

  constructor(message: string, reverted: string | undefined) {
    super(message);
    this.reverted = reverted;
  }
}

/** JSON-RPC 2.0 over HTTP, with a deadline, and errors in which nothing secret stands. */
export class NodeLink {
  readonly #url: URL;
  readonly #headers: Record<string, string> = { 'content-type': 'application/json' };
  readonly #secrets: readonly string[];
  readonly #deadlineMs: number;
  readonly #closed = new AbortController();
  #calls = 0;

  /** Refusal `ethereum-rpc`. */
  constructor(address: string, deadlineMs = DEADLINE_MS) {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || !isDecodable(url)) {
      throw new Refusal('ethereum-rpc', 'The address of the node is no http or https URL.');
    }
    this.#secrets = secretsIn(url);
    if (url.username !== '' || url.password !== '') {
      this.#headers['authorization'] = `Basic ${credentialsOf(url)}`;
      [url.username, url.password] = ['', ''];
    }
    this.#url = url;
    this.#deadlineMs = deadlineMs;
  }

  /** Throws `ChainUnavailable`, also as `NodeError`. Refusal `ethereum-rpc`: the node wants no business with us. */
  readonly call: RpcCall = async (method, params) => {
    this.#calls += 1;
    const id = this.#calls;
    const { status, text } = await this.#post(
      JSON.stringify({ jsonrpc: '2.0', id, method, params }),
    );
    if (status === 401 || status === 403) {
      throw new Refusal('ethereum-rpc', `The node denies us ${method} (HTTP ${status}).`, {
        status,
      });
    }
    const answer = parse(text);
    const error = memberOf(answer, 'error');
    const said = memberOf(error, 'message');
    if (typeof said === 'string') {
      const words = this.#withoutSecrets(said);
      const reverted = revertOf(memberOf(error, 'data'), words);
      throw new NodeError(`The node says to ${method}: ${words}`, reverted);
    }
    const result = memberOf(answer, 'result');
    if (status !== 200 || result === undefined || memberOf(answer, 'id') !== id) {
      throw new ChainUnavailable(`The node gave no answer to ${method} (HTTP ${status}).`);
    }
    return result;
  };

  /** Ends early, as `ChainUnavailable`, when the link is closed. */
  async wait(ms: number): Promise<void> {
    try {
      await delay(ms, undefined, { signal: this.#closed.signal });
    } catch {
      throw new ChainUnavailable('The connection to the node was closed.');
    }
  }

  close(): void {
    this.#closed.abort();
  }

  async #post(body: string): Promise<{ readonly status: number; readonly text: string }> {
    const { signal } = this.#closed;
    try {
      const answer = await fetch(this.#url, {
        ...{ method: 'POST', body, headers: this.#headers, redirect: 'error' },
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.#deadlineMs)]),
      });
      return { status: answer.status, text: await textOf(answer) };
    } catch (error) {
      // Without its cause: that may name the address.
      throw error instanceof ChainUnavailable ? error : new ChainUnavailable(reasonOf(error));
    }
  }

  /** Nodes repeat what was wrong, a token in the address among it. */
  #withoutSecrets(words: string): string {
    let clean = words;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, '…');
    return clean.replaceAll(/\s+/g, ' ').slice(0, MAX_WORDS);
  }
}

/**
 * Name and password, and parts of an address that may be a token: shorter ones are words like `v3`. In any
 * spelling, and the longest first, so that nothing is left of one that holds another.
 */
function secretsIn(url: URL): string[] {
  const { username, password, pathname, searchParams, href } = url;
  const words = [...pathname.split('/'), ...[...searchParams].flat()];
  const long = words.filter((word) => word.length >= 8);
  const parts = [username, password, ...long];
  const all = [href, credentialsOf(url), ...parts, ...parts.map(decoded)];
  return all.filter((part) => part !== '').sort((a, b) => b.length - a.length);
}

/** As HTTP sends them (RFC 7617). */
function credentialsOf({ username, password }: URL): string {
  if (username === '' && password === '') return '';
  return Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64');
}

/** Words of a query are decoded already: what cannot be decoded again stays as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function isDecodable({ username, password, pathname }: URL): boolean {
  try {
    decodeURIComponent(username + password + pathname);
    return true;
  } catch {
    return false;
  }
}

async function textOf(answer: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new ChainUnavailable('The answer of the node is too long.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A member of an object, undefined where there is none. */
export function memberOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

/** Nodes give the data as it is, behind a word, or one level deeper. */
function revertOf(data: unknown, words: string): string | undefined {
  const inner = typeof data === 'string' ? data : memberOf(data, 'data');
  const found = typeof inner === 'string' ? /0x(?:[0-9a-f]{2})*$/i.exec(inner)?.[0] : undefined;
  return found ?? (/revert/i.test(words) ? '0x' : undefined);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'The node cannot be reached.';
  if (error.name === 'TimeoutError') return 'The node did not answer in time.';
  if (error.name === 'AbortError') return 'The connection to the node was closed.';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? `: ${String(cause.code)}` : '';
  return `The node cannot be reached${code}.`;
}
