import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import { Refusal } from '../ledger/core/refusal.ts';
import type { EInvoicePort } from './e-invoice/e-invoice-port.ts';
import type { Language } from './language.ts';
import type { Idempotency } from './ledger-commands.ts';
import type { LedgerPort } from './ledger-port.ts';
import type { ApiMetrics } from './metrics.ts';
import type { PayDesk } from './payments/pay-desk.ts';
import type { Principal } from './permissions.ts';
import type { Registry } from './registry/registry.ts';
import type { Access } from './sign-in/access.ts';
import { principalOfBearer } from './sign-in/bearer.ts';
import type { OidcSignIn } from './sign-in/oidc.ts';
import type { TokenBuckets } from './token-bucket.ts';

/** Everything that answers need and do not make themselves. */
export interface ApiParts {
  readonly ledger: LedgerPort;
  readonly payDesk: PayDesk;
  /** Who may come in, with what. */
  readonly access: Access;
  /** Buildings, rooms, tenants, leases. */
  readonly registry: Registry;
  /** The identity provider, where one is set up. */
  readonly oidc: OidcSignIn | undefined;
  readonly nowMs: () => number;
  /** `https://host`, without a slash at the end. */
  readonly publicUrl: () => string;
  /** Take the caller's address from the last entry of X-Forwarded-For. */
  readonly behindProxy: boolean;
  readonly log: Logger;
  readonly metrics: ApiMetrics;
  readonly buckets: {
    readonly api: TokenBuckets;
    readonly log: TokenBuckets;
    readonly batches: TokenBuckets;
    readonly refusedBatches: TokenBuckets;
    readonly wrongCodes: TokenBuckets;
    readonly signIns: TokenBuckets;
  };
  /** The built verification page (web/dist). */
  readonly webFolder: string;
  /** Platform of electronic invoices; absent: none is connected. */
  readonly eInvoices?: EInvoicePort | undefined;
  /** Font of what is printed; absent: the packaged ones. */
  readonly pdfFont?: string | undefined;
}

export interface ApiEnv {
  Bindings: { readonly incoming?: IncomingMessage };
  Variables: { requestId: string; language: Language; role: string; code: string };
}
export type ApiContext = Context<ApiEnv>;

/** The caller's own id for a request where it is harmless to log, else a new one. */
export function requestIdOf(header: string | undefined): string {
  return header !== undefined && /^[\w.-]{8,64}$/.test(header) ? header : randomUUID();
}

/** The network address that asks. In-process requests have none. */
export function callerAddress(
  incoming: IncomingMessage | undefined,
  forwarded: string | undefined,
  behindProxy: boolean,
): string {
  const last = behindProxy ? forwarded?.split(',').at(-1)?.trim().slice(0, 64) : undefined;
  return last || incoming?.socket.remoteAddress || 'in-process';
}

/** The network address that a request to Hono comes from. */
export function callerOf(c: ApiContext, { behindProxy }: ApiParts): string {
  return callerAddress(c.env?.incoming, c.req.header('x-forwarded-for'), behindProxy);
}

/** Who asks, if a token says so; counted against the token's holder, else against the address. */
export async function admit(c: ApiContext, parts: ApiParts): Promise<Principal | undefined> {
  const { buckets } = parts;
  let caller = callerOf(c, parts);
  try {
    const authorization = c.req.header('authorization');
    const principal = await principalOfBearer(parts.access, authorization);
    if (principal !== undefined) {
      caller = `token ${principal.id}`;
      c.set('role', principal.role);
    }
    return principal;
  } finally {
    takeToken(buckets.api, caller);
  }
}

/** Refuses `too-many-requests` when the caller's bucket is empty. */
export function takeToken(bucket: TokenBuckets, caller: string): void {
  const taken = bucket.take(caller);
  if (taken.ok) return;
  const { retryAfter } = taken;
  throw new Refusal(
    'too-many-requests',
    `Too many requests. Wait ${retryAfter} s, then go on more slowly.`,
    { retryAfter },
  );
}

/**
 * The request's Idempotency-Key together with a hash of all that makes it the same request. Refusals:
 * `idempotency-key-missing` where it is a must, `idempotency-key-bad`.
 */
export function idempotencyOf(
  request: Request,
  body: Uint8Array,
  principal: Principal,
  isMust: boolean,
): Idempotency | undefined {
  const key = request.headers.get('idempotency-key');
  if (key === null) {
    if (!isMust) return undefined;
    throw new Refusal(
      'idempotency-key-missing',
      'Send an Idempotency-Key header, the same one when you try again, so that nothing is done twice.',
    );
  }
  if (!/^[\x21-\x7e]{1,128}$/.test(key)) {
    throw new Refusal(
      'idempotency-key-bad',
      'An Idempotency-Key is 1 to 128 visible ASCII characters, such as a UUID.',
    );
  }
  const { pathname, search } = new URL(request.url);
  const asked = createHash('sha256')
    .update(`${request.method}\n${pathname}${search}\n${principal.id}\n`)
    .update(body);
  return { key, request: asked.digest('hex') };
}
