import { readSheet } from 'read-excel-file/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseMicros } from '../ledger/core/decimal.ts';
import { type Answer, member, problem } from './test/api-client.ts';
import { openApiForTests, TEST_SITE, type TestApi } from './test/open-api-for-tests.ts';

let api: TestApi;
const ask = async (path: string, role: 'accountant' | 'auditor' = 'accountant') => {
  return await api.client.get(path, api.tokens[role]);
};
const rows = (answer: Answer, at = 'data'): Record<string, string>[] => {
  const list = member(answer.body, at);
  return Array.isArray(list) ? list : [];
};

// Two tenants; three top-ups in September and one in October, one of them with a reference like a formula.
beforeAll(async () => {
  api = await openApiForTests();
  await api.setLedgerTime('2026-08-25T00:00:00.000Z');
  const site = { site: TEST_SITE, currency: 'CNY', zone: 'Asia/Shanghai' };
  await api.client.post('/v1/sites', api.tokens.admin, site);
  for (const account of ['K1', 'K2']) {
    await api.client.post('/v1/accounts', api.tokens.manager, { account });
  }
  const topUps = [
    ['2026-08-31T16:00:00.000Z', 'K1', 'electricity', '100.000000', 'desk-1'],
    ['2026-09-15T02:00:00.000Z', 'K2', 'water', '20.500000', '=1+1'],
    ['2026-09-30T15:59:59.999Z', 'K1', 'water', '1.000001', '202609301234567890'],
    ['2026-09-30T16:00:00.000Z', 'K1', 'water', '9.000000', 'desk-4'],
  ];
  for (const [at = '', account, wallet, amount, reference] of topUps) {
    await api.setLedgerTime(at);
    const json = { account, wallet, amount, method: 'cash', reference };
    const answer = await api.client.post('/v1/top-ups', api.tokens.cashier, json);
    expect([answer.status, answer.body]).toEqual([201, answer.body]);
  }
});
afterAll(async () => await api.close());

test('the trial balance of a month opens, moves and closes each account, zero together', async () => {
  const { body } = await ask('/v1/reports/trial-balance?from=2026-09');
  const none = { held: '0.000000', owed: '0.000000' };
  expect(body).toEqual({
    ...{ events: 7, currency: 'CNY', closed: false, from: '2026-09', to: '2026-09' },
    data: [
      {
        ...{ code: '1001', part: 'cash', opening: '0.000000', debit: '121.500001' },
        ...{ credit: '0.000000', closing: '121.500001', postings: 3, ...none },
      },
      {
        ...{ code: '2203', part: 'electricity', opening: '0.000000', debit: '0.000000' },
        ...{ credit: '100.000000', closing: '-100.000000', postings: 1 },
        ...{ held: '100.000000', owed: '0.000000' },
      },
      {
        ...{ code: '2203', part: 'water', opening: '0.000000', debit: '0.000000' },
        ...{ credit: '21.500001', closing: '-21.500001', postings: 2 },
        ...{ held: '21.500001', owed: '0.000000' },
      },
    ],
  });
  const october = rows(await ask('/v1/reports/trial-balance?from=2026-10'));
  expect(october.map(({ opening, closing }) => [opening, closing])).toEqual([
    ['121.500001', '130.500001'],
    ['-100.000000', '-100.000000'],
    ['-21.500001', '-30.500001'],
  ]);
});

test('what is behind a sum is a list of books, and behind each book its entries and events', async () => {
  const path = '/v1/reports/books?from=2026-09&code=2203&part=water&limit=1';
  const first = await ask(path);
  expect(rows(first)).toEqual([
    {
      ...{ book: 'prepaid:K1:water', code: '2203', part: 'water', opening: '0.000000' },
      ...{ debit: '0.000000', credit: '1.000001', closing: '-1.000001', postings: 1 },
    },
  ]);
  const next = String(member(first.body, 'next'));
  const second = await ask(`${path}&cursor=${encodeURIComponent(next)}`);
  expect(rows(second).map(({ book }) => book)).toEqual(['prepaid:K2:water']);
  expect(member(second.body, 'next')).toBeUndefined();
  const entries = await ask('/v1/journal?from=2026-09-01&to=2026-09-30&book=prepaid:K2:water');
  const [entry] = rows(entries);
  expect(entry).toMatchObject({ account: 'K2', n: 1, date: '2026-09-15', reference: '=1+1' });
  const events = await ask('/v1/accounts/K2/events');
  expect(JSON.parse(rows(events)[1]?.['text'] ?? '{}')).toMatchObject({ id: entry?.['id'] });
});

test('a journal goes on page by page, and its cursor is good for it alone', async () => {
  const path = '/v1/journal?from=2026-09-01&to=2026-10-31&limit=2';
  const first = await ask(path);
  const cursor = `&cursor=${String(member(first.body, 'next'))}`;
  const second = await ask(path + cursor);
  expect([...rows(first), ...rows(second)].map(({ date }) => date)).toEqual([
    ...['2026-09-01', '2026-09-15', '2026-09-30', '2026-10-01'],
  ]);
  expect(member(second.body, 'next')).toBeUndefined();
  const other = await ask(`/v1/journal?from=2026-09-01&to=2026-09-30&limit=2${cursor}`);
  expect(problem(other)).toBe('400 cursor-mismatch');
});

test('days and months say the same', async () => {
  const days = rows(await ask('/v1/reports/daily?from=2026-09-01&to=2026-10-31'));
  const debits = days.reduce((sum, { debit = '' }) => sum + parseMicros(debit), 0n);
  expect(debits).toBe(130_500_001n);
  expect([...new Set(days.map(({ date }) => date))]).toEqual([
    ...['2026-09-01', '2026-09-15', '2026-09-30', '2026-10-01'],
  ]);
  const months = rows(await ask('/v1/reports/monthly?from=2026-09&to=2026-10'));
  expect(months.map(({ month }) => month)).toEqual(['2026-09', '2026-10']);
});

test('a journal as CSV has a line a posting, and nothing in it is a formula', async () => {
  const { body, headers } = await ask('/v1/journal/table?from=2026-09-01&to=2026-09-30', 'auditor');
  expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
  const text = String(body).replace('\ufeff', '');
  const lines = text.trimEnd().split('\r\n');
  expect(lines).toHaveLength(7);
  expect(lines[3]).toMatch(
    /^2026-09-15,\d+,1001,Cash and receipts at the desk,库存现金及柜台收款,cash,20\.500000,,CNY,topup\.credited,,cash:cash,K2,1,[0-9a-f-]{36},'=1\+1,$/,
  );
  expect(lines[5]).toContain(',202609301234567890\t,');
});

test('a journal by day has one voucher a day and kind of event, and each balances', async () => {
  const path = '/v1/journal/table?from=2026-09-01&to=2026-10-31&by=day&format=json';
  const lines = rows(await ask(path));
  const byVoucher = Map.groupBy(lines, ({ voucher }) => voucher);
  expect([...byVoucher.keys()]).toEqual(
    ['2026-09-01', '2026-09-15', '2026-09-30', '2026-10-01'].map((day) => `${day}/topup.credited`),
  );
  for (const voucher of byVoucher.values()) {
    const sum = (side: 'debit' | 'credit') =>
      voucher.reduce((all, line) => all + parseMicros(line[side] || '0.000000'), 0n);
    expect(sum('debit')).toBe(sum('credit'));
  }
});

test('a journal as a workbook has amounts as numbers and everything else as text', async () => {
  const path = '/v1/journal/table?from=2026-09-15&to=2026-09-15&format=xlsx';
  const bytes = await api.client.bytes(path, api.tokens.accountant);
  const sheet = await readSheet(Buffer.from(bytes));
  expect(sheet).toHaveLength(3);
  expect(sheet[1]?.slice(0, 8)).toEqual([
    ...['2026-09-15', expect.stringMatching(/^\d+$/), '1001', 'Cash and receipts at the desk'],
    ...['库存现金及柜台收款', 'cash', 20.5, null],
  ]);
  expect(sheet[1]?.[15]).toBe('=1+1');
});

test('a report that asks for too much or backwards is refused', async () => {
  const wrong = [
    ['/v1/reports/income?from=2026-10&to=2026-09', '400 bad-interval'],
    ['/v1/reports/monthly?from=2020-01&to=2026-09', '422 report-too-long'],
    ['/v1/journal?from=2026-09-31', '200 undefined'],
    ['/v1/journal?from=2026-13-01', '400 bad-request'],
  ] as const;
  for (const [path, expected] of wrong) {
    expect([path, problem(await ask(path))]).toEqual([path, expected]);
  }
});
