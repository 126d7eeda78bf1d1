import readXlsxFile from 'read-excel-file/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatTime } from '../../ledger/core/time.ts';
import { type Answer, member, problem } from '../test/api-client.ts';
import {
  openApiForTests,
  TEST_ACCOUNT,
  TEST_SITE,
  type TestApi,
} from '../test/open-api-for-tests.ts';
import { acceptedFormat, SHEET_TYPES } from './sheet.ts';

const ACCOUNTS = ['A1', 'A2', 'B1', 'B2', 'B3', TEST_ACCOUNT, 'zz'];
const NAMES: Readonly<Record<string, string>> = {
  A1: '=SUM(A1:A9)',
  A2: '+86 138 0000 0000',
  B1: '@home, "the" shop',
  B2: '-Tee-Haus',
  B3: '茶馆 412',
};
let api: TestApi;

beforeAll(async () => {
  api = await openApiForTests();
  await api.setLedgerTime('2026-08-25T00:00:00.000Z');
  const site = { site: TEST_SITE, currency: 'CNY', zone: 'Asia/Shanghai' };
  await made(await api.client.post('/v1/sites', api.tokens.admin, site));
  for (const account of ACCOUNTS) {
    const json = { account, ...(NAMES[account] && { name: NAMES[account] }) };
    await made(await api.client.post('/v1/accounts', api.tokens.manager, json));
  }
  for (const [i, day] of ['26', '27', '28'].entries()) {
    const at = `2026-08-${day}T00:00:00.000Z`;
    await api.setLedgerTime(at);
    const money = { wallet: 'electricity', amount: `${i + 1}.500000`, method: 'cash' };
    const json = { account: TEST_ACCOUNT, ...money };
    await made(await api.client.post('/v1/top-ups', api.tokens.cashier, json));
    await api.ledger.execute({
      ...{ do: 'take-payment', site: TEST_SITE, provider: i === 1 ? 'alipay' : 'stripe' },
      ...{ payment: `P${i}`, order: `UNKNOWN${i}`, amount: '12.000000', currency: 'CNY' },
      paidAt: formatTime(Date.parse(at) - 1000),
    });
  }
  await api.setLedgerTime('2026-10-05T00:00:00.000Z');
  for (const account of [TEST_ACCOUNT, 'A1']) {
    for (const period of ['2026-08', '2026-09']) {
      const json = { account, period };
      await made(await api.client.post('/v1/statements', api.tokens.manager, json));
    }
  }
});
afterAll(async () => await api.close());

test('a list of accounts goes on to its end, past the account of the house', async () => {
  // Among them stands `site`, whose events are the house's, and which is none of the list.
  for (const limit of [1, 2, 3, 6, 7, 8]) {
    const all = [...ACCOUNTS, 'suspense'].sort();
    expect(await walk(`/v1/accounts?limit=${limit}`, 'account')).toEqual(all);
  }
});

test('accounts are found by how their id begins and by what their name holds', async () => {
  expect(await walk('/v1/accounts?prefix=B&limit=2', 'account')).toEqual(['B1', 'B2', 'B3']);
  expect(await walk('/v1/accounts?prefix=A&limit=2', 'account')).toEqual(['A1', 'A2']);
  expect(await walk('/v1/accounts?prefix=C', 'account')).toEqual([]);
  expect(await walk('/v1/accounts?name=SHOP', 'account')).toEqual(['B1']);
  expect(await walk('/v1/accounts?name=e&limit=1', 'account')).toEqual(['B1', 'B2']);
  expect(await walk('/v1/accounts?name=shop&prefix=A', 'account')).toEqual([]);
});

test('statements are found by account and month', async () => {
  const by = async (query: string) => {
    const { body } = await api.client.get(`/v1/statements?${query}`, api.tokens.manager);
    const { data }: { data: { account: string; period: string }[] } = Object(body);
    return data.map(({ account, period }) => `${account} ${period}`).sort();
  };
  expect(await by('')).toEqual(['A1 2026-08', 'A1 2026-09', 'K1 2026-08', 'K1 2026-09']);
  expect(await by('period=2026-09')).toEqual(['A1 2026-09', 'K1 2026-09']);
  expect(await by('period=2026-09&account=A1')).toEqual(['A1 2026-09']);
  expect(await by('period=2026-07')).toEqual([]);
});

test('payments are found by provider, state and time', async () => {
  const all = ['P1', 'P0', 'P2'];
  expect(await walk('/v1/payments?limit=1', 'payment')).toEqual(all);
  expect(await walk('/v1/payments?provider=stripe&limit=1', 'payment')).toEqual(['P0', 'P2']);
  expect(await walk('/v1/payments?state=credited', 'payment')).toEqual([]);
  const from = '2026-08-26T23:59:59.000Z';
  expect(await walk(`/v1/payments?from=${from}`, 'payment')).toEqual(['P1', 'P2']);
  expect(await walk(`/v1/payments?to=${from}`, 'payment')).toEqual(['P0']);
});

test('events are found by type and time, and a tenant sees the own ones', async () => {
  const events = `/v1/accounts/${TEST_ACCOUNT}/events`;
  const types = async (query: string) => {
    const texts = await walk(`${events}?${query}`, 'text', api.tokens['tenant-owner']);
    return texts.map((text) => JSON.parse(text).type);
  };
  expect(await types('limit=2')).toEqual([
    ...['account.opened', 'topup.credited', 'topup.credited', 'topup.credited'],
    ...['statement.issued', 'statement.issued'],
  ]);
  expect(await types('type=statement.issued&limit=1')).toHaveLength(2);
  const day = 'from=2026-08-27T00:00:00.000Z&to=2026-08-28T00:00:00.000Z';
  expect(await types(day)).toEqual(['topup.credited']);
});

test('a cursor goes on in the list of its own filter alone', async () => {
  const first = await api.client.get('/v1/accounts?prefix=B&limit=1', api.tokens.manager);
  const cursor = String(member(first.body, 'next'));
  for (const query of ['limit=1', 'prefix=A', 'prefix=B&name=shop']) {
    const answer = await api.client.get(
      `/v1/accounts?${query}&cursor=${cursor}`,
      api.tokens.manager,
    );
    expect([query, problem(answer)]).toEqual([query, '400 cursor-mismatch']);
  }
  for (const path of ['/v1/payments', '/v1/statements', `/v1/accounts/${TEST_ACCOUNT}/events`]) {
    const answer = await api.client.get(`${path}?cursor=${cursor}`, api.tokens.manager);
    expect([path, problem(answer)]).toEqual([path, '400 cursor-mismatch']);
  }
  const tooMany = await api.client.get('/v1/accounts?limit=201', api.tokens.manager);
  expect(problem(tooMany)).toBe('400 bad-request');
});

test('as CSV the whole list comes with a byte order mark, and no cell is a formula', async () => {
  const answer = await api.client.get('/v1/accounts?format=csv&limit=1', api.tokens.manager);
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(answer.headers.get('content-disposition')).toBe(
    'attachment; filename="accounts-quay.csv"',
  );
  // What decodes a response for us takes the mark away; the bytes have it.
  expect(answer.body).toBe(
    [
      ...['account,name', "A1,'=SUM(A1:A9)", "A2,'+86 138 0000 0000"],
      ...[`B1,"'@home, ""the"" shop"`, "B2,'-Tee-Haus", 'B3,茶馆 412', 'K1,', 'suspense,'],
      ...['zz,', ''],
    ].join('\r\n'),
  );
  const bytes = await api.client.bytes('/v1/accounts?format=csv', api.tokens.manager);
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
});

test('as a workbook every text is a text, and an amount is a number', async () => {
  const accounts = await sheet('/v1/accounts?prefix=A');
  expect(accounts).toEqual([
    ['account', 'name'],
    ['A1', '=SUM(A1:A9)'],
    ['A2', '+86 138 0000 0000'],
  ]);
  const [head, first] = await sheet('/v1/payments?provider=alipay');
  expect(head).toEqual([
    ...['provider', 'payment', 'order', 'account', 'amount', 'currency', 'paidAt', 'takenAt'],
    ...['state', 'reason'],
  ]);
  expect(first?.slice(0, 6)).toEqual(['alipay', 'P1', 'UNKNOWN1', 'suspense', 12, 'CNY']);
  expect((await sheet('/v1/statements?period=2026-08')).length).toBe(3);
  const events = await sheet(`/v1/accounts/${TEST_ACCOUNT}/events?type=topup.credited`);
  expect(events.map((row) => row[8])).toEqual(['amount', 1.5, 2.5, 3.5]);
});

test('what an Accept header asks for first is what it gets', async () => {
  const headers = { accept: 'text/csv' };
  const ask = { token: api.tokens.manager, headers };
  const answer = await api.client.ask('GET', '/v1/accounts', ask);
  expect([answer.headers.get('content-type'), answer.headers.get('vary')]).toEqual([
    ...['text/csv; charset=utf-8', 'Accept'],
  ]);
  const named = await api.client.ask('GET', '/v1/accounts?format=json', ask);
  expect(named.headers.get('content-type')).toBe('application/json');
  expect([undefined, '', '*/*', 'text/html'].map(acceptedFormat)).toEqual(Array(4).fill('json'));
  expect(acceptedFormat(`text/html, ${SHEET_TYPES.xlsx};q=0.9, */*`)).toBe('xlsx');
  expect(acceptedFormat('application/json, text/csv')).toBe('json');
});

async function sheet(path: string): Promise<unknown[][]> {
  const separator = path.includes('?') ? '&' : '?';
  const bytes = await api.client.bytes(`${path}${separator}format=xlsx`, api.tokens.manager);
  const [first] = await readXlsxFile(Buffer.from(bytes));
  const { data }: { data: unknown[][] } = Object(first);
  return data;
}

/** A member of every item, page by page to the end. */
async function walk(path: string, name: string, token = api.tokens.manager): Promise<string[]> {
  const found: string[] = [];
  for (let next: string | undefined = ''; next !== undefined; ) {
    const separator = path.includes('?') ? '&' : '?';
    const cursor = next === '' ? '' : `${separator}cursor=${next}`;
    const { status, body } = await api.client.get(`${path}${cursor}`, token);
    expect([path, status, body]).toEqual([path, 200, body]);
    const page: { data: Record<string, unknown>[]; next?: string } = Object(body);
    found.push(...page.data.map((item) => String(item[name])));
    next = page.next;
  }
  return found;
}

async function made(answer: Answer): Promise<Answer> {
  expect([answer.status, answer.body]).toEqual([201, answer.body]);
  return answer;
}
