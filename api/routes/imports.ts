import { z } from 'zod';
import { type ApiParts, admit } from '../http-context.ts';
import { type ImportReport, importTables } from '../import/import-tables.ts';
import { readTables } from '../import/read-table.ts';
import { TABLE_KINDS } from '../import/templates.ts';
import { readBody } from '../json-body.ts';
import { queryOf, tokenMissing, unknownSite } from '../json-endpoint.ts';
import { parserIn } from '../parse-part.ts';
import { demand, siteFor } from '../permissions.ts';
import type { PlainRoute } from '../route.ts';
import { siteId } from '../shapes.ts';

/** 50,000 rows are some 5 MB. */
const MOST_BYTES = 64 * 1024 * 1024;
const params = z.strictObject({ site: siteId });
const query = z.strictObject({
  mode: z
    .enum(['dry-run', 'all', 'good-rows'])
    .default('dry-run')
    .describe('Change nothing; all rows or none; all good rows'),
});
const outcome = z.enum(['new', 'changed', 'same', 'refused']);
const report = z.object({
  applied: z.boolean(),
  counts: z.record(outcome, z.int().min(0)),
  rows: z.array(
    z.object({
      ...{ sheet: z.string(), row: z.int().min(2), table: z.enum(TABLE_KINDS) },
      ...{ id: z.string(), outcome },
    }),
  ),
  errors: z.array(
    z.object({
      ...{ sheet: z.string(), row: z.int().min(2), column: z.string() },
      ...{ found: z.string(), code: z.string(), text: z.string() },
    }),
  ),
});

/** Rooms, meters, tenants, leases and opening balances from a spreadsheet, every row checked before any is taken. */
export function importRoute(parts: ApiParts): PlainRoute {
  return {
    kind: 'plain',
    method: 'POST',
    path: '/v1/sites/{site}/imports',
    tag: 'Imports',
    summary: 'Import tables from XLSX or CSV; without a mode it says what it would do',
    security: 'token',
    permission: 'import.run',
    cors: false,
    params,
    query,
    replies: [
      {
        status: 200,
        type: 'application/json',
        description: 'What each row is, and everything that is wrong with those refused',
        schema: report,
      },
    ],
    codes: [
      ...['token-missing', 'token-invalid', 'token-expired', 'forbidden', 'forbidden-site'],
      ...['site-unknown', 'bad-request', 'body-too-large', 'import-unreadable', 'internal'],
      ...['import-too-large', 'import-header', 'import-table-twice', 'writer-busy'],
    ],
    handle: async (c) => {
      const principal = await admit(c, parts);
      if (principal === undefined) throw tokenMissing();
      demand(principal, 'import.run');
      const language = c.get('language');
      const parse = parserIn(language);
      const site = siteFor(principal, [parse(params, c.req.param(), 'params').site]);
      const { mode } = parse(query, queryOf(c), 'query');
      const { ledger, registry } = parts;
      if ((await ledger.findSite(site)) === undefined) throw unknownSite(site);
      const sheets = await readTables(await readBody(c.req.raw, MOST_BYTES));
      const options = { mode, by: principal.id, language };
      const done: ImportReport = await importTables({ ledger, registry, site }, sheets, options);
      return new Response(JSON.stringify(done), {
        headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      });
    },
  };
}
