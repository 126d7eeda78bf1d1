import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { Refusal } from '../ledger/core/refusal.ts';
import type { ApiEnv } from './http-context.ts';
import { pageRoutes } from './page-routes.ts';

const folder = mkdtempSync(join(tmpdir(), 'billproof-pages-'));
const app = new Hono<ApiEnv>();
for (const { path, handle } of pageRoutes(folder)) app.get(path, async (c) => await handle(c));
app.onError((error, c) => c.text(error instanceof Refusal ? error.message : 'fault', 404));

test('a verification page that is not built is missed by the name of its build command', async () => {
  const answer = await app.request('/verify');
  expect([answer.status, await answer.text()]).toEqual([
    404,
    'This page is not built yet. Run: node web/build.ts',
  ]);
});

test('the verification page is served byte for byte, packed when asked, and not again', async () => {
  writeFileSync(join(folder, 'verify.html'), '<!doctype html><title>核验</title>');
  const plain = await app.request('/verify?lang=zh-CN');
  expect(await plain.text()).toBe('<!doctype html><title>核验</title>');
  expect(plain.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(plain.headers.get('content-security-policy')).toBe("frame-ancestors 'none'");
  const packed = await app.request('/verify', { headers: { 'accept-encoding': 'gzip' } });
  expect(gunzipSync(Buffer.from(await packed.arrayBuffer())).toString()).toBe(
    '<!doctype html><title>核验</title>',
  );
  const etag = plain.headers.get('etag') ?? '';
  const again = await app.request('/verify', { headers: { 'if-none-match': etag } });
  expect([again.status, await again.text()]).toEqual([304, '']);
});

test('the log page is a file beside it, and may be framed no more than that', async () => {
  expect((await app.request('/log')).status).toBe(404);
  writeFileSync(join(folder, 'log.html'), '<!doctype html><title>Log</title>');
  const page = await app.request('/log');
  expect([page.status, await page.text()]).toEqual([200, '<!doctype html><title>Log</title>']);
  expect(page.headers.get('content-security-policy')).toBe("frame-ancestors 'none'");
});

test('a page that is built anew is served anew', async () => {
  writeFileSync(join(folder, 'verify.html'), 'one');
  expect(await (await app.request('/verify')).text()).toBe('one');
  writeFileSync(join(folder, 'verify.html'), 'two, longer');
  expect(await (await app.request('/verify')).text()).toBe('two, longer');
});

test('the page over the document asks no other origin for anything', async () => {
  const page = await app.request('/docs');
  const html = await page.text();
  const asked = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
  expect(asked).toEqual(['/openapi.json', '/docs/reference.js', '/docs/start.js']);
  expect(page.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; script-src 'self'; .*connect-src 'self'/,
  );
  for (const address of ['/docs/reference.js', '/docs/start.js']) {
    const script = await app.request(address);
    expect([address, script.status, script.headers.get('content-type')]).toEqual([
      address,
      200,
      'text/javascript; charset=utf-8',
    ]);
  }
});
