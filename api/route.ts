import { z } from 'zod';
import type { ApiContext } from './http-context.ts';
import type { Idempotency } from './ledger-commands.ts';
import type { LedgerPort } from './ledger-port.ts';
import type { Format, Sheet } from './lists/sheet.ts';
import type { PayDesk } from './payments/pay-desk.ts';
import type { Permission, Principal } from './permissions.ts';
import type { Registry } from './registry/registry.ts';
import type { Access } from './sign-in/access.ts';
import type { OidcSignIn } from './sign-in/oidc.ts';

/** What a JSON route answers; the ledger's own `replayed` becomes a header, not a member. */
export interface Reply {
  readonly body: unknown;
  readonly replayed?: boolean;
  /** Where to look for what becomes of it. */
  readonly location?: string;
  /** In place of the body: a file for a spreadsheet. */
  readonly sheet?: Sheet & { readonly format: 'csv' | 'xlsx' };
}

/** The parts of a request that a schema reads. */
export interface Parts<P = unknown, Q = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
}

/** What a route knows beside the parts of its request. */
export interface Setting {
  readonly principal: Principal;
  /** The site that the request is about; '' on routes of the whole server. */
  readonly site: string;
  readonly idempotency: Idempotency | undefined;
  readonly ledger: LedgerPort;
  readonly payDesk: PayDesk;
  readonly access: Access;
  readonly registry: Registry;
  /** The identity provider, where one is set up. */
  readonly oidc: OidcSignIn | undefined;
  /** By the Accept header. */
  readonly accepts: Format;
  /** `https://host`, without a slash at the end. */
  readonly publicUrl: string;
  readonly nowMs: number;
}

export type Call<P, Q, B> = Parts<P, Q, B> & Setting;

export interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What the API document says of a route, and what the router needs: one object, so they agree. */
interface Outline {
  readonly method: 'GET' | 'POST';
  /** As OpenAPI writes it: `/v1/accounts/{account}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** Refusal codes that a caller should expect beyond those of every route. */
  readonly codes: readonly string[];
  readonly example?: Example;
}

export interface JsonRoute extends Outline {
  readonly kind: 'json';
  readonly permission: Permission;
  /** `server`: no site is meant. */
  readonly scope: 'site' | 'server';
  /** The Idempotency-Key header is a must. */
  readonly once: boolean;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodObject | undefined;
  readonly reply: z.ZodType;
  readonly status: 200 | 201 | 202;
  /** `enter` is told the sites that query and body name. */
  readonly answer: (
    raw: Parts,
    parse: Parse,
    enter: (sites: readonly (string | undefined)[]) => Promise<Setting>,
  ) => Promise<Reply>;
}

/** A route with bytes, texts or an authentication of its own; its body is described, not parsed. */
export interface PlainRoute extends Outline {
  readonly kind: 'plain';
  readonly security: 'none' | 'token' | 'token-or-share-key';
  /** What a token needs where one is sent for it. */
  readonly permission?: Permission;
  /** Where the router needs another pattern than the document. */
  readonly pattern?: string;
  readonly cors: boolean;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: z.ZodObject;
  readonly replies: readonly PlainReply[];
  readonly handle: (c: ApiContext) => Response | Promise<Response>;
}

export interface PlainReply {
  readonly status: number;
  readonly type: string;
  readonly description: string;
  readonly schema?: z.ZodType;
}

export type Route = JsonRoute | PlainRoute;

export type Where = 'params' | 'query' | 'body';

/** Refuses `bad-request` with every mistake in that part of the request. */
export type Parse = <T>(schema: z.ZodType<T>, value: unknown, where: Where) => T;

interface JsonSpec<P extends z.ZodRawShape, Q extends z.ZodRawShape, B extends z.ZodRawShape>
  extends Outline {
  readonly permission: Permission;
  readonly scope?: 'server';
  readonly once?: boolean;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly reply: z.ZodType;
  readonly status?: 200 | 201 | 202;
  readonly handle: (
    call: Call<z.output<z.ZodObject<P>>, z.output<z.ZodObject<Q>>, z.output<z.ZodObject<B>>>,
  ) => Promise<Reply>;
}

const site = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/)
  .optional();

/**
 * A route of one shape: parse, one use case, encode. Every part is strict: what a schema does not
 * name is refused. `site` may stand in the query of each route of a site, and in its body.
 */
export function jsonRoute<
  P extends z.ZodRawShape = Record<never, never>,
  Q extends z.ZodRawShape = Record<never, never>,
  B extends z.ZodRawShape = Record<never, never>,
>(spec: JsonSpec<P, Q, B>): JsonRoute {
  const { handle, permission, scope = 'site', once = false, status = 200, reply } = spec;
  const { method, path, tag, summary, codes, example } = spec;
  const params = strict(spec.params, true);
  const query = strict(spec.query, scope === 'server');
  const body = strict(spec.body, scope === 'server');
  return {
    kind: 'json',
    ...{ method, path, tag, summary, codes, example },
    ...{ permission, scope, once, status, reply, params, query },
    body: method === 'GET' ? undefined : body,
    answer: async (raw, parse, enter) => {
      const parts = {
        params: parse(params, raw.params, 'params'),
        query: parse(query, raw.query, 'query'),
        body: parse(body, raw.body, 'body'),
      };
      if (scope === 'site') {
        // What a schema does not name the handler does not get, so that it may pass the rest on whole.
        for (const part of [parts.query, parts.body]) Reflect.deleteProperty(part, 'site');
      }
      return await handle({ ...parts, ...(await enter([siteIn(raw.query), siteIn(raw.body)])) });
    },
  };
}

function siteIn(part: unknown): string | undefined {
  if (typeof part !== 'object' || part === null || !('site' in part)) return undefined;
  return typeof part.site === 'string' ? part.site : undefined;
}

/** The handler reads its own members; `site` is read for it. */
function strict<S extends z.ZodRawShape>(shape: S | undefined, isWhole: boolean): z.ZodObject<S> {
  const named = shape ?? ({} as S);
  return z.strictObject(isWhole ? named : { ...named, site });
}
