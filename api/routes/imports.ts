import { z } from 'zod';
import { type ApiContext, type ApiParts, admit } from '../http-context.ts';
import { tableCsv, tableXlsx } from '../import/export-table.ts';
import { type ImportReport, importTables } from '../import/import-tables.ts';
import { readTables } from '../import/read-table.ts';
import { TABLE_KINDS } from '../import/templates.ts';
import { readBody } from '../json-body.ts';
import { queryOf, tokenMissing, unknownSite } from '../json-endpoint.ts';
import { parserIn } from '../parse-part.ts';
import { demand, type Permission, type Principal, siteFor } from '../permissions.ts';
import { bytesOf } from '../reports/streamed-text.ts';
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

const exportParams = z.strictObject({ site: siteId, table: z.enum(TABLE_KINDS) });
const exportQuery = z.strictObject({ format: z.enum(['csv', 'xlsx']).default('csv') });
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const CODES = [
  ...['token-missing', 'token-invalid', 'token-expired', 'forbidden', 'forbidden-site'],
  ...['site-unknown', 'bad-request', 'internal'],
];

export function importRoutes(parts: ApiParts): readonly PlainRoute[] {
  return [importRoute(parts), exportRoute(parts)];
}

/** Rooms, meters, tenants, leases and opening balances from a spreadsheet, every row checked before any is taken. */
function importRoute(parts: ApiParts): PlainRoute {
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
      ...[...CODES, 'body-too-large', 'import-unreadable', 'import-too-large'],
      ...['import-header', 'import-table-twice', 'writer-busy'],
    ],
    handle: async (c) => {
      const { principal, language, parse } = await entered(c, parts, 'import.run');
      const { site } = parse(params, c.req.param(), 'params');
      const { mode } = parse(query, queryOf(c), 'query');
      const { ledger, registry } = parts;
      await mustBeTheirs(parts, principal, site);
      const sheets = await readTables(await readBody(c.req.raw, MOST_BYTES));
      const options = { mode, by: principal.id, language };
      const done: ImportReport = await importTables({ ledger, registry, site }, sheets, options);
      return new Response(JSON.stringify(done), {
        headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      });
    },
  };
}

function exportRoute(parts: ApiParts): PlainRoute {
  return {
    kind: 'plain',
    method: 'GET',
    path: '/v1/sites/{site}/exports/{table}',
    tag: 'Imports',
    summary: 'Export a table as CSV or XLSX, as it would be imported',
    security: 'token',
    permission: 'tenant.read',
    cors: false,
    params: exportParams,
    query: exportQuery,
    replies: [
      { status: 200, type: 'text/csv', description: 'UTF-8 with a byte order mark' },
      { status: 200, type: XLSX, description: 'A workbook' },
    ],
    codes: [...CODES, 'table-too-long'],
    handle: async (c) => {
      const { principal, language, parse } = await entered(c, parts, 'tenant.read');
      const { site, table } = parse(exportParams, c.req.param(), 'params');
      const { format } = parse(exportQuery, queryOf(c), 'query');
      await mustBeTheirs(parts, principal, site);
      const { registry } = parts;
      const body =
        format === 'xlsx'
          ? await tableXlsx(registry, site, table, language)
          : bytesOf(tableCsv(registry, site, table, language));
      return new Response(body, {
        headers: {
          'content-type': format === 'xlsx' ? XLSX : 'text/csv; charset=utf-8',
          'cache-control': 'no-store',
          'content-disposition': `attachment; filename="${table}.${format}"`,
        },
      });
    },
  };
}

async function entered(c: ApiContext, parts: ApiParts, permission: Permission) {
  const principal = await admit(c, parts);
  if (principal === undefined) throw tokenMissing();
  demand(principal, permission);
  const language = c.get('language');
  return { principal, language, parse: parserIn(language) };
}

async function mustBeTheirs({ ledger }: ApiParts, principal: Principal, site: string) {
  siteFor(principal, [site]);
  if ((await ledger.findSite(site)) === undefined) throw unknownSite(site);
}
