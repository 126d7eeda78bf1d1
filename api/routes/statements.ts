import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { LedgerPort, StatementRow, StatementView } from '../ledger-port.ts';
import { type List, listing, listReply } from '../lists/list-reply.ts';
import { isTenant, type Principal } from '../permissions.ts';
import { jsonRoute, type Route } from '../route.ts';
import { hash, id, leaf, micros, pageShape, period } from '../shapes.ts';
import { shareUrl } from '../share-link.ts';
import { ACCOUNT, SITE, STATEMENT } from './examples.ts';
import { replyOf } from './outcome.ts';

const statementRow = z.looseObject({
  id,
  account: id,
  period,
  n: z.int().min(0).describe("Number of the event in the account's chain"),
  leaf,
});

export const statementRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/statements',
    tag: 'Statements',
    summary: "Issue an account's statement of a month",
    permission: 'statement.issue',
    once: true,
    body: { account: id, period },
    reply: z.looseObject({ id, n: z.int(), leaf, total: micros }),
    status: 201,
    codes: [
      'account-unknown',
      'period-not-ended',
      'statement-exists',
      'statement-order',
      'idempotency-mismatch',
    ],
    example: { body: { site: SITE, account: ACCOUNT, period: '2026-09' } },
    handle: async ({ body, site, idempotency, ledger }) =>
      replyOf(await ledger.execute({ do: 'issue-statement', ...body, site, idempotency })),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/statements',
    tag: 'Statements',
    summary: 'List statements; a tenant sees the own ones',
    permission: 'statement.read',
    query: { ...listing, account: id.optional(), period: period.optional() },
    reply: pageShape(statementRow),
    codes: ['not-your-account', 'bad-cursor', 'cursor-mismatch', 'table-too-long'],
    example: { query: { site: SITE, account: ACCOUNT } },
    handle: async (call) => {
      const { principal, query, site, ledger } = call;
      const account = accountFilter(principal, query.account);
      return await listReply(call, statementList(ledger, site, account, query.period));
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/statements/{id}',
    tag: 'Statements',
    summary: 'Read a statement',
    permission: 'statement.read',
    params: { id },
    reply: statementRow.extend({
      commitment: hash,
      total: micros,
      currency: z.string(),
      statement: z.unknown(),
    }),
    codes: ['statement-unknown'],
    example: { params: { id: STATEMENT }, query: { site: SITE } },
    handle: async ({ params, site, principal, ledger }) => ({
      body: await visibleStatement(ledger, principal, site, params.id),
    }),
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/statements/{id}/share',
    tag: 'Statements',
    summary:
      'Make a link and a code that open the statement on the verification page for 24 months',
    permission: 'statement.share',
    params: { id },
    reply: z.object({
      url: z.string().describe('What the QR code on a paper bill holds'),
      code: z.string().describe('Twelve symbols to be printed under it, for whoever has to type'),
    }),
    status: 201,
    codes: ['statement-unknown'],
    example: { params: { id: STATEMENT }, body: { site: SITE } },
    handle: async ({ params, site, principal, ledger, publicUrl }) => {
      const statement = await visibleStatement(ledger, principal, site, params.id);
      const { key, code } = await ledger.shareBill(site, statement.id);
      return { body: { url: shareUrl(publicUrl, statement, key), code } };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/statements/{id}/unshare',
    tag: 'Statements',
    summary: 'Revoke every link and code of the statement',
    permission: 'statement.share',
    params: { id },
    reply: z.object({ revoked: z.int().min(0).describe('Shares that still opened it') }),
    codes: ['statement-unknown'],
    example: { params: { id: STATEMENT }, body: { site: SITE } },
    handle: async ({ params, site, principal, ledger }) => {
      const statement = await visibleStatement(ledger, principal, site, params.id);
      return { body: { revoked: await ledger.unshareBill(site, statement.id) } };
    },
  }),
];

/** Refuses `unknown-statement` also where the statement is another tenant's. */
export async function visibleStatement(
  ledger: LedgerPort,
  principal: Principal,
  site: string,
  statement: string,
): Promise<StatementView> {
  const found = await ledger.statement(site, statement);
  const isForeign = isTenant(principal.role) && found?.account !== principal.account;
  if (found === undefined || isForeign) throw unknownStatement();
  return found;
}

export function unknownStatement(): Refusal {
  return new Refusal('statement-unknown', 'There is no such statement here. Check its id.');
}

/** By id, which is the order of time. */
function statementList(
  ledger: LedgerPort,
  site: string,
  account: string | undefined,
  month: string | undefined,
): List<StatementRow> {
  return {
    name: `statements-${site}`,
    filter: `statements ${site} ${account ?? '*'} ${month ?? '*'}`,
    read: async (after, limit) => {
      const page = { limit, ...(after === undefined ? {} : { after }) };
      return await ledger.statements(site, { ...page, account, period: month });
    },
    keyOf: (row) => row.id,
    view: (row) => row,
    columns: [
      { head: 'id', of: (row) => row.id },
      { head: 'account', of: (row) => row.account },
      { head: 'period', of: (row) => row.period },
      { head: 'n', of: ({ n }) => n },
      { head: 'leaf', of: (row) => row.leaf },
    ],
  };
}

function accountFilter(principal: Principal, asked: string | undefined): string | undefined {
  if (!isTenant(principal.role)) return asked;
  if (asked === undefined || asked === principal.account) return principal.account;
  throw new Refusal('not-your-account', 'This token opens another account than the one asked for.');
}
