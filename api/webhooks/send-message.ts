import { lookup } from 'node:dns/promises';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { Address, AllowedAddresses } from './allowed-address.ts';

/** What became of one try. Nothing of the answer's body is read. */
export type Outcome = { readonly status: number } | { readonly code: SendFailure };
export type SendFailure =
  | 'address-refused'
  | 'name-unknown'
  | 'timeout'
  | 'tls-refused'
  | 'not-reached'
  | 'stopping';

export interface Sending {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface SendOptions {
  readonly allowed: AllowedAddresses;
  readonly timeoutMs: number;
  /** Every address of a name. */
  readonly resolve?: (host: string) => Promise<readonly Address[]>;
}

/**
 * One POST. The name is resolved here, each of its addresses is judged, and the connection goes to exactly
 * the one that was judged, so that a name which answers differently the second time reaches nothing else. No
 * redirect is followed: its target would be one more address that somebody else chose.
 */
export async function sendMessage(sending: Sending, options: SendOptions): Promise<Outcome> {
  const url = new URL(sending.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([sending.signal, timeout]);
  const why = (code: SendFailure): Outcome => {
    if (sending.signal.aborted) return { code: 'stopping' };
    return { code: timeout.aborted ? 'timeout' : code };
  };
  let found: readonly Address[];
  try {
    found = await orAborted((options.resolve ?? addressesOf)(host), signal);
  } catch {
    return why('name-unknown');
  }
  const { allowed } = options;
  const [first] = found;
  const isAllowed = ({ address }: Address) =>
    url.protocol === 'https:' ? allowed.isAllowed(address) : allowed.isNamed(address);
  if (first === undefined) return { code: 'name-unknown' };
  // All of them: a name with one private address is a try to reach it.
  if (!found.every(isAllowed)) return { code: 'address-refused' };
  return await post(url, first, sending, signal).catch((error: unknown) => {
    return why(isTls(error) ? 'tls-refused' : 'not-reached');
  });
}

async function addressesOf(host: string): Promise<readonly Address[]> {
  const family = isIP(host);
  if (family !== 0) return [{ address: host, family: family === 4 ? 4 : 6 }];
  const found = await lookup(host, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 4 ? 4 : 6 }));
}

async function post(
  url: URL,
  { address, family }: Address,
  { headers, body }: Sending,
  signal: AbortSignal,
): Promise<Outcome> {
  const bytes = Buffer.from(body);
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return await new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': String(bytes.length),
        'user-agent': 'billproof-webhooks/1',
        ...headers,
      },
      // A connection of its own: one that is kept open was judged for another message.
      agent: false,
      lookup: (_host, options, answer) => {
        if (options.all === true) answer(null, [{ address, family }]);
        else answer(null, address, family);
      },
      signal,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      resolve({ status: response.statusCode ?? 0 });
      response.on('error', () => undefined);
      response.destroy();
    });
    request.end(bytes);
  });
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function isTls(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|EPROTO)/.test(code);
}
