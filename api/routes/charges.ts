import { z } from 'zod';
import { jsonRoute, type Route } from '../route.ts';
import { id, leaf, micros, period, time } from '../shapes.ts';
import { ACCOUNT, COMMON, SITE } from './examples.ts';
import { replyOf } from './outcome.ts';

/** Charges of tariff format 2 that somebody has to tell of: stays, and what is shared by all. */
export const chargeRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/stays',
    tag: 'Money',
    summary: 'Record a stay of parking that has ended, and charge it',
    permission: 'stay.record',
    once: true,
    body: { account: id, tariff: id, from: time, to: time },
    reply: z.looseObject({ account: id, amount: micros, n: z.int(), leaf }),
    status: 201,
    codes: ['account-unknown', 'bad-stay', 'tariff-unknown', 'time-in-future'],
    example: {
      body: {
        ...{ site: SITE, account: ACCOUNT, tariff: COMMON.id },
        ...{ from: '2026-09-20T01:00:00.000Z', to: '2026-09-20T03:20:00.000Z' },
      },
    },
    handle: async ({ body, site, idempotency, ledger }) =>
      replyOf(await ledger.execute({ do: 'record-stay', ...body, site, idempotency })),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/pools',
    tag: 'Money',
    summary: "Share a month's common use or line loss among all whose terms name the tariff",
    permission: 'pool.share',
    once: true,
    body: {
      tariff: id,
      share: id.describe('As the tariff names it'),
      month: period,
      pool: micros.describe('A quantity or an amount, as the tariff says'),
    },
    reply: z.looseObject({ accounts: z.int(), poolAmount: micros, leaf }),
    status: 201,
    codes: [
      ...['period-not-ended', 'pool-shared', 'pool-step', 'share-key-empty', 'share-unknown'],
      ...['statement-exists', 'tariff-unknown', 'term-missing'],
    ],
    example: {
      body: {
        ...{ site: SITE, tariff: COMMON.id, share: 'lift', month: '2026-09' },
        pool: '120.000000',
      },
    },
    handle: async ({ body, site, idempotency, ledger }) =>
      replyOf(await ledger.execute({ do: 'share-pool', ...body, site, idempotency })),
  }),
];
