import { z } from 'zod';
import { ORDER, type PaymentOrderDoc, paymentOrder } from '../../ledger/core/orders.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { cursorKey, pageOf } from '../cursor.ts';
import type { LedgerPort } from '../ledger-port.ts';
import { listing, listReply } from '../lists/list-reply.ts';
import { paymentFilters, paymentList } from '../lists/payment-list.ts';
import { demandAccount } from '../permissions.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, pageShape, paging, positiveMicros, time, wallet } from '../shapes.ts';
import { ACCOUNT, SITE } from './examples.ts';
import { replyOf } from './outcome.ts';

const part = z.strictObject({ wallet, amount: positiveMicros });
const orderNumber = z.string().regex(ORDER);
const orderView = z.looseObject({
  order: orderNumber,
  account: id,
  state: z.enum(['open', 'paid', 'closed']),
  expiresAt: time,
});

export const orderRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/orders',
    tag: 'Payments',
    summary: 'Open an order that a tenant pays at a provider; the parts are shown before',
    permission: 'order.open',
    once: true,
    body: {
      account: id,
      provider: id.describe('stripe, alipay, wechat or unionpay, as far as they are set up'),
      way: id.describe('How it is paid there, such as native, jsapi, h5, page'),
      parts: z.array(part).min(1).max(8).describe('How the money is shared among wallets'),
      returnUrl: z.url().max(256).optional().describe('Where the payer comes back to'),
      payer: z.string().max(128).optional().describe('The payer’s id there, where the way asks'),
    },
    reply: orderView,
    status: 201,
    codes: [
      ...['account-unknown', 'not-your-account', 'provider-unknown', 'provider-unavailable'],
      ...['way-unknown', 'currency-not-taken', 'amount-out-of-range', 'payment-refused'],
      ...['too-many-decimals', 'hoarding-maximum', 'idempotency-mismatch', 'wallets-full'],
    ],
    handle: async ({ body, site, principal, payDesk, publicUrl, idempotency }) => {
      demandAccount(principal, body.account);
      const { returnUrl = `${publicUrl}/portal`, ...asked } = body;
      return replyOf(await payDesk.open({ ...asked, site, returnUrl, idempotency }));
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/orders',
    tag: 'Payments',
    summary: 'List the orders of a site',
    permission: 'payment.read',
    query: paging,
    reply: pageShape(orderView),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: { query: { site: SITE } },
    handle: async ({ query, site, ledger }) => ({
      body: await documentPage(ledger, site, 'order', query),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/orders/{order}',
    tag: 'Payments',
    summary: 'Read an order; while it is open, its provider is asked',
    permission: 'order.read',
    params: { order: orderNumber },
    reply: orderView,
    codes: ['order-unknown', 'not-your-account', 'provider-unavailable'],
    handle: async ({ params, site, principal, ledger, payDesk }) => {
      const doc = await mustHaveOrder(ledger, site, params.order);
      demandAccount(principal, doc.account);
      if (doc.state === 'open') await payDesk.look(site, doc);
      return { body: await mustHaveOrder(ledger, site, params.order) };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/payments',
    tag: 'Payments',
    summary: 'List the payments that providers have told of; those in suspense say why',
    permission: 'payment.read',
    query: { ...listing, ...paymentFilters },
    reply: pageShape(z.looseObject({ payment: z.string(), state: z.string() })),
    codes: ['bad-cursor', 'cursor-mismatch', 'table-too-long'],
    example: { query: { site: SITE, state: 'suspense' } },
    handle: async (call) => await listReply(call, paymentList(call)),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/transfers',
    tag: 'Payments',
    summary: 'Move money between the wallets of one account, by the tenant’s own order',
    permission: 'wallet.transfer',
    once: true,
    body: { account: id, from: wallet, to: wallet, amount: positiveMicros },
    reply: z.looseObject({}),
    status: 201,
    codes: [
      ...['account-unknown', 'not-your-account', 'balance-too-low', 'adjustment-refused'],
      ...['idempotency-mismatch', 'wallets-full'],
    ],
    example: {
      body: {
        ...{ site: SITE, account: ACCOUNT, from: 'electricity', to: 'water' },
        amount: '20.000000',
      },
    },
    handle: async ({ body, site, principal, idempotency, ledger }) => {
      const { account, from, to, amount } = body;
      demandAccount(principal, account);
      const moves = [
        { wallet: from, amount: `-${amount}` },
        { wallet: to, amount },
      ];
      return replyOf(
        await ledger.execute({
          do: 'transfer-between-wallets',
          ...{ site, account, moves, idempotency },
          ...{ reason: 'tenant-order', order: principal.id },
        }),
      );
    },
  }),
];

/** A page of documents, in the order of their ids. */
export async function documentPage(
  ledger: LedgerPort,
  site: string,
  kind: string,
  query: { readonly cursor?: string | undefined; readonly limit: number },
) {
  const filter = `${kind} ${site}`;
  const after = cursorKey(query.cursor, filter);
  const page = { limit: query.limit + 1, ...(after === undefined ? {} : { after }) };
  const rows = await ledger.documents.page(site, kind, page);
  const { data, ...rest } = pageOf(rows, query.limit, filter, (row) => row.id);
  return { data: data.map(({ doc }) => doc), ...rest };
}

async function mustHaveOrder(
  ledger: LedgerPort,
  site: string,
  order: string,
): Promise<PaymentOrderDoc> {
  const doc = await ledger.documents.find(site, 'order', order);
  if (doc !== undefined) return paymentOrder(doc, '');
  throw new Refusal('order-unknown', `There is no order ${order}.`, { order });
}
