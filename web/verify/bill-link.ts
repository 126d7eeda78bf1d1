import type { CheckRequest } from './check-bill.ts';

/** What follows `#` in the code on a paper bill. It never reaches a server. */
export interface BillLink {
  readonly bundle: URL;
  /** What opens the bill: its share key, or the code that somebody typed. */
  readonly secret: { readonly 'Billproof-Key': string } | { readonly 'Billproof-Code': string };
  readonly expected: NonNullable<CheckRequest['expected']>;
  /** What opens it again, wherever it is scanned. */
  readonly address?: string;
}
export type Fetched = { readonly file: Blob } | { readonly state: 'unreachable' | 'expired' };

const PATIENCE_MS = 30_000;
/** The server says that it knows the bill no longer, or not with this key. */
const GONE = new Set([401, 403, 404, 410]);

/** Reads `#bundle=<url>&key=<secret>&c=<commitment>&a=<minor units>`; `undefined` for anything else. */
export function parseLink(fragment: string, base: string): BillLink | undefined {
  const fields = new URLSearchParams(fragment.replace(/^#/, ''));
  const address = fields.get('bundle');
  const bundle = address === null ? undefined : urlOf(address, base);
  if (bundle === undefined) return undefined;
  if (bundle.protocol !== 'https:' && bundle.protocol !== 'http:') return undefined;
  const commitment = commitmentHex(fields.get('c') ?? '');
  const minorUnits = fields.get('a') ?? undefined;
  return {
    bundle,
    secret: { 'Billproof-Key': fields.get('key') ?? '' },
    expected: {
      ...(commitment === undefined ? {} : { commitment }),
      ...(minorUnits === undefined ? {} : { minorUnits }),
    },
    ...(/^https?:/.test(base) && {
      address: `${base.split('#')[0]}#${fragment.replace(/^#/, '')}`,
    }),
  };
}

/** The bill that a code opens where this page comes from; it says nothing of what the paper says. */
export function linkOfCode(symbols: string): BillLink {
  return {
    bundle: new URL('/v1/bundles/by-code', location.href),
    secret: { 'Billproof-Code': symbols },
    expected: {},
  };
}

/**
 * Fetches the bill that a link names. Key or code travels in a header, so it stays out of addresses,
 * logs and histories. With `seen`, the server adds the proof that its log grew from that size.
 */
export async function fetchBill(link: BillLink, seen?: number): Promise<Fetched> {
  const address = new URL(link.bundle);
  if (seen !== undefined) address.searchParams.set('seen', String(seen));
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const response = await fetch(address, {
      headers: { Accept: 'application/vnd.billproof+json', ...link.secret },
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
      signal: patience.signal,
    });
    if (GONE.has(response.status)) return { state: 'expired' };
    if (!response.ok) return { state: 'unreachable' };
    return { file: await response.blob() };
  } catch {
    return { state: 'unreachable' };
  } finally {
    clearTimeout(timer);
  }
}

/** `URL.canParse` and `AbortSignal.timeout` are younger than the browsers that open this page. */
function urlOf(address: string, base: string): URL | undefined {
  try {
    return new URL(address, base);
  } catch {
    return undefined;
  }
}

/** The first 16 bytes of the commitment as 32 hex digits, from hex or base64url. */
function commitmentHex(text: string): string | undefined {
  if (text === '') return undefined;
  if (!/^[A-Za-z0-9_-]{22}$/.test(text)) return text.toLowerCase();
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return [...binary].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}
