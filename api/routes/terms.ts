import { z } from 'zod';
import { jsonRoute, type Route } from '../route.ts';
import { id, micros, period } from '../shapes.ts';
import { ACCOUNT, COMMON, SITE } from './examples.ts';
import { replyOf } from './outcome.ts';

const terms = z.strictObject({
  quantities: z.record(id, micros).describe('Area, contract, quota … in the units of the tariff'),
  basis: z.enum(['contract', 'measured', 'capacity']).optional(),
});

const TERMS = { quantities: { area: '86.500000' } };

export const termsRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/accounts/{account}/terms',
    tag: 'Accounts',
    summary: 'Put on record what is agreed with an account from a month on: area, contract, quota',
    permission: 'terms.set',
    once: true,
    params: { account: id },
    body: {
      from: period.describe('First month that they are for; logged before it begins'),
      terms,
      tariffs: z.array(id).max(32).optional().describe('Tariffs beside those of its meters'),
    },
    reply: z.looseObject({ account: id, version: z.int().min(1) }),
    status: 201,
    codes: ['account-unknown', 'statement-exists', 'tariff-unknown', 'terms-late'],
    example: {
      params: { account: ACCOUNT },
      body: { site: SITE, from: '2026-09', terms: TERMS, tariffs: [COMMON.id] },
    },
    handle: async ({ params, body, site, idempotency, ledger }) =>
      replyOf(await ledger.execute({ do: 'set-terms', ...body, ...params, site, idempotency })),
  }),
];
