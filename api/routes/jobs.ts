import { z } from 'zod';
import { jobView, makeJob, mustHaveJob, type NewJob, retryFailed } from '../jobs/jobs.ts';
import {
  ITEM,
  type ItemDoc,
  itemState,
  JOB,
  type JobDoc,
  jobDoes,
  jobId,
  jobState,
} from '../jobs/records.ts';
import type { Idempotency } from '../ledger-commands.ts';
import { type List, listing, listReply } from '../lists/list-reply.ts';
import { jsonRoute, type Reply, type Route } from '../route.ts';
import { id, micros, pageShape, period, time, wallet } from '../shapes.ts';
import type { Access } from '../sign-in/access.ts';
import type { Kept } from '../sign-in/records.ts';
import { ACCOUNT, JOB_ID, SITE } from './examples.ts';
import { keyOf } from './outcome.ts';

const count = z.int().min(0);
const jobShape = z.object({
  job: jobId,
  site: z.string(),
  does: jobDoes,
  period: period.optional(),
  state: jobState,
  ...{ items: count, waiting: count, done: count, refused: count, failed: count },
  createdAt: time,
  finishedAt: time.optional(),
  by: z.string(),
});
const itemShape = z.object({
  item: count,
  account: id,
  state: itemState,
  code: z.string().optional(),
  detail: z.string().optional(),
  result: z.record(z.string(), z.string()).optional(),
});
const accounts = z
  .array(id)
  .min(1)
  .max(1_000)
  .optional()
  .describe('Default: every account of the site');
const adjustment = z.strictObject({
  account: id,
  kind: id,
  moves: z
    .array(z.strictObject({ wallet, amount: micros }))
    .min(1)
    .max(8),
  reason: id,
  reference: z.string().min(1).max(128).optional(),
});
const codes = ['idempotency-mismatch'];

export const jobRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/jobs/issue-statements',
    tag: 'Jobs',
    summary: 'Issue the statements of a month, of all accounts or of those named',
    permission: 'statement.issue',
    once: true,
    body: { period, accounts },
    reply: jobShape,
    status: 202,
    codes,
    example: { body: { site: SITE, period: '2026-09' } },
    handle: async ({ body, ...call }) => {
      return await madeJob(call, { does: 'issue-statements', ...body });
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/jobs/charge-fees',
    tag: 'Jobs',
    summary: 'Charge the fixed fees of a month, to all accounts or to those named',
    permission: 'fee.charge',
    once: true,
    body: { period, accounts },
    reply: jobShape,
    status: 202,
    codes,
    example: { body: { site: SITE, period: '2026-09', accounts: [ACCOUNT] } },
    handle: async ({ body, ...call }) => await madeJob(call, { does: 'charge-fees', ...body }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/jobs/ask-adjustments',
    tag: 'Jobs',
    summary: 'Ask for many adjustments; each is decided by somebody else, one by one',
    permission: 'approval.ask',
    once: true,
    body: { adjustments: z.array(adjustment).min(1).max(500) },
    reply: jobShape,
    status: 202,
    codes,
    example: {
      body: {
        site: SITE,
        adjustments: [
          {
            ...{ account: ACCOUNT, kind: 'goodwill', reason: 'outage' },
            moves: [{ wallet: 'electricity', amount: '5.000000' }],
          },
        ],
      },
    },
    handle: async ({ body, ...call }) => {
      const items = body.adjustments.map(({ account, ...input }) => ({ account, input }));
      const { access, site, principal, idempotency } = call;
      const asked: NewJob = { site, does: 'ask-adjustments', items };
      return replyOf(await makeJob(access, principal.id, asked, keyOf(idempotency)));
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/jobs',
    tag: 'Jobs',
    summary: 'List the jobs of the last 90 days, the newest first',
    permission: 'job.read',
    query: { ...listing, state: jobState.optional() },
    reply: pageShape(jobShape),
    codes: ['bad-cursor', 'cursor-mismatch', 'table-too-long'],
    example: { query: { site: SITE } },
    handle: async (call) => {
      const { access, site, query } = call;
      const { state } = query;
      return await listReply(call, {
        ...{ name: `jobs-${site}`, filter: `jobs ${site} ${state ?? '*'}` },
        read: async (after, limit) =>
          await access.filtered(
            JOB,
            { prefix: `${site}~`, after, limit },
            (doc) => state === undefined || doc.state === state,
          ),
        keyOf: (kept) => kept.id,
        view: ({ doc }) => jobView(doc),
        columns: JOB_COLUMNS,
      });
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/jobs/{job}',
    tag: 'Jobs',
    summary: 'Read how far a job is',
    permission: 'job.read',
    params: { job: jobId },
    reply: jobShape,
    codes: ['job-unknown'],
    example: { params: { job: JOB_ID }, query: { site: SITE } },
    handle: async ({ access, site, params: { job } }) => ({
      body: jobView((await mustHaveJob(access, site, job)).doc),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/jobs/{job}/items',
    tag: 'Jobs',
    summary: 'List what became of each item',
    permission: 'job.read',
    params: { job: jobId },
    query: { ...listing, state: itemState.optional() },
    reply: pageShape(itemShape),
    codes: ['job-unknown', 'bad-cursor', 'cursor-mismatch', 'table-too-long'],
    example: { params: { job: JOB_ID }, query: { site: SITE, state: 'refused' } },
    handle: async (call) => {
      const { access, site, query, params } = call;
      const { doc } = await mustHaveJob(access, site, params.job);
      return await listReply(call, itemList(access, doc, query.state));
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/jobs/{job}/retry',
    tag: 'Jobs',
    summary: 'Try again what failed, and nothing that was done or refused',
    permission: 'job.retry',
    params: { job: jobId },
    reply: jobShape,
    status: 202,
    codes: ['job-unknown'],
    example: { params: { job: JOB_ID }, body: { site: SITE } },
    handle: async ({ access, site, principal, params: { job } }) => ({
      body: jobView(await retryFailed(access, principal, site, job)),
    }),
  }),
];

const JOB_COLUMNS = (
  [
    'job',
    'does',
    'period',
    'state',
    'items',
    'done',
    'refused',
    'failed',
    'createdAt',
    'by',
  ] as const
).map((head) => ({ head, of: ({ doc }: Kept<JobDoc>) => doc[head] }));

interface Caller {
  readonly access: Access;
  readonly site: string;
  readonly principal: { readonly id: string };
  readonly idempotency: Idempotency | undefined;
}

async function madeJob(
  { access, site, principal, idempotency }: Caller,
  asked: {
    readonly does: 'issue-statements' | 'charge-fees';
    readonly period: string;
    readonly accounts?: readonly string[] | undefined;
  },
): Promise<Reply> {
  const items = asked.accounts && [...new Set(asked.accounts)].map((account) => ({ account }));
  const job: NewJob = {
    ...{ site, does: asked.does, period: asked.period },
    ...(items !== undefined && { items }),
  };
  return replyOf(await makeJob(access, principal.id, job, keyOf(idempotency)));
}

function replyOf({ doc, replayed }: { doc: JobDoc; replayed: boolean }): Reply {
  return { body: jobView(doc), replayed, location: `/v1/jobs/${doc.job}` };
}

function itemList(
  access: Access,
  { job }: JobDoc,
  state: ItemDoc['state'] | undefined,
): List<Kept<ItemDoc>> {
  const result = (name: string) => ({
    head: name,
    of: ({ doc }: Kept<ItemDoc>) => doc.result?.[name],
  });
  return {
    name: `job-${job}`,
    filter: `job ${job} ${state ?? '*'}`,
    read: async (after, limit) =>
      await access.filtered(
        ITEM,
        { prefix: `${job}~`, after, limit },
        (doc) => state === undefined || doc.state === state,
      ),
    keyOf: (kept) => kept.id,
    view: ({ doc: { input: _, ...item } }) => item,
    columns: [
      { head: 'item', of: ({ doc }) => doc.item },
      { head: 'account', of: ({ doc }) => doc.account },
      { head: 'state', of: ({ doc }) => doc.state },
      { head: 'code', of: ({ doc }) => doc.code },
      { head: 'detail', of: ({ doc }) => doc.detail },
      ...[result('statement'), result('total'), result('approval')],
    ],
  };
}
