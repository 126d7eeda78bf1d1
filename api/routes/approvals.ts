import { z } from 'zod';
import { jsonRoute, type Route } from '../route.ts';
import { id, pageShape, paging } from '../shapes.ts';
import { ACCOUNT, APPROVAL_ID, SITE } from './examples.ts';
import { documentPage } from './orders.ts';
import { replyOf } from './outcome.ts';

const approvalView = z.looseObject({
  approval: id,
  act: z.string(),
  asked: id,
  state: z.enum(['waiting', 'done', 'refused']),
});

/** Refunds, reversals, adjustments, suspense, tariffs: one person asks, another decides. */
export const approvalRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/approvals',
    tag: 'Approvals',
    summary: 'Ask for something that takes two people',
    permission: 'approval.ask',
    once: true,
    body: {
      act: id.describe(
        'pay-refund, refund-payment, close-shift, post-reversal, post-adjustment, resolve-suspense, ' +
          'publish-tariff, agree-wallet, return-deposit, publish-pass-through, settle-pass-through, ' +
          'post-entry or close-books',
      ),
      what: z.looseObject({}).describe('What is to be done, in the shape of the act'),
    },
    reply: approvalView,
    status: 201,
    codes: ['approval-act-unknown', 'bad-shape', 'idempotency-mismatch'],
    example: {
      body: {
        ...{ site: SITE, act: 'post-adjustment' },
        what: {
          ...{ account: ACCOUNT, kind: 'goodwill', reason: 'outage' },
          moves: [{ wallet: 'electricity', amount: '5.000000' }],
        },
      },
    },
    handle: async ({ body, site, principal, idempotency, ledger }) =>
      replyOf(
        await ledger.execute({ do: 'ask-approval', site, ...body, by: principal.id, idempotency }),
      ),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/approvals',
    tag: 'Approvals',
    summary: 'List what was asked for and what became of it',
    permission: 'approval.read',
    query: paging,
    reply: pageShape(approvalView),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: { query: { site: SITE } },
    handle: async ({ query, site, ledger }) => ({
      body: await documentPage(ledger, site, 'approval', query),
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/approvals/{approval}/decision',
    tag: 'Approvals',
    summary: 'Agree, and it is done at once, or refuse; never by who asked',
    permission: 'approval.decide',
    once: true,
    params: { approval: id },
    body: { agree: z.boolean() },
    reply: z.looseObject({ approval: id, state: z.enum(['done', 'refused']) }),
    status: 201,
    codes: [
      ...['approval-unknown', 'approval-decided', 'approval-missing', 'account-unknown'],
      ...['bills-open', 'books-closed', 'period-not-ended'],
      ...['deposit-unknown', 'deposit-too-small'],
      ...['grid-bill-missing', 'pass-through-off', 'pass-through-settled', 'statements-missing'],
      ...[
        'terms-broken',
        'refund-too-large',
        'reversal-refused',
        'adjustment-refused',
        'past-event-unknown',
      ],
      ...[
        'payment-unknown',
        'payment-resolved',
        'parts-differ',
        'entry-refused',
        'balance-too-low',
        'shift-unknown',
        'shift-closed',
        'shift-recounted',
        'idempotency-mismatch',
      ],
    ],
    example: { params: { approval: APPROVAL_ID }, body: { site: SITE, agree: true } },
    handle: async ({ params, body, site, principal, idempotency, ledger, payDesk }) => {
      const decided = await ledger.execute({
        do: 'decide-approval',
        ...{ site, approval: params.approval, by: principal.id },
        ...{ agree: body.agree, idempotency },
      });
      const { refund }: { refund?: unknown } = Object(decided['result']);
      // Durable by now: where it cannot be sent at once, it is sent later.
      if (typeof refund === 'string') await payDesk.refunds.push(site, refund);
      return replyOf(decided);
    },
  }),
];
