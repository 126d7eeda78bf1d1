import { afterAll, beforeAll, expect, test } from 'vitest';
import { member, problem } from './test/api-client.ts';
import { openApiForTests, TEST_SITE, type TestApi } from './test/open-api-for-tests.ts';

let api: TestApi;
beforeAll(async () => {
  api = await openApiForTests();
  const json = { site: TEST_SITE, currency: 'CNY', zone: 'Asia/Shanghai' };
  await api.client.post('/v1/sites', api.tokens.admin, json);
  await api.client.post('/v1/accounts', api.tokens.manager, { account: 'K1' });
});
afterAll(async () => await api.close());

const post = (path: string, json: object) => api.client.post(path, api.tokens.cashier, json);

test('a cashier runs a shift, and its report says what came in by page and in sum', async () => {
  const float = '100.000000';
  const { body: opened } = await post('/v1/shifts', { desk: 'lobby', float });
  const path = `/v1/shifts/${String(member(opened, 'shift'))}`;
  const parts = [{ wallet: 'electricity', amount: '20.000000' }];
  const receipt = { account: 'K1', method: 'cash', parts };
  for (let i = 0; i < 3; i += 1) {
    const { status, body } = await post(`${path}/receipts`, receipt);
    expect([status, member(body, 'receipt')]).toEqual([201, `lobby-0000000${i + 1}`]);
  }
  const list = async (query: string) =>
    (await api.client.get(`${path}/receipts?${query}`, api.tokens.auditor)).body;
  const first = await list('limit=2');
  const rest = await list(`limit=2&cursor=${String(member(first, 'next'))}`);
  const names = [first, rest].map((page) => [member(page, 'data/0/receipt'), member(page, 'next')]);
  expect(names).toEqual([
    ['lobby-00000001', expect.any(String)],
    ['lobby-00000003', undefined],
  ]);
  const counted = await post(`${path}/close`, { counted: '159.000000', note: 'one coin short' });
  expect(counted).toMatchObject({
    status: 201,
    body: { state: 'closed', expected: '160.000000', difference: '-1.000000' },
  });
  const report = await api.client.get(path, api.tokens.accountant);
  expect(report.body).toEqual(counted.body);
  expect(problem(await post(`${path}/receipts`, receipt))).toBe('409 shift-closed');
});

test('who sends a receipt twice with one key gets the first one again', async () => {
  const { body } = await post('/v1/shifts', { desk: 'gate', float: '0.000000' });
  const path = `/v1/shifts/${String(member(body, 'shift'))}/receipts`;
  const json = { account: 'K1', method: 'pos', parts: [{ wallet: 'water', amount: '1.000000' }] };
  const ask = { token: api.tokens.cashier, json, key: 'gate-slip-0001' };
  const answers = [
    await api.client.ask('POST', path, ask),
    await api.client.ask('POST', path, ask),
  ];
  expect(answers.map((answer) => member(answer.body, 'receipt'))).toEqual([
    ...['gate-00000001', 'gate-00000001'],
  ]);
});
