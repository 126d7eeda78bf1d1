import { z } from 'zod';
import { jsonRoute, type Route } from '../route.ts';
import { hash, id, micros, period, wallet } from '../shapes.ts';
import { SITE } from './examples.ts';
import { replyOf } from './outcome.ts';

const row = z.strictObject({
  period: id.describe('Period of the grid’s own tariff; one row where it has none'),
  quantity: micros,
  own: micros.describe('What the house used of it itself, which no tenant is charged'),
  amount: micros,
});
const compared = z.object({
  method: z.enum(['average', 'by-period']),
  due: micros,
  surplus: micros,
});

export const passThroughRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/grid-bills',
    tag: 'Pass-through',
    summary: 'Record a bill of the grid for a period, with the hash of its document',
    permission: 'grid-bill.record',
    once: true,
    body: {
      ...{ bill: id, wallet, period, quantity: micros, amount: micros, evidence: hash },
      unit: z.string().regex(/^[A-Za-z0-9/%]{1,8}$/),
      rows: z.array(row).min(1).max(48),
      other: micros.describe('Of the amount, what is in no row: demand, adjustments'),
    },
    reply: z.looseObject({ bill: id }),
    status: 201,
    codes: [
      ...['grid-bill-differs', 'grid-bill-exists', 'pass-through-settled'],
      'idempotency-mismatch',
    ],
    example: {
      body: {
        ...{ site: SITE, bill: 'grid-2026-09', wallet: 'electricity', period: '2026-09' },
        ...{ unit: 'kWh', quantity: '1000.000000', amount: '712.500000', other: '12.500000' },
        rows: [
          { period: 'peak', quantity: '600.000000', own: '0.000000', amount: '540.000000' },
          { period: 'valley', quantity: '400.000000', own: '40.000000', amount: '160.000000' },
        ],
        evidence: '5c1f3a9b'.repeat(8),
      },
    },
    handle: async ({ body, site, principal, idempotency, ledger }) => {
      const { bill: name, wallet, period, unit, quantity, amount, rows, other, evidence } = body;
      const told = { wallet, period, unit, quantity, amount, rows, other, evidence };
      const bill = { bill: name, ...told, by: principal.id };
      return replyOf(await ledger.execute({ do: 'record-grid-bill', site, bill, idempotency }));
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/pass-through/{wallet}/{period}',
    tag: 'Pass-through',
    summary: 'Hold the charges of a period against the grid’s bills of it, by both methods',
    permission: 'pass-through.read',
    params: { wallet, period },
    reply: z.looseObject({
      ...{ wallet, period, charges: micros, corrected: micros, averagePrice: micros },
      accounts: z.int().min(0).describe('Accounts with a bill of the period'),
      open: z.int().min(0).describe('Accounts whose bill of it is not issued yet'),
      bills: z.array(z.unknown()),
      methods: z.array(compared).length(2),
    }),
    codes: ['bad-period'],
    example: { params: { wallet: 'electricity', period: '2026-09' }, query: { site: SITE } },
    handle: async ({ params, site, ledger }) => ({
      body: await ledger.money.passThrough(site, params),
    }),
  }),
];
