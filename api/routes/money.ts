import { z } from 'zod';
import { jsonRoute, type Route } from '../route.ts';
import { id, period, positiveMicros, time, wallet } from '../shapes.ts';
import { ACCOUNT, SITE } from './examples.ts';
import { replyOf } from './outcome.ts';

export const moneyRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/top-ups',
    tag: 'Money',
    summary: 'Credit a top-up taken at the front desk',
    permission: 'top-up.credit',
    once: true,
    body: {
      account: id,
      wallet,
      amount: positiveMicros,
      method: id.describe('How it was paid: cash, card, transfer …'),
      reference: z
        .string()
        .regex(/^[\x20-\x7e]{1,128}$/)
        .optional()
        .describe('Receipt number; no name, phone or room number'),
      at: time.optional().describe('Default: now'),
    },
    reply: z.looseObject({}),
    status: 201,
    codes: ['account-unknown', 'hoarding-maximum', 'idempotency-mismatch', 'wallets-full'],
    example: {
      body: {
        ...{ site: SITE, account: ACCOUNT, wallet: 'electricity', amount: '500.000000' },
        ...{ method: 'cash', reference: 'desk-2026-0007' },
      },
    },
    handle: async ({ body, site, idempotency, ledger }) =>
      replyOf(await ledger.execute({ do: 'credit-top-up', ...body, site, idempotency })),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/fees',
    tag: 'Money',
    summary: "Charge an account the fixed fees of a month, by its meters' tariffs",
    permission: 'fee.charge',
    once: true,
    body: { account: id, period },
    reply: z.looseObject({}),
    status: 201,
    codes: ['account-unknown', 'idempotency-mismatch'],
    example: { body: { site: SITE, account: ACCOUNT, period: '2026-09' } },
    handle: async ({ body, site, idempotency, ledger }) =>
      replyOf(await ledger.execute({ do: 'charge-fees', ...body, site, idempotency })),
  }),
];
