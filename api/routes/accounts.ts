import { z } from 'zod';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { AccountView, LedgerPort } from '../ledger-port.ts';
import { accountFilters, accountList } from '../lists/account-list.ts';
import { eventFilters, eventList } from '../lists/event-list.ts';
import { listing, listReply } from '../lists/list-reply.ts';
import { demandAccount } from '../permissions.ts';
import { jsonRoute, type Route } from '../route.ts';
import { id, leaf, micros, pageShape, wallet } from '../shapes.ts';
import { ACCOUNT, SITE } from './examples.ts';
import { replyOf } from './outcome.ts';

const walletBalance = z.object({ wallet, balance: micros });
const name = z.string().max(200).describe('Shown to staff only; never part of an event');
const accountRow = z.looseObject({ account: id, name: name.optional() });

export const accountRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/accounts',
    tag: 'Accounts',
    summary: 'Open a prepaid account',
    permission: 'account.open',
    once: true,
    body: { account: id.optional().describe('Pseudonym; default: made up'), name: name.optional() },
    reply: z.looseObject({ account: id }),
    status: 201,
    codes: ['account-exists'],
    example: { body: { site: SITE, account: ACCOUNT, name: 'Room 412' } },
    handle: async ({ body, site, idempotency, ledger }) => {
      const { account, name } = body;
      return replyOf(
        await ledger.execute({ do: 'open-account', site, idempotency, account, name }),
      );
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/accounts',
    tag: 'Accounts',
    summary: 'List the accounts of a site',
    permission: 'account.list',
    query: { ...listing, ...accountFilters },
    reply: pageShape(accountRow),
    codes: ['bad-cursor', 'cursor-mismatch', 'table-too-long'],
    example: { query: { site: SITE, limit: '2' } },
    handle: async (call) => await listReply(call, accountList(call)),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/accounts/{account}',
    tag: 'Accounts',
    summary: 'Read an account: wallets, meters, number of events',
    permission: 'account.read',
    params: { account: id },
    reply: z.looseObject({
      account: id,
      name: name.optional(),
      wallets: z.array(walletBalance),
      meters: z.array(z.unknown()),
      n: z.int().min(0).describe('Events so far'),
    }),
    codes: ['account-unknown', 'not-your-account'],
    example: { params: { account: ACCOUNT }, query: { site: SITE } },
    handle: async ({ params, site, principal, ledger }) => {
      demandAccount(principal, params.account);
      return { body: await mustHaveAccount(ledger, site, params.account) };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/accounts/{account}/balance',
    tag: 'Accounts',
    summary: 'Read the confirmed balance of each wallet',
    permission: 'account.read',
    params: { account: id },
    reply: z.object({ account: id, wallets: z.array(walletBalance) }),
    codes: ['account-unknown', 'not-your-account'],
    example: { params: { account: ACCOUNT }, query: { site: SITE } },
    handle: async ({ params, site, principal, ledger }) => {
      demandAccount(principal, params.account);
      const { account, wallets } = await mustHaveAccount(ledger, site, params.account);
      return {
        body: { account, wallets: wallets.map(({ wallet, balance }) => ({ wallet, balance })) },
      };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/accounts/{account}/events',
    tag: 'Accounts',
    summary: "Read an account's events, verbatim, in their order",
    permission: 'event.read',
    params: { account: id },
    query: { ...listing, ...eventFilters },
    reply: pageShape(
      z.object({ leaf, text: z.string().describe('Canonical text, as it is hashed') }),
    ),
    codes: [
      ...['account-unknown', 'not-your-account', 'bad-cursor', 'cursor-mismatch'],
      'table-too-long',
    ],
    example: { params: { account: ACCOUNT }, query: { site: SITE, type: 'topup.credited' } },
    handle: async (call) => {
      const { account } = call.params;
      demandAccount(call.principal, account);
      await mustHaveAccount(call.ledger, call.site, account);
      return await listReply(call, eventList(call, account));
    },
  }),
];

export async function mustHaveAccount(
  ledger: LedgerPort,
  site: string,
  account: string,
): Promise<AccountView> {
  const found = await ledger.account(site, account);
  if (found !== undefined) return found;
  throw new Refusal('account-unknown', `There is no account ${account} here. Check its id.`, {
    account,
  });
}
