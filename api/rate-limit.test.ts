import { afterEach, expect, test } from 'vitest';
import type { LIMITS } from './serve.ts';
import { problem } from './test/api-client.ts';
import { openApiForTests, type TestApi } from './test/open-api-for-tests.ts';

/** The third waits for a thousand seconds, however long the machine takes to ask. */
const FEW = { perSecond: 0.001, burst: 2 };
let api: TestApi;
afterEach(async () => await api.close());

test('a token that asks too often waits, and no other token waits with it', async () => {
  api = await openApiForTests({ api: FEW });
  const asCashier = () => api.client.get('/v1/sites', api.tokens.cashier);
  expect([(await asCashier()).status, (await asCashier()).status]).toEqual([200, 200]);
  const refused = await asCashier();
  expect([problem(refused), Number(refused.headers.get('retry-after'))]).toEqual([
    '429 too-many-requests',
    expect.closeTo(1_000, -2),
  ]);
  expect((await api.client.get('/v1/sites', api.tokens.admin)).status).toBe(200);
});

test('forged tokens are counted against the address that sends them', async () => {
  api = await openApiForTests({ api: FEW });
  const forge = async (n: number) => problem(await api.client.get('/v1/sites', `a.b.${n}`));
  expect([await forge(1), await forge(2), await forge(3)]).toEqual([
    '401 token-invalid',
    '401 token-invalid',
    '429 too-many-requests',
  ]);
});

test('the public log has a limit of its own', async () => {
  api = await openApiForTests({ log: FEW });
  const read = async () => problem(await api.client.get('/log/none/checkpoint'));
  expect([await read(), await read(), await read()]).toEqual([
    '404 site-unknown',
    '404 site-unknown',
    '429 too-many-requests',
  ]);
  expect((await api.client.get('/v1/sites', api.tokens.admin)).status).toBe(200);
});

test.each([
  ['batches', { batches: FEW }],
  ['refused batches', { refusedBatches: FEW }],
] satisfies [string, Partial<typeof LIMITS>][])('too many %s have to wait', async (_, limits) => {
  api = await openApiForTests(limits);
  const path = '/v1/bridges/none/batches';
  const send = async () =>
    problem(await api.client.post(path, undefined, { jws: 'a.b.c', records: ['x'] }));
  expect([await send(), await send(), await send()]).toEqual([
    '404 bridge-unknown',
    '404 bridge-unknown',
    '429 too-many-requests',
  ]);
});
