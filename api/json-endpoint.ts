import { Refusal } from '../ledger/core/refusal.ts';
import { type ApiContext, type ApiParts, admit, idempotencyOf } from './http-context.ts';
import { jsonOf, readBody } from './json-body.ts';
import { acceptedFormat } from './lists/sheet.ts';
import { sheetAnswer } from './lists/sheet-answer.ts';
import { parserIn } from './parse-part.ts';
import { demand, siteFor } from './permissions.ts';
import { InvalidRequest } from './problem.ts';
import type { JsonRoute } from './route.ts';

/** The Hono handler of a JSON route: who, may they, what exactly, where; then the route's one call. */
export function jsonEndpoint(route: JsonRoute, parts: ApiParts) {
  const isSheet = Object.hasOwn(route.query.shape, 'format');
  return async (c: ApiContext): Promise<Response> => {
    const principal = await admit(c, parts);
    if (principal === undefined) throw tokenMissing();
    demand(principal, route.permission);
    const request = c.req.raw;
    const bytes = route.method === 'GET' ? new Uint8Array() : await readBody(request);
    const raw = {
      params: c.req.param(),
      query: queryOf(c),
      body: route.body === undefined ? {} : jsonOf(bytes, request.headers.get('content-type')),
    };
    const { ledger, payDesk, access, registry, oidc } = parts;
    const publicUrl = parts.publicUrl();
    const reply = await route.answer(raw, parserIn(c.get('language')), async (sites) => {
      const site = route.scope === 'server' ? '' : siteFor(principal, sites);
      if (site !== '' && (await ledger.findSite(site)) === undefined) throw unknownSite(site);
      const idempotency =
        route.method === 'GET' ? undefined : idempotencyOf(request, bytes, principal, route.once);
      return {
        ...{ principal, site, idempotency, ledger, payDesk, access, registry, oidc, publicUrl },
        accepts: isSheet ? acceptedFormat(c.req.header('accept')) : 'json',
        nowMs: parts.nowMs(),
      };
    });
    if (reply.sheet !== undefined) return await sheetAnswer(reply.sheet);
    return new Response(JSON.stringify(reply.body), {
      status: route.status,
      headers: {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        ...(isSheet && { vary: 'Accept' }),
        ...(reply.location !== undefined && { location: reply.location }),
        ...(reply.replayed && { 'idempotent-replayed': 'true' }),
      },
    });
  };
}

/** Each name once: of two values nobody could say which one was meant. */
export function queryOf(c: ApiContext): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, values] of Object.entries(c.req.queries())) {
    const [value = '', ...more] = values;
    if (more.length > 0) {
      const pointer = `?${name.slice(0, 64)}`;
      const detail = `${pointer} is given ${values.length} times. Give it once.`;
      throw new InvalidRequest('bad-request', detail, [{ pointer, code: 'repeated', detail }]);
    }
    query[name] = value;
  }
  return query;
}

export function unknownSite(site: string): Refusal {
  return new Refusal('site-unknown', `There is no site ${site} here. Check its id.`, { site });
}

export function tokenMissing(): Refusal {
  return new Refusal('token-missing', 'Send an access token: Authorization: Bearer <token>.');
}
