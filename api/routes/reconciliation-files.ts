import { z } from 'zod';
import type { ReconciliationDoc } from '../../ledger/core/reconciliation.ts';
import { type ApiContext, type ApiParts, admit } from '../http-context.ts';
import { readBody } from '../json-body.ts';
import { queryOf, tokenMissing, unknownSite } from '../json-endpoint.ts';
import { parserIn } from '../parse-part.ts';
import { bankColumnsOf } from '../payments/bank-columns.ts';
import { mustHaveDay } from '../payments/exception-action.ts';
import {
  EXCEPTION_COLUMNS,
  exceptionRows,
  exceptionsCsv,
  reconciliationFigures,
} from '../payments/exceptions-csv.ts';
import { reconcileGiven } from '../payments/reconcile-file.ts';
import { keptFonts, type PdfFonts } from '../pdf/pdf-fonts.ts';
import { reconciliationPdf } from '../pdf/reconciliation-pdf.ts';
import { demand, type Permission, siteFor } from '../permissions.ts';
import { bytesOf } from '../reports/streamed-text.ts';
import { gathered, xlsxFile } from '../reports/xlsx-file.ts';
import type { PlainRoute } from '../route.ts';
import { siteId } from '../shapes.ts';
import { dayParams, FILE_CODES, feePercent, reconciliationView } from './reconciliations.ts';

/** A million rows are some 40 MB as providers pack them. */
const MOST_BYTES = 64 * 1024 * 1024;
const PAGE = 1_000;
const params = z.strictObject(dayParams);
const siteQuery = { site: siteId.optional() };
const tableQuery = z.strictObject({
  ...siteQuery,
  format: z.enum(['csv', 'xlsx', 'pdf']).default('csv'),
});
const uploadQuery = z.strictObject({
  ...siteQuery,
  feePercent,
  merchant: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/)
    .optional()
    .describe('As the file names us, where the provider is not set up; a bank’s account number'),
  columns: z
    .string()
    .max(2_048)
    .optional()
    .describe(
      'Of a bank’s CSV: JSON as in docs/reconciliation.md; a bank’s file is camt.053 without',
    ),
});
const TOKEN_CODES = ['token-missing', 'token-invalid', 'token-expired', 'forbidden', 'bad-request'];
const SITE_CODES = ['site-missing', 'forbidden-site', 'site-unknown', 'internal'];

/** Files in and out: a settlement file as it came, and the report as a table. */
export function reconciliationFileRoutes(parts: ApiParts): readonly PlainRoute[] {
  return [uploadRoute(parts), tableRoute(parts)];
}

function uploadRoute(parts: ApiParts): PlainRoute {
  return {
    kind: 'plain',
    method: 'POST',
    path: '/v1/reconciliations/{source}/{day}/file',
    tag: 'Reconciliation',
    summary: 'Hold an uploaded file against the ledger: a provider’s, or a bank’s camt.053 or CSV',
    security: 'token',
    permission: 'reconciliation.run',
    cors: false,
    params,
    query: uploadQuery,
    replies: [
      {
        status: 201,
        type: 'application/json',
        description: 'What was found; the same file again changes nothing',
        schema: reconciliationView,
      },
    ],
    codes: [
      ...[...TOKEN_CODES, ...SITE_CODES, ...FILE_CODES, 'settlement-bad-xml', 'body-too-large'],
      ...['json-syntax', 'currency-not-taken'],
    ],
    handle: async (c) => {
      const { site, by, language } = await entered(c, parts, 'reconciliation.run');
      const parse = parserIn(language);
      const { source, day } = parse(params, c.req.param(), 'params');
      const { merchant, feePercent, columns } = parse(uploadQuery, queryOf(c), 'query');
      const declared = columns === undefined ? undefined : bankColumnsOf(columns, parse);
      const bytes = await readBody(c.req.raw, MOST_BYTES);
      const { ledger, payDesk } = parts;
      const { replayed = false, ...result } = await reconcileGiven(
        { ledger, payDesk, site, by },
        { source, day, bytes, rows: true, merchant, feePercent, columns: declared },
      );
      return new Response(JSON.stringify(result), {
        status: 201,
        headers: {
          ...{ 'content-type': 'application/json', 'cache-control': 'no-store' },
          ...(replayed && { 'idempotent-replayed': 'true' }),
        },
      });
    },
  };
}

function tableRoute(parts: ApiParts): PlainRoute {
  const fonts = keptFonts(parts.pdfFont);
  return {
    kind: 'plain',
    method: 'GET',
    path: '/v1/reconciliations/{source}/{day}/table',
    tag: 'Reconciliation',
    summary: 'Read a day with everything that differs as CSV, XLSX or PDF',
    security: 'token',
    permission: 'reconciliation.read',
    cors: false,
    params,
    query: tableQuery,
    replies: [
      { status: 200, type: 'text/csv', description: 'UTF-8 with a byte order mark, or as asked' },
    ],
    codes: [...TOKEN_CODES, ...SITE_CODES, 'reconciliation-unknown', 'glyph-missing'],
    handle: async (c) => {
      const { site, language } = await entered(c, parts, 'reconciliation.read');
      const parse = parserIn(language);
      const { source, day } = parse(params, c.req.param(), 'params');
      const { format } = parse(tableQuery, queryOf(c), 'query');
      const doc = await mustHaveDay(parts.ledger, site, source, day);
      const prefix = `${source}/${day}/${doc.file.slice(0, 12)}/`;
      const exceptions = exceptionsOf(parts, site, prefix);
      return new Response(await reportOf[format](doc, exceptions, fonts, parts.nowMs()), {
        headers: {
          ...{ 'content-type': TYPES[format], 'cache-control': 'no-store' },
          'content-disposition': `attachment; filename="reconciliation-${source}-${day}.${format}"`,
        },
      });
    },
  };
}

const TYPES = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pdf: 'application/pdf',
} as const;

type Report = (
  doc: ReconciliationDoc,
  exceptions: AsyncIterable<unknown>,
  fonts: () => PdfFonts,
  nowMs: number,
) => Promise<ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer>>;

const reportOf: Readonly<Record<keyof typeof TYPES, Report>> = {
  csv: async (doc, exceptions) => bytesOf(exceptionsCsv(doc, exceptions)),
  xlsx: async (doc, exceptions) =>
    await xlsxFile([
      { name: 'Day', rows: [['figure', 'value'], ...reconciliationFigures(doc)] },
      {
        name: 'Exceptions',
        rows: [EXCEPTION_COLUMNS, ...(await gathered(exceptionRows(exceptions)))],
      },
    ]),
  pdf: async (doc, exceptions, fonts, nowMs) =>
    await reconciliationPdf(fonts(), doc, await gathered(exceptions), nowMs),
};

async function entered(c: ApiContext, parts: ApiParts, permission: Permission) {
  const principal = await admit(c, parts);
  if (principal === undefined) throw tokenMissing();
  demand(principal, permission);
  const site = siteFor(principal, [queryOf(c)['site']]);
  if ((await parts.ledger.findSite(site)) === undefined) throw unknownSite(site);
  return { site, by: principal.id, language: c.get('language') };
}

async function* exceptionsOf({ ledger }: ApiParts, site: string, prefix: string) {
  let after = prefix;
  for (;;) {
    const page = await ledger.documents.page(site, 'exception', { after, limit: PAGE });
    for (const { id, doc } of page) {
      if (!id.startsWith(prefix)) return;
      yield doc;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.id;
  }
}
