import { ProviderUnavailable } from './provider.ts';

export interface ProviderRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer as it came, whatever its status. */
export interface ProviderReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * One HTTP request, not repeated. Throws `ProviderUnavailable` for anything that says nothing: no
 * connection, no answer in time, a redirection, 429, 5xx. The address is left out of the message, since
 * some providers put a token into it.
 */
export async function askProvider(
  request: ProviderRequest,
  timeoutMs: number,
): Promise<ProviderReply> {
  const reply = await fetchWhole(request, timeoutMs);
  if (reply.status === 429 || reply.status < 200 || reply.status >= 500) {
    throw new ProviderUnavailable(`the provider answered with HTTP ${reply.status}`);
  }
  return reply;
}

async function fetchWhole(request: ProviderRequest, timeoutMs: number): Promise<ProviderReply> {
  const { method, url, headers, body } = request;
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body }),
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: new Uint8Array(await response.arrayBuffer()),
    };
  } catch (cause) {
    const what = cause instanceof Error && cause.name === 'TimeoutError' ? 'in time' : 'at all';
    throw new ProviderUnavailable(`the provider did not answer ${what}`);
  }
}
