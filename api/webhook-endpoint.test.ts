import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWechatDouble, type WechatDouble } from '../payments/doubles/wechat/wechat-double.ts';
import { WechatProvider } from '../payments/wechat/wechat-provider.ts';
import { apiLog } from './log.ts';
import { type Service, serve } from './serve.ts';
import { member } from './test/api-client.ts';
import { configForTests } from './test/open-api-for-tests.ts';
import { notifyingProvider, WEBHOOK_BYTES } from './webhook-endpoint.ts';

// Over a socket: there notifications go around Hono, and what they are answered must be the same.

const folder = mkdtempSync(join(tmpdir(), 'billproof-webhook-'));
const lines: string[] = [];
let double: WechatDouble;
let service: Service;

beforeAll(async () => {
  const nowMs = Date.now;
  double = await startWechatDouble({ nowMs, port: 0, notifyUrl: 'http://127.0.0.1:9/', hurry: 1 });
  const newNonce = () => randomBytes(16).toString('hex');
  const notifyUrl = 'http://127.0.0.1:9/';
  const account = { ...double.account, url: double.url, notifyUrl, timeoutMs: 5_000 };
  service = await serve({
    config: configForTests(folder),
    log: apiLog('debug', { write: (line: string) => void lines.push(line) }),
    providers: [new WechatProvider({ ...account, nowMs, newNonce })],
  });
});
afterAll(async () => {
  await service.stop();
  await double.stop();
  rmSync(folder, { recursive: true });
});

async function notify(name: string, body: string, headers: Record<string, string> = {}) {
  const answer = await fetch(`${service.url}/webhooks/${name}`, { method: 'POST', body, headers });
  const text = await answer.text();
  const about = ['content-type', 'x-content-type-options', 'x-request-id'];
  const shown = about.map((header) => answer.headers.get(header));
  return { status: answer.status, body: text === '' ? '' : JSON.parse(text), shown };
}

test('one that is not signed is refused in the words of its provider, and told to us by its code', async () => {
  const headers = { 'x-request-id': 'request-0001' };
  expect(await notify('wechat', '{}', headers)).toEqual({
    status: 500,
    body: { code: 'FAIL', message: 'not taken, send again' },
    shown: ['application/json', 'nosniff', 'request-0001'],
  });
  const told = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'answered');
  expect(told.at(-1)).toMatchObject({
    ...{ route: '/webhooks/{provider}', method: 'POST', status: 500 },
    ...{ code: 'notification-unsigned', requestId: 'request-0001' },
  });
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  expect(metrics).toContain('route="/webhooks/{provider}",status="500"');
});

test('of a provider that nobody set up, and of too many bytes, are problems', async () => {
  const unknown = await notify('nobody', '{}');
  expect([unknown.status, member(unknown.body, 'code')]).toEqual([404, 'provider-unknown']);
  const large = await notify('wechat', 'x'.repeat(WEBHOOK_BYTES + 1));
  expect([large.status, member(large.body, 'code')]).toEqual([413, 'body-too-large']);
});

test('only a plain path of a provider goes around Hono', () => {
  expect(notifyingProvider('POST', '/webhooks/wechat')).toBe('wechat');
  for (const [method, url] of [
    ['GET', '/webhooks/wechat'],
    ['POST', '/webhooks/wechat?x=1'],
    ['POST', '/webhooks/wechat/more'],
    ['POST', '/webhooks/'],
    ['POST', '/v1/webhooks/wechat'],
    ['POST', undefined],
  ] as const) {
    expect([method, url, notifyingProvider(method, url)]).toEqual([method, url, undefined]);
  }
});
