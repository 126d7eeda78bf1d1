import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { z } from 'zod';
import { readBillCode } from '../ledger/core/bill-code.ts';
import { Refusal } from '../ledger/core/refusal.ts';
import { accepts } from './content-coding.ts';
import { type ApiContext, type ApiParts, admit, callerOf, takeToken } from './http-context.ts';
import { queryOf, tokenMissing, unknownSite } from './json-endpoint.ts';
import { parserIn } from './parse-part.ts';
import { demand, siteFor } from './permissions.ts';
import type { PlainRoute } from './route.ts';
import { SITE, STATEMENT } from './routes/examples.ts';
import { unknownStatement, visibleStatement } from './routes/statements.ts';
import { id, siteId } from './shapes.ts';

export const BUNDLE_TYPE = 'application/vnd.billproof+json';
export const SHARE_KEY_HEADER = 'billproof-key';
export const BILL_CODE_HEADER = 'billproof-code';

const params = z.strictObject({ id });
const query = z.strictObject({
  site: siteId.optional(),
  seen: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,14})$/)
    .transform(Number)
    .pipe(z.int().min(0))
    .optional()
    .describe('Size of a checkpoint that the asker remembers; its consistency proof is added'),
});

/**
 * A statement's proof bundle, for whoever may read the statement and for whoever holds its share key.
 * The key comes in a header, never in the address, where logs and histories would keep it.
 */
export function bundleRoute(parts: ApiParts): PlainRoute {
  return {
    kind: 'plain',
    method: 'GET',
    path: '/v1/statements/{id}/bundle',
    tag: 'Statements',
    summary: 'Read the proof bundle of a statement, by token or share key',
    security: 'token-or-share-key',
    permission: 'statement.read',
    cors: true,
    params,
    query,
    headers: { 'Billproof-Key': 'Share key of the statement; needs no token' },
    replies: [
      { status: 200, type: BUNDLE_TYPE, description: 'The proof bundle (docs/formats.md)' },
    ],
    codes: ['statement-unknown', 'share-expired', 'token-missing', 'forbidden-site'],
    example: { params: { id: STATEMENT }, query: { site: SITE } },
    handle: async (c) => {
      const principal = await admit(c, parts);
      const parse = parserIn(c.get('language'));
      const statement = parse(params, c.req.param(), 'params').id;
      const { site: named, seen } = parse(query, queryOf(c), 'query');
      const key = c.req.header(SHARE_KEY_HEADER);
      if (key !== undefined) {
        const site = await siteOpenedBy(parts, named, statement, key);
        return await bundleAnswer(c, parts, site, statement, seen);
      }
      if (principal === undefined) throw tokenMissing();
      demand(principal, 'statement.read');
      const site = siteFor(principal, [named]);
      if ((await parts.ledger.findSite(site)) === undefined) throw unknownSite(site);
      await visibleStatement(parts.ledger, principal, site, statement);
      return await bundleAnswer(c, parts, site, statement, seen);
    },
  };
}

const byCodeQuery = z.strictObject({ seen: query.shape.seen });

/** The same bundle for whoever has typed the code of a paper bill. */
export function bundleByCodeRoute(parts: ApiParts): PlainRoute {
  return {
    kind: 'plain',
    method: 'GET',
    path: '/v1/bundles/by-code',
    tag: 'Statements',
    summary: 'Read the proof bundle that the code on a paper bill opens',
    security: 'none',
    cors: true,
    params: z.strictObject({}),
    query: byCodeQuery,
    headers: { 'Billproof-Code': 'Twelve symbols; case, spaces and hyphens do not matter' },
    replies: [
      { status: 200, type: BUNDLE_TYPE, description: 'The proof bundle (docs/formats.md)' },
    ],
    codes: ['code-mistyped', 'share-expired', 'too-many-requests'],
    handle: async (c) => {
      const { ledger, buckets } = parts;
      await admit(c, parts);
      const { seen } = parserIn(c.get('language'))(byCodeQuery, queryOf(c), 'query');
      const symbols = readBillCode(c.req.header(BILL_CODE_HEADER) ?? '');
      if (symbols === undefined) throw codeMistyped();
      const caller = callerOf(c, parts);
      // Guesses are what is counted: the right code costs nothing.
      if (!buckets.wrongCodes.has(caller)) takeToken(buckets.wrongCodes, caller);
      for (const { site } of await ledger.sites()) {
        const statement = await ledger.statementOfCode(site, symbols);
        if (statement !== undefined) return await bundleAnswer(c, parts, site, statement, seen);
      }
      buckets.wrongCodes.take(caller);
      throw shareExpired();
    },
  };
}

/** The site whose statement the key opens. Links on paper have no room for the site's name. */
async function siteOpenedBy(
  { ledger }: ApiParts,
  named: string | undefined,
  statement: string,
  key: string,
): Promise<string> {
  if (!/^[A-Za-z0-9_-]{22}$/.test(key)) throw shareExpired();
  let isKnown = false;
  for (const { site } of await ledger.sites()) {
    if (named !== undefined && named !== site) continue;
    if ((await ledger.statement(site, statement)) === undefined) continue;
    isKnown = true;
    if (await ledger.openByShareKey(site, statement, key)) return site;
  }
  throw isKnown ? shareExpired() : unknownStatement();
}

async function bundleAnswer(
  c: ApiContext,
  { ledger }: ApiParts,
  site: string,
  statement: string,
  seen: number | undefined,
): Promise<Response> {
  const text = await ledger.bundle(site, statement, { seen });
  const headers = {
    'content-type': BUNDLE_TYPE,
    'content-disposition': `attachment; filename="${statement}.billproof"`,
    'cache-control': 'private, no-store',
    vary: 'Accept-Encoding, Authorization, Billproof-Key, Billproof-Code',
  };
  if (!accepts('gzip', c.req.header('accept-encoding'))) return new Response(text, { headers });
  const packed = new Uint8Array(await compress(text));
  return new Response(packed, { headers: { ...headers, 'content-encoding': 'gzip' } });
}

const compress = promisify(gzip);

function shareExpired(): Refusal {
  return new Refusal(
    'share-expired',
    'This code no longer opens the bill. Sign in, or ask for the .billproof file.',
  );
}

function codeMistyped(): Refusal {
  return new Refusal('code-mistyped', 'That is no code of a bill. Look at each symbol again.');
}
