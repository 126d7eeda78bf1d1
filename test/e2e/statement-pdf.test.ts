import jsqr from 'jsqr';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TARIFF } from '../../api/routes/examples.ts';
import { member, problem } from '../../api/test/api-client.ts';
import {
  openApiForTests,
  TEST_ACCOUNT,
  TEST_SITE,
  type TestApi,
} from '../../api/test/open-api-for-tests.ts';
import { SigningBridge } from '../../api/test/signing-bridge.ts';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { billOfPdf } from '../../web/verify/pdf-attachment.ts';
import { bitmapOf, type DrawnPdf, readPdf } from '../support/read-pdf.ts';
import { choose, headline, VerifyPages } from './verify-page.ts';

let api: TestApi;
let id = '';
let pdf: Uint8Array<ArrayBuffer>;
let shown: DrawnPdf;

/** A day of use and a top-up of a tenant whose name has a rare character, 龘, which GB 2312 lacks. */
beforeAll(async () => {
  api = await openApiForTests();
  const post = async (path: string, json: object) => {
    const answer = await api.client.post(path, api.tokens.manager, json);
    expect([path, answer.status, answer.body]).toEqual([path, 201, answer.body]);
    return answer.body;
  };
  await api.setLedgerTime('2026-08-25T00:00:00.000Z');
  const site = { site: TEST_SITE, currency: 'CNY', zone: 'Asia/Shanghai' };
  await api.client.post('/v1/sites', api.tokens.admin, site);
  await post('/v1/tariffs', { tariff: TARIFF });
  await post('/v1/accounts', { account: TEST_ACCOUNT, name: '龘囍茶馆 Zoë & Söhne' });
  const bridge = new SigningBridge('roof-1');
  const { token } = Object(await post('/v1/bridges', { bridge: 'roof-1' }));
  const enrolment = bridge.enrolment(String(token));
  const enrolled = await api.client.post('/v1/bridges/roof-1/enrol', undefined, enrolment);
  expect([enrolled.status, enrolled.body]).toEqual([200, enrolled.body]);
  await post('/v1/bindings', {
    ...{ account: TEST_ACCOUNT, meter: 'E-1', serial: '20260412', bridge: 'roof-1' },
    ...{ register: '1-0:1.8.0', unit: 'kWh', wallet: 'electricity', ct: '1', pt: '1' },
    tariff: TARIFF.id,
  });
  await api.setLedgerTime('2026-09-01T18:00:00.000Z');
  const money = { account: TEST_ACCOUNT, wallet: 'electricity', amount: '1500.000000' };
  await post('/v1/top-ups', { ...money, method: 'cash' });
  const records = Array.from({ length: 25 }, (_, hour) => {
    const at = new Date(Date.parse('2026-08-31T16:00:00.000Z') + hour * 3_600_000).toISOString();
    return bridge.record({ meter: 'E-1', serial: '20260412', at, value: `${100 + hour}.50` });
  });
  const batch = bridge.batch(records, '2026-09-01T18:00:00.000Z');
  const taken = await api.client.post('/v1/bridges/roof-1/batches', undefined, batch);
  expect([taken.status, taken.body]).toEqual([200, taken.body]);
  await api.setLedgerTime('2026-10-02T00:00:00.000Z');
  const made = await post('/v1/statements', { account: TEST_ACCOUNT, period: '2026-09' });
  id = String(member(made, 'id'));
  pdf = new Uint8Array(await api.client.bytes(`/v1/statements/${id}/pdf`, api.tokens.tenant));
  shown = readPdf(pdf);
});
afterAll(async () => await api.close());

test('a bill on paper says in both languages what the statement says', async () => {
  const { body } = await api.client.get(`/v1/statements/${id}`, api.tokens.tenant);
  const text = shown.texts.join(' ').replaceAll(/\s+/g, ' ');
  for (const part of [
    ...['账单 Bill 2026-09', `账户 Account: ${TEST_ACCOUNT} ·`, '龘囍茶馆 Zoë & Söhne'],
    ...['2026-09-01 00:00 – 2026-10-01 00:00 (Asia/Shanghai)', 'E-1 (20260412)', '谷 Valley / all'],
    ...['100.5 · 2026-09-01 00:00', '124.5 · 2026-09-02 00:00', '24 kWh', '0.926841', '1,500.00'],
    ...['本期费用 Charges of the month: 16.095774 CNY', String(member(body, 'commitment'))],
  ]) {
    expect(text.replaceAll(' ', '')).toContain(part.replaceAll(' ', ''));
  }
  expect(shown.pages).toBe(1);
});

test('every character of it is drawn', () => {
  expect(shown.empty).toEqual([]);
  expect(shown.texts.join('')).not.toContain('\ufffd');
});

test('its code is large enough, and leads to this bill', async () => {
  const { pixels, size } = bitmapOf(shown.rectangles);
  const found = jsqr.default(pixels, size, size);
  const url = new URL(String(found?.data));
  const key = new URLSearchParams(url.hash.slice(1)).get('key') ?? '';
  expect(url.href.length).toBeLessThanOrEqual(160);
  const path = `/v1/statements/${id}/bundle`;
  const opened = await api.client.ask('GET', path, { headers: { 'billproof-key': key } });
  expect(opened.status).toBe(200);
  const [, , module = 0] = shown.rectangles[0] ?? [];
  expect((module * (size / 4 - 8) * 25.4) / 72).toBeGreaterThanOrEqual(30);
});

test('the bundle in it is this bill’s, and verifies', async () => {
  const bundle = new TextDecoder().decode(await billOfPdf(pdf));
  const policy = String(member(JSON.parse(bundle), 'policy'));
  const verdict = verifyBundle(bundle, { trust: policy });
  expect(verdict.layers.filter(({ status }) => status === 'failed')).toEqual([]);
  expect(verdict.layers.slice(0, 7).map(({ status }) => status)).toEqual(
    Array<string>(7).fill('verified'),
  );
});

test('dropped on the verification page it is judged as its bundle is', async () => {
  const pages = await VerifyPages.start();
  try {
    const bundle = await api.client.bytes(`/v1/statements/${id}/bundle`, api.tokens.tenant);
    const lines: string[] = [];
    for (const content of [Buffer.from(pdf), Buffer.from(bundle)]) {
      const page = await pages.open();
      await choose(page, content);
      lines.push(await headline(page));
    }
    expect(lines[0]).toBe(lines[1]);
    expect(lines[0]).toContain('16.095774 yuan');
  } finally {
    await pages.stop();
  }
});

test('who may not share a bill gets it without a code, and of others’ bills nothing', async () => {
  const path = `/v1/statements/${id}/pdf`;
  const viewer = await api.client.bytes(path, api.tokens['tenant-viewer']);
  expect(readPdf(viewer).rectangles).toEqual([]);
  expect(await billOfPdf(new Uint8Array(viewer))).toBeDefined();
  expect(problem(await api.client.get(path, api.tokens.engineer))).toBe('403 forbidden');
  expect(problem(await api.client.get(path))).toBe('401 token-missing');
});
