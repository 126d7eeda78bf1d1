import { z } from 'zod';
import { EXCEPTION, EXCEPTION_ACTIONS, RECONCILED_DAY } from '../../ledger/core/reconciliation.ts';
import { BUCKETS } from '../../payments/reconcile/day-exception.ts';
import { cursorKey, pageOf } from '../cursor.ts';
import type { LedgerPort } from '../ledger-port.ts';
import { actOn, mustHaveDay } from '../payments/exception-action.ts';
import { reconcileFetched } from '../payments/reconcile-file.ts';
import { jsonRoute, type Route } from '../route.ts';
import { hash, id, pageShape, paging } from '../shapes.ts';
import { SITE } from './examples.ts';
import { documentPage } from './orders.ts';
import { replyOf } from './outcome.ts';

const day = z.string().regex(RECONCILED_DAY).describe('Of the provider’s own calendar');
const source = id.describe('stripe, alipay, wechat, unionpay or bank');
export const dayParams = { source, day };
export const feePercent = z
  .string()
  .regex(/^(0|[1-9][0-9]?)(\.[0-9]{1,4})?$/)
  .optional()
  .describe('Agreed fee, such as 0.6; without it fees are as the file says');
export const reconciliationView = z.looseObject({
  source: id,
  day: z.string(),
  file: hash,
  report: hash,
  matched: z.int(),
  exceptions: z.int(),
  unexplained: z.string(),
  remaining: z.string(),
  isClosed: z.boolean(),
});
const exceptionView = z.looseObject({
  exception: z.string(),
  bucket: z.enum(BUCKETS),
  reason: z.string(),
  field: z.string(),
  suggestion: z.string(),
  difference: z.string(),
});

/** Codes of reading a file that is wrong. */
export const FILE_CODES = [
  ...['settlement-unknown-format', 'settlement-truncated', 'settlement-hash-differs'],
  ...['settlement-bad-row', 'settlement-totals-differ', 'settlement-wrong-merchant'],
  ...['settlement-wrong-day', 'settlement-too-large', 'settlement-merchant-missing'],
  ...['reconciliation-closed', 'reconciliation-too-different', 'bad-date', 'provider-unknown'],
];

/** A day's file against orders, ledger and bank: what differs is named, and closed by name. */
export const reconciliationRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/reconciliations',
    tag: 'Reconciliation',
    summary: 'Fetch a provider’s settlement file of a day and hold it against the ledger',
    permission: 'reconciliation.run',
    body: { source, day, feePercent },
    reply: reconciliationView,
    status: 201,
    codes: [...FILE_CODES, 'settlement-not-ready', 'provider-unavailable'],
    handle: async ({ body, site, principal, ledger, payDesk }) =>
      replyOf(await reconcileFetched({ ledger, payDesk, site, by: principal.id }, body)),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/reconciliations',
    tag: 'Reconciliation',
    summary: 'List the days that were reconciled, by source',
    permission: 'reconciliation.read',
    query: paging,
    reply: pageShape(reconciliationView),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: { query: { site: SITE } },
    handle: async ({ query, site, ledger }) => ({
      body: await documentPage(ledger, site, 'reconciliation', query),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/reconciliations/{source}/{day}',
    tag: 'Reconciliation',
    summary: 'Read a day: its sums from orders to the bank, and what is still unexplained',
    permission: 'reconciliation.read',
    params: dayParams,
    reply: reconciliationView,
    codes: ['reconciliation-unknown'],
    handle: async ({ params, site, ledger }) => ({
      body: await mustHaveDay(ledger, site, params.source, params.day),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/reconciliations/{source}/{day}/exceptions',
    tag: 'Reconciliation',
    summary:
      'List what differs on a day, of one bucket or of all, with what was suggested and done',
    permission: 'reconciliation.read',
    params: dayParams,
    query: { ...paging, bucket: z.enum(BUCKETS).optional() },
    reply: pageShape(exceptionView),
    codes: ['reconciliation-unknown', 'bad-cursor', 'cursor-mismatch'],
    handle: async ({ params, query, site, ledger }) => ({
      body: await exceptionPage(ledger, site, params, query),
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/reconciliations/{source}/{day}/actions',
    tag: 'Reconciliation',
    summary: 'Decide about an exception; what moves money is asked for, and somebody else agrees',
    permission: 'reconciliation.run',
    once: true,
    params: dayParams,
    body: {
      exception: z.string().regex(EXCEPTION),
      action: z.enum(EXCEPTION_ACTIONS),
      note: z.string().min(1).max(200),
      what: z
        .looseObject({})
        .optional()
        .describe('What to ask for, in the shape of its act, as far as the exception does not say'),
    },
    reply: z.looseObject({ exception: z.string(), remaining: z.string() }),
    status: 201,
    codes: [
      ...['reconciliation-unknown', 'reconciliation-closed', 'exception-unknown', 'action-unfit'],
      ...['bad-shape', 'payment-differs', 'idempotency-mismatch'],
    ],
    handle: async ({ params, body, site, principal, idempotency, ledger, payDesk }) =>
      replyOf(
        await actOn(
          { ledger, payDesk, site, by: principal.id },
          { ...params, ...body, idempotency },
        ),
      ),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/reconciliations/{source}/{day}/close',
    tag: 'Reconciliation',
    summary: 'Close a day of which nothing is unexplained, or each rest was decided about',
    permission: 'reconciliation.run',
    params: dayParams,
    reply: reconciliationView,
    status: 201,
    codes: ['reconciliation-unknown', 'reconciliation-open'],
    handle: async ({ params, site, principal, idempotency, ledger }) =>
      replyOf(
        await ledger.execute({
          do: 'close-reconciliation',
          ...{ site, ...params, by: principal.id },
          ...(idempotency === undefined ? {} : { idempotency }),
        }),
      ),
  }),
];

interface PageAsked {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly bucket?: string | undefined;
}

async function exceptionPage(
  ledger: LedgerPort,
  site: string,
  params: { readonly source: string; readonly day: string },
  query: PageAsked,
) {
  const { source, day, file } = await mustHaveDay(ledger, site, params.source, params.day);
  const bucket = query.bucket === undefined ? '' : `${query.bucket}.`;
  const prefix = `${source}/${day}/${file.slice(0, 12)}/${bucket}`;
  const filter = `exception ${site} ${prefix}`;
  const after = cursorKey(query.cursor, filter) ?? prefix;
  const rows = await ledger.documents.page(site, 'exception', { after, limit: query.limit + 1 });
  const ofDay = rows.filter((row) => row.id.startsWith(prefix));
  const { data, ...rest } = pageOf(ofDay, query.limit, filter, (row) => row.id);
  return { data: data.map(({ doc }) => doc), ...rest };
}
