import { afterAll, beforeAll, expect, test } from 'vitest';
import { NotConnected } from '../api/e-invoice/not-connected.ts';
import { member, problem } from '../api/test/api-client.ts';
import {
  openApiForTests,
  TEST_ACCOUNT,
  TEST_SITE,
  type TestApi,
} from '../api/test/open-api-for-tests.ts';
import { eInvoiceContract, INVOICE } from './ports/e-invoice-contract.ts';
import { EInvoiceDouble } from './support/e-invoice-double.ts';

eInvoiceContract('nobody', () => ({ port: new NotConnected() }));
eInvoiceContract('a double', () => {
  const port = new EInvoiceDouble();
  return { port, issue: (number) => port.issue(INVOICE.statement, number) };
});

const platform = new EInvoiceDouble();
let api: TestApi;
let id = '';
const buyer = { title: '临江大厦茶馆', taxNumber: '91310000MA1FL0XX00' };

beforeAll(async () => {
  api = await openApiForTests({}, Date.now, [], { eInvoices: platform });
  await api.setLedgerTime('2026-08-25T00:00:00.000Z');
  const site = { site: TEST_SITE, currency: 'CNY', zone: 'Asia/Shanghai' };
  await api.client.post('/v1/sites', api.tokens.admin, site);
  await api.client.post('/v1/accounts', api.tokens.manager, { account: TEST_ACCOUNT });
  await api.setLedgerTime('2026-10-02T00:00:00.000Z');
  const bill = { account: TEST_ACCOUNT, period: '2026-09' };
  const made = await api.client.post('/v1/statements', api.tokens.manager, bill);
  id = String(member(made.body, 'id'));
});
afterAll(async () => await api.close());

test('a tenant asks for the invoice of the own bill and sees what became of it', async () => {
  const path = `/v1/statements/${id}/e-invoice`;
  expect((await api.client.get(path, api.tokens.tenant)).body).toEqual({
    ...{ statement: id, state: 'none' },
  });
  const asked = await api.client.post(path, api.tokens.tenant, { buyer });
  expect([asked.status, asked.body]).toEqual([
    ...[201, { statement: id, state: 'asked', reference: `R-${id}` }],
  ]);
  expect(platform.asked.get(id)).toEqual({
    ...{ statement: id, period: '2026-09', currency: 'CNY', total: '0.000000', lines: [], buyer },
  });
  const other = { buyer: { title: 'Somebody else' } };
  expect(problem(await api.client.post(path, api.tokens.tenant, other))).toBe(
    '409 e-invoice-differs',
  );
  platform.issue(id, '26312000000000000001');
  expect((await api.client.get(path, api.tokens.tenant)).body).toMatchObject({
    ...{ state: 'issued', number: '26312000000000000001' },
  });
});

test('who the invoice is made out to is in no log line', () => {
  expect(api.logLines.join('')).not.toMatch(/临江|91310000MA1FL0XX00/);
});

test('where no platform is connected, that is what is said', async () => {
  const without = await openApiForTests();
  try {
    await without.setLedgerTime('2026-08-25T00:00:00.000Z');
    const { client, tokens } = without;
    const site = { site: TEST_SITE, currency: 'CNY', zone: 'Asia/Shanghai' };
    await client.post('/v1/sites', tokens.admin, site);
    await client.post('/v1/accounts', tokens.manager, { account: TEST_ACCOUNT });
    await without.setLedgerTime('2026-10-02T00:00:00.000Z');
    const bill = { account: TEST_ACCOUNT, period: '2026-09' };
    const made = await client.post('/v1/statements', tokens.manager, bill);
    const path = `/v1/statements/${String(member(made.body, 'id'))}/e-invoice`;
    expect(problem(await client.post(path, tokens.tenant, { buyer }))).toBe(
      '501 e-invoice-not-connected',
    );
    expect((await client.get(path, tokens.tenant)).body).toMatchObject({ state: 'not-connected' });
  } finally {
    await without.close();
  }
});
