import readXlsx from 'read-excel-file/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { camtStatement } from '../test/support/camt-statement.ts';
import { readPdf } from '../test/support/read-pdf.ts';
import { member, problem } from './test/api-client.ts';
import { openApiForTests, TEST_SITE, type TestApi } from './test/open-api-for-tests.ts';

const DAY = '/v1/reconciliations/bank/2026-09-02';
const credits = Array.from({ length: 3 }, (_, n) => [`${n + 1}.00`, `rent ${n}`] as const);
const statement = camtStatement('2026-09-02', credits);
let api: TestApi;

beforeAll(async () => {
  api = await openApiForTests();
  await api.setLedgerTime('2026-09-03T00:00:00.000Z');
  const site = {
    ...{ site: TEST_SITE, currency: 'CNY', zone: 'Asia/Shanghai' },
    origin: 'bills.example.com/log/quay',
  };
  const made = await api.client.post('/v1/sites', api.tokens.admin, site);
  expect(made.status).toBe(201);
});
afterAll(async () => await api.close());

const upload = (path: string, body: string, token = api.tokens.accountant) =>
  api.client.ask('POST', path, { token, body, headers: { 'content-type': 'application/xml' } });
const act = (json: unknown) => api.client.post(`${DAY}/actions`, api.tokens.accountant, json);

test('a statement is uploaded as it came, once, and read by bucket and page', async () => {
  const first = await upload(`${DAY}/file`, statement);
  expect([first.status, first.body]).toEqual([
    201,
    expect.objectContaining({ source: 'bank', exceptions: 3, unexplained: '6.000000' }),
  ]);
  const again = await upload(`${DAY}/file`, statement);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  const list = await api.client.get('/v1/reconciliations', api.tokens.auditor);
  expect(member(list.body, 'data/0/day')).toBe('2026-09-02');

  const bucket = `${DAY}/exceptions?bucket=provider-only&limit=2`;
  const page = await api.client.get(bucket, api.tokens.auditor);
  expect(member(page.body, 'data')).toMatchObject([{ bank: '1.000000' }, { bank: '2.000000' }]);
  const next = `${bucket}&cursor=${String(member(page.body, 'next'))}`;
  const last = await api.client.get(next, api.tokens.auditor);
  expect(last.body).toMatchObject({ data: [{ bank: '3.000000', reason: 'credit-unknown' }] });
  expect(member(last.body, 'next')).toBeUndefined();
  const none = await api.client.get(`${DAY}/exceptions?bucket=duplicate`, api.tokens.auditor);
  expect(none.body).toEqual({ data: [] });
});

test('the day closes when each exception was decided about, and says so as a table', async () => {
  expect(problem(await api.client.post(`${DAY}/close`, api.tokens.manager, {}))).toBe(
    '409 reconciliation-open',
  );
  for (const n of [1, 2, 3]) {
    const exception = `provider-only.000000${n}`;
    const acted = await act({ exception, action: 'match', note: `=rent ${n}` });
    expect([acted.status, member(acted.body, 'actions/0/by')]).toEqual([201, 'bound-accountant']);
  }
  const closed = await api.client.post(`${DAY}/close`, api.tokens.manager, {});
  expect(closed.body).toMatchObject({ isClosed: true, remaining: '0.000000' });
  expect(problem(await upload(`${DAY}/file`, `${statement} `))).toBe('409 reconciliation-closed');

  const table = await api.client.get(`${DAY}/table`, api.tokens.auditor);
  expect(table.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(String(table.body).split('\r\n').at(-2)).toContain(",match,bound-accountant,'=rent 3");
});

test('the report is a workbook and a PDF as well, with the same figures', async () => {
  const bytes = await api.client.bytes(`${DAY}/table?format=xlsx`, api.tokens.auditor);
  const workbook = await readXlsx(Buffer.from(bytes));
  expect(workbook.map(({ sheet }) => sheet)).toEqual(['Day', 'Exceptions']);
  const [figures, exceptions] = workbook.map(({ data }) => data);
  expect(figures?.find(([name]) => name === 'unexplained')).toEqual(['unexplained', 6]);
  expect(exceptions?.map((row) => [row[0], row.at(-1)])).toEqual([
    ...[
      ['exception', 'note'],
      ['provider-only.0000001', '=rent 1'],
    ],
    ...[
      ['provider-only.0000002', '=rent 2'],
      ['provider-only.0000003', '=rent 3'],
    ],
  ]);
  const pdf = readPdf(await api.client.bytes(`${DAY}/table?format=pdf`, api.tokens.auditor));
  const text = pdf.texts.join(' ');
  for (const part of ['对账报告 Reconciliation bank', '已结账 Closed', '=rent 3', '未解释']) {
    expect(text).toContain(part);
  }
  expect(pdf.empty).toEqual([]);
});

test('an action that moves nothing that is there is refused, and nothing is written down', async () => {
  const other = '/v1/reconciliations/bank/2026-09-01';
  expect((await upload(`${other}/file`, camtStatement('2026-09-01', credits))).status).toBe(201);
  const ask = (json: object) =>
    api.client.post(`${other}/actions`, api.tokens.accountant, { note: 'x', ...json });
  const exception = 'provider-only.0000001';
  expect(problem(await ask({ exception, action: 'credit' }))).toBe('422 action-unfit');
  expect(problem(await ask({ exception, action: 'refund' }))).toBe('400 bad-shape');
  const missing = { exception: 'provider-only.0000009', action: 'carry' };
  expect(problem(await ask(missing))).toBe('404 exception-unknown');
  const kept = await api.client.get(`${other}/exceptions`, api.tokens.auditor);
  expect(member(kept.body, 'data/0/actions')).toEqual([]);
});

test('a bank’s CSV is read by the columns that are declared for it, and by nothing that is guessed', async () => {
  const path = '/v1/reconciliations/bank/2026-09-06/file';
  const csv = '日期,收入,支出,摘要\r\n2026-09-06,1.50,,rent 0\r\n2026-09-06,,0.25,fee\r\n';
  const columns = {
    ...{ encoding: 'utf-8', separator: ',', currency: 'CNY', date: '日期', decimal: '.' },
    ...{ dateForm: 'YYYY-MM-DD', amounts: { credit: '收入', debit: '支出' }, text: '摘要' },
  };
  const uploaded = async (declared: object | string) => {
    const text = typeof declared === 'string' ? declared : JSON.stringify(declared);
    return await upload(`${path}?columns=${encodeURIComponent(text)}`, csv);
  };
  expect(problem(await uploaded('{'))).toBe('400 json-syntax');
  const guessed = await uploaded({ ...columns, decimal: '?' });
  expect([problem(guessed), member(guessed.body, 'errors/0/pointer')]).toEqual([
    '400 bad-request',
    '?columns',
  ]);
  expect(problem(await uploaded({ ...columns, currency: 'USD' }))).toBe('422 currency-not-taken');
  expect(problem(await uploaded({ ...columns, date: 'Datum' }))).toBe(
    '422 settlement-unknown-format',
  );
  expect(await uploaded(columns)).toMatchObject({
    status: 201,
    body: { rows: 2, exceptions: 1, unexplained: '1.500000', buckets: { 'provider-only': 1 } },
  });
});

test('only who may runs it, and only what is there is answered', async () => {
  for (const role of ['cashier', 'engineer', 'auditor', 'tenant'] as const) {
    const refused = await upload(`${DAY}/file`, statement, api.tokens[role]);
    expect([role, problem(refused)]).toEqual([role, '403 forbidden']);
  }
  const anonymous = await api.client.ask('POST', `${DAY}/file`, { body: statement });
  expect(problem(anonymous)).toBe('401 token-missing');
  const nowhere = await api.client.get('/v1/reconciliations/bank/2026-09-09', api.tokens.auditor);
  expect(problem(nowhere)).toBe('404 reconciliation-unknown');
  const wrong = await upload('/v1/reconciliations/cash/2026-09-02/file', statement);
  expect(problem(wrong)).toBe('404 provider-unknown');
  const noDay = await upload('/v1/reconciliations/bank/2026-02-30/file', statement);
  expect(problem(noDay)).toBe('400 bad-date');
  const noMerchant = await upload('/v1/reconciliations/wechat/2026-09-02/file', statement);
  expect(problem(noMerchant)).toBe('400 settlement-merchant-missing');
  const cut = await upload('/v1/reconciliations/bank/2026-09-05/file', statement.slice(0, 200));
  expect(cut.status).toBe(422);
  const body = { source: 'wechat', day: '2026-09-02' };
  const fetched = await api.client.post('/v1/reconciliations', api.tokens.accountant, body);
  expect(problem(fetched)).toBe('404 provider-unknown');
});
