import { z } from 'zod';
import { demandAccount } from '../permissions.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, micros, positiveMicros, wallet } from '../shapes.ts';
import { ACCOUNT, SITE } from './examples.ts';
import { replyOf } from './outcome.ts';

const part = z.strictObject({ wallet, amount: positiveMicros });
const splitRule = z.strictObject({
  fill: z
    .array(z.strictObject({ wallet, upTo: micros }))
    .max(16)
    .describe('First, in turn'),
  shares: z
    .array(z.strictObject({ wallet, weight: z.int().min(1) }))
    .max(16)
    .describe('The rest, by weight'),
});
const dividedPart = z.object({
  ...{ wallet, amount: micros, before: micros, after: micros },
  debt: micros.describe('To old debt'),
  cutOff: micros.describe('Up to the level at which supply is cut off'),
  emergency: micros.describe('Repays emergency credit'),
  balance: micros.describe('What is left for use'),
  most: micros.optional().describe('The most that the wallet may hold'),
  isRefused: z.boolean().describe('It would be above the most: an order for it is refused'),
});

export const walletRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/top-ups/preview',
    tag: 'Money',
    summary: 'Show what a payment will do to the wallets, before it is paid; changes nothing',
    permission: 'account.read',
    body: {
      account: id,
      parts: z.array(part).min(1).max(8).optional().describe('As the order will have them'),
      split: z
        .strictObject({ amount: positiveMicros, rule: splitRule })
        .optional()
        .describe('Or one amount, and the rule that makes the parts of it'),
    },
    reply: z.object({
      ...{ account: id, amount: micros, currency: z.string(), parts: z.array(dividedPart) },
    }),
    codes: [
      ...['account-unknown', 'not-your-account', 'bad-order', 'split-empty', 'split-wallet-twice'],
    ],
    example: {
      body: {
        ...{ site: SITE, account: ACCOUNT },
        split: {
          amount: '100.000000',
          rule: {
            fill: [{ wallet: 'water', upTo: '20.000000' }],
            shares: [{ wallet: 'electricity', weight: 1 }],
          },
        },
      },
    },
    handle: async ({ body, site, principal, ledger }) => {
      const { account, parts, split } = body;
      demandAccount(principal, account);
      return { body: await ledger.money.previewTopUp(site, { account, parts, split }) };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/deposits',
    tag: 'Money',
    summary: 'Take a deposit at the front desk; it is kept apart from every wallet',
    permission: 'deposit.take',
    once: true,
    body: {
      ...{ account: id, amount: positiveMicros },
      deposit: id.describe('Our number of it, never used before in the account'),
      method: id.describe('How it was paid: cash, card, transfer …'),
      reference: z
        .string()
        .regex(/^[\x20-\x7e]{1,128}$/)
        .optional()
        .describe('Receipt number; no name, phone or room number'),
    },
    reply: z.looseObject({ deposit: id, left: micros }),
    status: 201,
    codes: ['account-unknown', 'deposit-exists', 'idempotency-mismatch'],
    example: {
      body: {
        ...{ site: SITE, account: ACCOUNT, deposit: 'D-2026-017', amount: '2000.000000' },
        ...{ method: 'cash', reference: 'desk-2026-0008' },
      },
    },
    handle: async ({ body, site, idempotency, ledger }) =>
      replyOf(await ledger.execute({ do: 'take-deposit', ...body, site, idempotency })),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/emergency-credits',
    tag: 'Money',
    summary: 'Lend what was agreed for an emergency, by the tenant’s own order',
    permission: 'credit.draw',
    once: true,
    body: { account: id, wallet, amount: positiveMicros },
    reply: z.looseObject({}),
    status: 201,
    codes: ['account-unknown', 'not-your-account', 'terms-broken', 'idempotency-mismatch'],
    handle: async ({ body, site, principal, idempotency, ledger }) => {
      const { account, wallet, amount } = body;
      demandAccount(principal, account);
      const drawn = { site, account, wallet, amount, idempotency, order: principal.id };
      return replyOf(await ledger.execute({ do: 'draw-emergency-credit', ...drawn }));
    },
  }),
];
