import { z } from 'zod';
import { type ApiContext, type ApiParts, admit } from '../http-context.ts';
import { queryOf, tokenMissing, unknownSite } from '../json-endpoint.ts';
import { parserIn } from '../parse-part.ts';
import { demand, siteFor } from '../permissions.ts';
import { BYTE_ORDER_MARK, csvLine } from '../reports/csv-line.ts';
import {
  JOURNAL_COLUMNS,
  type JournalRow,
  rowsOfDays,
  rowsOfEntries,
} from '../reports/journal-table.ts';
import { bytesOf } from '../reports/streamed-text.ts';
import { monthsOf, refuseBackwards } from '../reports/time-span.ts';
import { gathered, xlsxFile } from '../reports/xlsx-file.ts';
import type { PlainRoute } from '../route.ts';
import { siteId } from '../shapes.ts';
import { SITE } from './examples.ts';
import { days } from './reports.ts';

const query = z.strictObject({
  ...{ site: siteId.optional(), ...days },
  format: z.enum(['csv', 'xlsx', 'json']).default('csv'),
  by: z
    .enum(['event', 'day'])
    .default('event')
    .describe('`day`: one voucher a day and kind of event'),
});

const TYPES = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  json: 'application/json',
} as const;

/** The journal as a file that accounting systems take in (docs/books.md), made as it is read. */
export function journalFileRoute(parts: ApiParts): PlainRoute {
  return {
    kind: 'plain',
    method: 'GET',
    path: '/v1/journal/table',
    tag: 'Reports',
    summary: 'Read the journal of some days as CSV, XLSX or JSON, a line a posting',
    security: 'token',
    permission: 'book.read',
    cors: false,
    params: z.strictObject({}),
    query,
    replies: [
      { status: 200, type: 'text/csv', description: 'CSV with a byte order mark, or as asked' },
    ],
    codes: [
      ...['token-missing', 'token-invalid', 'token-expired', 'forbidden', 'bad-request'],
      ...['site-missing', 'forbidden-site', 'site-unknown', 'bad-interval', 'report-too-long'],
      ...['table-too-long', 'internal'],
    ],
    example: { query: { site: SITE, from: '2026-09-01', to: '2026-09-30' } },
    handle: async (c) => {
      const { site, currency } = await entered(c, parts);
      const asked = parserIn(c.get('language'))(query, queryOf(c), 'query');
      const { from, to } = refuseBackwards(asked.from, asked.to);
      monthsOf({ from: from.slice(0, 7), to: to.slice(0, 7) });
      const { books } = parts.ledger;
      const rows =
        asked.by === 'event'
          ? rowsOfEntries(books.entries(site, { from, to }))
          : rowsOfDays((await books.byDay(site, from, to)).rows, currency);
      const { format } = asked;
      return new Response(await contentOf(rows, format), {
        headers: {
          ...{ 'content-type': TYPES[format], 'cache-control': 'no-store' },
          'content-disposition': `attachment; filename="journal-${site}-${from}-${to}.${format}"`,
        },
      });
    },
  };
}

async function contentOf(rows: AsyncIterable<JournalRow>, format: keyof typeof TYPES) {
  if (format === 'csv') return bytesOf(csvOf(rows));
  if (format === 'json') return bytesOf(jsonOf(rows));
  const all = await gathered(rows);
  return await xlsxFile([{ name: 'Journal', rows: [JOURNAL_COLUMNS, ...all] }]);
}

async function* csvOf(rows: AsyncIterable<JournalRow>): AsyncGenerator<string> {
  yield `${BYTE_ORDER_MARK}${csvLine(JOURNAL_COLUMNS)}`;
  for await (const row of rows) yield csvLine(row);
}

async function* jsonOf(rows: AsyncIterable<JournalRow>): AsyncGenerator<string> {
  let before = '{"data":[\n';
  for await (const row of rows) {
    const members = JOURNAL_COLUMNS.map((column, i) => [column, row[i] ?? '']);
    yield `${before}${JSON.stringify(Object.fromEntries(members))}`;
    before = ',\n';
  }
  yield before.startsWith('{') ? `${before}]}\n` : '\n]}\n';
}

async function entered(c: ApiContext, parts: ApiParts) {
  const principal = await admit(c, parts);
  if (principal === undefined) throw tokenMissing();
  demand(principal, 'book.read');
  const site = siteFor(principal, [queryOf(c)['site']]);
  const found = await parts.ledger.findSite(site);
  if (found === undefined) throw unknownSite(site);
  return { site, currency: found.currency };
}
