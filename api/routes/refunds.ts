import { z } from 'zod';
import { ORDER } from '../../ledger/core/orders.ts';
import { isUnderWay } from '../../ledger/core/payment-refund.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, pageShape, paging } from '../shapes.ts';
import { SITE } from './examples.ts';
import { documentPage } from './orders.ts';

const refundNumber = z.string().regex(ORDER);
const refundView = z.looseObject({
  refund: refundNumber,
  provider: id,
  state: z.enum(['asked', 'waiting', 'paid', 'declined', 'returned']),
  problem: z.enum(['refund-declined', 'refund-returned']).optional(),
});

/** What goes back by the providers; it is asked for among the approvals, as `refund-payment`. */
export const refundRoutes: readonly Route[] = [
  jsonRoute({
    method: 'GET',
    path: '/v1/refunds',
    tag: 'Payments',
    summary: 'List the refunds that providers make; one that was declined says why',
    permission: 'payment.read',
    query: paging,
    reply: pageShape(refundView),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: { query: { site: SITE } },
    handle: async ({ query, site, ledger }) => ({
      body: await documentPage(ledger, site, 'refund', query),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/refunds/{refund}',
    tag: 'Payments',
    summary: 'Read a refund; while it is under way, its provider is asked',
    permission: 'payment.read',
    params: { refund: refundNumber },
    reply: refundView,
    codes: ['refund-unknown', 'provider-unavailable'],
    handle: async ({ params, site, payDesk: { refunds } }) => {
      const doc = await refunds.find(site, params.refund);
      return { body: isUnderWay(doc) ? await refunds.look(site, params.refund) : doc };
    },
  }),
];
