import { z } from 'zod';
import { CHART } from '../../ledger/books/chart.ts';
import { BOOK } from '../../ledger/core/event-data.ts';
import { RECONCILED_DAY } from '../../ledger/core/reconciliation.ts';
import { cursorKey, cursorNumber, pageOf } from '../cursor.ts';
import { incomeOf } from '../reports/income.ts';
import { type MonthSpan, monthsOf, refuseBackwards } from '../reports/time-span.ts';
import { jsonRoute, type Route } from '../route.ts';
import { currency, id, leaf, micros, pageShape, paging, period } from '../shapes.ts';
import { SITE } from './examples.ts';

export const day = z.string().regex(RECONCILED_DAY).describe('Day of the site, such as 2026-09-30');
export const code = z
  .string()
  .regex(/^[0-9]{4}$/)
  .describe('Account of the chart, such as 2203');
const months = { from: period, to: period.optional().describe('Default: `from`') };
export const days = { from: day, to: day.optional().describe('Default: `from`') };
const events = z.int().min(0).describe('Events of the log that the sums hold');
const balances = { opening: micros, debit: micros, credit: micros, closing: micros };
const postings = z.int().min(0);
const MONTHS = { site: SITE, from: '2026-09' };

/** The general ledger: sums, what they are made of, and the way from each to its events. */
export const reportRoutes: readonly Route[] = [
  jsonRoute({
    method: 'GET',
    path: '/v1/reports/chart',
    tag: 'Reports',
    summary: 'Read the chart of accounts, with the books that belong to each',
    permission: 'book.read',
    reply: z.object({
      data: z.array(
        z.object({
          ...{ code, name: z.string(), nameZh: z.string(), books: z.array(z.string()) },
          side: z.enum(['asset', 'liability', 'income', 'expense']),
        }),
      ),
    }),
    codes: [],
    example: { query: { site: SITE } },
    handle: async () => ({ body: { data: CHART } }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/reports/trial-balance',
    tag: 'Reports',
    summary: 'Read opening, debits, credits and closing by account; debits positive, zero together',
    permission: 'book.read',
    query: months,
    reply: z.object({
      ...{ events, currency, from: period, to: period },
      closed: z.boolean().describe('The books of `to` are closed: these sums stay as they are'),
      data: z.array(
        z.object({
          ...{ code, part: z.string(), ...balances, postings },
          held: micros.describe('Of prepaid wallets: what tenants have at the end'),
          owed: micros.describe('Of prepaid wallets: receivables, what tenants owe at the end'),
        }),
      ),
    }),
    codes: ['bad-interval', 'report-too-long'],
    example: { query: MONTHS },
    handle: async ({ query, site, ledger }) => {
      const span = spanOf(query);
      const { events, closed, rows } = await ledger.books.trialBalance(site, span);
      const { currency = '' } = (await ledger.findSite(site)) ?? {};
      return { body: { events, currency, closed, ...span, data: rows } };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/reports/income',
    tag: 'Reports',
    summary: 'Read income and expense by utility, and by provider the fees of payment providers',
    permission: 'book.read',
    query: months,
    reply: z.object({
      ...{ events, from: period, to: period },
      data: z.array(
        z.object({ part: z.string(), income: micros, expense: micros, result: micros }),
      ),
      total: z.object({ income: micros, expense: micros, result: micros }),
    }),
    codes: ['bad-interval', 'report-too-long'],
    example: { query: MONTHS },
    handle: async ({ query, site, ledger }) => {
      const span = spanOf(query);
      const { events, rows } = await ledger.books.trialBalance(site, span);
      return { body: { events, ...span, ...incomeOf(rows) } };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/reports/books',
    tag: 'Reports',
    summary: 'List the books of an account: of 2203 what each tenant’s wallet holds or owes',
    permission: 'book.read',
    query: { ...months, ...paging, code: code.optional(), part: z.string().max(64).optional() },
    reply: pageShape(
      z.object({ book: z.string(), code, part: z.string(), ...balances, postings }),
    ).extend({ events }),
    codes: ['bad-interval', 'report-too-long', 'bad-cursor', 'cursor-mismatch'],
    example: { query: { ...MONTHS, code: '2203' } },
    handle: async ({ query, site, ledger }) => {
      const { limit, code, part } = query;
      const span = spanOf(query);
      const filter = `books ${site} ${span.from} ${span.to} ${code ?? '*'} ${part ?? '*'}`;
      const after = cursorKey(query.cursor, filter);
      const page = { code, part, after, limit: limit + 1 };
      const { events, rows } = await ledger.books.byBook(site, span, page);
      return { body: { ...pageOf(rows, limit, filter, ({ book }) => book), events } };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/reports/monthly',
    tag: 'Reports',
    summary: 'Read the trial balance of each of up to 24 months',
    permission: 'book.read',
    query: months,
    reply: z.object({
      data: z.array(
        z.object({
          ...{ month: period, events, closed: z.boolean() },
          rows: z.array(z.looseObject({ code, part: z.string(), ...balances, postings })),
        }),
      ),
    }),
    codes: ['bad-interval', 'report-too-long'],
    example: { query: MONTHS },
    handle: async ({ query, site, ledger }) => {
      const data: unknown[] = [];
      for (const month of monthsOf(spanOf(query))) {
        const one = { from: month, to: month };
        data.push({ month, ...(await ledger.books.trialBalance(site, one)) });
      }
      return { body: { data } };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/reports/daily',
    tag: 'Reports',
    summary: 'Read what was posted on each day, by kind of event and account; corrections apart',
    permission: 'book.read',
    query: days,
    reply: z.object({
      events,
      data: z.array(
        z.object({
          ...{ date: day, type: z.string(), late: z.boolean(), code, part: z.string() },
          ...{ debit: micros, credit: micros, postings },
        }),
      ),
    }),
    codes: ['bad-interval', 'report-too-long'],
    example: { query: { site: SITE, from: '2026-09-01', to: '2026-09-30' } },
    handle: async ({ query, site, ledger }) => {
      const { from, to } = refuseBackwards(query.from, query.to);
      monthsOf({ from: from.slice(0, 7), to: to.slice(0, 7) });
      const { events, rows } = await ledger.books.byDay(site, from, to);
      return { body: { events, data: rows } };
    },
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/journal',
    tag: 'Reports',
    summary: 'List the entries of some days in the order of the log, each with its event’s place',
    permission: 'book.read',
    query: {
      ...{ ...days, ...paging, code: code.optional(), account: id.optional() },
      book: z.string().regex(BOOK).optional(),
    },
    reply: pageShape(
      z.looseObject({
        ...{ leaf, account: id, n: z.int().min(0), id, type: z.string(), at: z.string() },
        ...{ date: day, period, late: z.boolean().describe('Corrects a closed month'), currency },
        postings: z.array(z.object({ book: z.string(), amount: micros })),
      }),
    ),
    codes: ['bad-interval', 'report-too-long', 'bad-cursor', 'cursor-mismatch'],
    example: { query: { site: SITE, from: '2026-09-01', to: '2026-09-30', code: '6001' } },
    handle: async ({ query, site, ledger }) => {
      const { limit, code, book, account } = query;
      const ask = { ...refuseBackwards(query.from, query.to), code, book, account };
      const filter = `journal ${site} ${Object.values(ask).map((one) => one ?? '*')}`;
      const after = cursorNumber(query.cursor, filter);
      const start = after === undefined ? 0 : after + 1;
      const entries = await ledger.books.journal(site, ask, { start, limit: limit + 1 });
      return { body: pageOf(entries, limit, filter, ({ leaf }) => String(leaf)) };
    },
  }),
];

function spanOf({
  from,
  to,
}: {
  readonly from: string;
  readonly to?: string | undefined;
}): MonthSpan {
  const span = refuseBackwards(from, to);
  monthsOf(span);
  return span;
}
