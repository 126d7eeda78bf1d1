import { z } from 'zod';
import {
  DESK,
  DESK_METHODS,
  receiptDoc,
  receiptName,
  type ShiftDoc,
  shiftDoc,
} from '../../ledger/core/cash-shift.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { cursorKey, pageOf } from '../cursor.ts';
import type { LedgerPort } from '../ledger-port.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, micros, pageShape, paging, positiveMicros, wallet } from '../shapes.ts';
import { SITE } from './examples.ts';
import { documentPage } from './orders.ts';
import { replyOf } from './outcome.ts';

const amount = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,11})\.[0-9]{6}$/)
  .describe('Decimal text, 6 decimals, zero or more');
const desk = z.string().regex(DESK);
const part = z.strictObject({ wallet, amount: positiveMicros });
const shiftView = z.looseObject({
  ...{ shift: id, desk, cashier: id, state: z.enum(['open', 'counted', 'closed']) },
  ...{ float: micros, expected: micros, cash: micros, paidOut: micros },
});
const receiptView = z.looseObject({
  ...{ receipt: id, shift: id, account: id, method: z.enum(DESK_METHODS), amount: micros },
});
const CODES = ['shift-unknown', 'shift-closed', 'not-your-shift', 'idempotency-mismatch'] as const;

/** The front desk: a drawer, who has it, what came in and went out, and what was in it at the end. */
export const shiftRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/shifts',
    tag: 'Front desk',
    summary: 'Open a shift at a desk, with what is in the drawer',
    permission: 'shift.run',
    once: true,
    body: { desk: desk.describe('Such as lobby; receipts are numbered by desk'), float: amount },
    reply: shiftView,
    status: 201,
    codes: ['bad-desk', 'shift-open', 'idempotency-mismatch'],
    handle: async ({ body, site, principal, idempotency, ledger }) =>
      replyOf(
        await ledger.execute({ do: 'open-shift', ...body, by: principal.id, site, idempotency }),
      ),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/shifts',
    tag: 'Front desk',
    summary: 'List the shifts of a site, with their sums',
    permission: 'shift.read',
    query: paging,
    reply: pageShape(shiftView),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: { query: { site: SITE } },
    handle: async ({ query, site, ledger }) => ({
      body: await documentPage(ledger, site, 'shift', query),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/shifts/{shift}',
    tag: 'Front desk',
    summary: 'The report of one shift: sums by method, what was expected, counted and posted',
    permission: 'shift.read',
    params: { shift: id },
    reply: shiftView,
    codes: ['shift-unknown'],
    handle: async ({ params, site, ledger }) => ({
      body: await mustHaveShift(ledger, site, params.shift),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/shifts/{shift}/receipts',
    tag: 'Front desk',
    summary: 'List the receipts of one shift; their numbers have no gap',
    permission: 'shift.read',
    params: { shift: id },
    query: paging,
    reply: pageShape(receiptView),
    codes: ['shift-unknown', 'bad-cursor', 'cursor-mismatch'],
    handle: async ({ params, query, site, ledger }) => {
      const doc = await mustHaveShift(ledger, site, params.shift);
      return { body: await receiptsOf(ledger, site, doc, query) };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/shifts/{shift}/receipts',
    tag: 'Front desk',
    summary: 'Credit what somebody pays at the desk, under its next receipt number',
    permission: 'shift.run',
    once: true,
    params: { shift: id },
    body: {
      account: id,
      method: z.enum(DESK_METHODS),
      parts: z.array(part).min(1).max(8).describe('How the money is shared among wallets'),
      reference: z
        .string()
        .regex(/^[\x20-\x7e]{1,128}$/)
        .optional()
        .describe('Number of the slip, transfer or cheque; no name, phone or room number'),
    },
    reply: receiptView,
    status: 201,
    codes: [
      ...[...CODES, 'account-unknown', 'bad-order', 'bad-wallet', 'amount-not-positive'],
      ...['hoarding-maximum', 'wallets-full'],
    ],
    handle: async ({ params, body, site, principal, idempotency, ledger }) =>
      replyOf(
        await ledger.execute({
          do: 'take-at-desk',
          ...{ ...body, shift: params.shift, by: principal.id, site, idempotency },
        }),
      ),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/shifts/{shift}/close',
    tag: 'Front desk',
    summary: 'Count the drawer: it closes the shift, or asks a second person about the difference',
    permission: 'shift.run',
    once: true,
    params: { shift: id },
    body: { counted: amount, note: z.string().min(1).max(256).optional() },
    reply: shiftView,
    status: 201,
    codes: [...CODES, 'amount-not-positive', 'bad-shape'],
    handle: async ({ params, body, site, principal, idempotency, ledger }) =>
      replyOf(
        await ledger.execute({
          do: 'close-shift',
          ...{ ...body, shift: params.shift, by: principal.id, site, idempotency },
        }),
      ),
  }),
];

async function mustHaveShift(ledger: LedgerPort, site: string, shift: string): Promise<ShiftDoc> {
  const doc = await ledger.documents.find(site, 'shift', shift);
  if (doc !== undefined) return shiftDoc(doc, '');
  throw new Refusal('shift-unknown', 'There is no such shift.', { shift });
}

async function receiptsOf(
  ledger: LedgerPort,
  site: string,
  { shift, desk: name, after, last }: ShiftDoc,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
) {
  const filter = `receipt ${site} ${shift}`;
  const from = cursorKey(cursor, filter) ?? receiptName(name, after);
  const rows = await ledger.documents.page(site, 'receipt', { after: from, limit: limit + 1 });
  const own = rows.filter(({ id: receipt }) => {
    return receipt.startsWith(`${name}-`) && receipt <= receiptName(name, last);
  });
  const { data, ...rest } = pageOf(own, limit, filter, (row) => row.id);
  return { data: data.map(({ doc }) => receiptDoc(doc, '')), ...rest };
}
