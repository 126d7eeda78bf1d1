import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { billCode } from '../ledger/core/bill-code.ts';
import { verifyBundle } from '../ledger/core/verdict.ts';
import { apiLog } from './log.ts';
import { BRIDGE, METER, SITE, TARIFF } from './routes/examples.ts';
import { openLedger, type Service, serve } from './serve.ts';
import { member } from './test/api-client.ts';
import { configForTests } from './test/open-api-for-tests.ts';
import { SigningBridge } from './test/signing-bridge.ts';
import { issueToken } from './tokens.ts';

const folder = mkdtempSync(join(tmpdir(), 'billproof-serve-'));
const config = configForTests(folder);
const bridge = new SigningBridge(BRIDGE);
const log = apiLog('silent', { write: () => undefined });
let service: Service;
let admin = '';

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly body: unknown;
}

beforeAll(async () => {
  const ledger = await openLedger(config, true);
  await ledger.setClock(Date.parse('2026-08-25T00:00:00.000Z'));
  service = await serve({ config, log, ledger });
  const life = { nowMs: Date.now(), seconds: 3600 };
  admin = await issueToken(service.tokenKey, { id: 'admin', role: 'admin' }, life);
  await made('/v1/sites', { site: SITE, currency: 'CNY', zone: 'Asia/Shanghai' });
  await made('/v1/tariffs', { site: SITE, tariff: TARIFF });
  await made('/v1/accounts', { site: SITE, account: 'K1' });
  const { body } = await made('/v1/bridges', { site: SITE, bridge: BRIDGE });
  const token = String(member(body, 'token'));
  expect((await ask('POST', `/v1/bridges/${BRIDGE}/enrol`, bridge.enrolment(token))).status).toBe(
    200,
  );
  await made('/v1/bindings', {
    ...{ site: SITE, account: 'K1', meter: METER, serial: '1', bridge: BRIDGE, unit: 'kWh' },
    ...{ register: '1-0:1.8.0', wallet: 'electricity', ct: '1', pt: '1', tariff: TARIFF.id },
  });
  await ledger.setClock(Date.parse('2026-10-02T00:00:00.000Z'));
});
afterAll(async () => {
  await service.stop();
  rmSync(folder, { recursive: true });
});

test('a batch is acknowledged, and known when it comes again', async () => {
  const batch = bridge.batch(
    [reading('2026-08-31T16:00:00.000Z', '1.00')],
    '2026-09-01T00:00:00.000Z',
  );
  const first = await ask('POST', BATCHES, batch);
  expect([first.status, first.body]).toEqual([
    200,
    { accepted: { [METER]: 0 }, known: 0, wanted: {} },
  ]);
  const again = await ask('POST', BATCHES, batch);
  expect([again.status, again.body]).toEqual([
    200,
    { accepted: { [METER]: 0 }, known: 1, wanted: {} },
  ]);
});

test('the ways with and without the framework answer batches alike', async () => {
  const good = bridge.batch(
    [reading('2026-08-31T17:00:00.000Z', '2.00')],
    '2026-09-01T00:00:00.000Z',
  );
  const stranger = new SigningBridge(BRIDGE);
  const own = { meter: METER, serial: '1', at: '2026-08-31T18:00:00.000Z', value: '9.00' };
  const bodies: [string, string | Uint8Array, string][] = [
    [BRIDGE, JSON.stringify(good), '200 undefined'],
    [BRIDGE, '', '400 json-syntax'],
    [BRIDGE, '{"jws":1}', '400 bad-request'],
    [BRIDGE, Uint8Array.of(0xff), '400 json-utf8'],
    [BRIDGE, JSON.stringify({ jws: 'a.b.c', records: ['x'] }), '400 bad-batch'],
    ['other', JSON.stringify(good), '404 bridge-unknown'],
    [BRIDGE, JSON.stringify({ ...good, records: ['x'] }), '422 batch-root'],
    [
      BRIDGE,
      JSON.stringify(stranger.batch([stranger.record(own)], own.at)),
      '401 device-key-unknown',
    ],
    [BRIDGE, 'x'.repeat(4 * 1024 * 1024 + 1), '413 body-too-large'],
  ];
  for (const [id, body, expected] of bodies) {
    const headers = { 'accept-language': 'zh', 'x-request-id': 'request-1' };
    // The query sends the second one through Hono.
    const path = `/v1/bridges/${id}/batches`;
    const [bare, framed] = [await raw(path, body, headers), await raw(`${path}?`, body, headers)];
    expect([expected, `${bare.status} ${String(member(bare.body, 'code'))}`]).toEqual([
      expected,
      expected,
    ]);
    const known = expected.startsWith('200');
    expect(framed.status).toBe(bare.status);
    if (known) expect(member(framed.body, 'known')).toBe(1);
    else expect(framed.body).toEqual(bare.body);
    const compared = ({ headers }: Reply) => {
      const {
        date: _,
        connection: __,
        'keep-alive': ___,
        'content-length': ____,
        ...rest
      } = headers;
      return rest;
    };
    expect(compared(framed)).toEqual(compared(bare));
  }
});

test('two records at one place are refused as equivocation, and both are kept', async () => {
  const twin = { meter: METER, serial: '1', at: '2026-08-31T17:30:00.000Z', value: '1.75' };
  const branch = bridge.branchOff(1);
  const answer = await ask('POST', BATCHES, branch.batch([branch.record(twin)], twin.at));
  expect([answer.status, member(answer.body, 'code')]).toEqual([409, 'equivocation']);
  const { body } = await ask('GET', `/v1/evidence?site=${SITE}`);
  expect([member(body, 'data/0/kind'), member(body, 'data/0/doc/meter')]).toEqual([
    'equivocation',
    METER,
  ]);
});

test('a bill opens by its share link from any origin, packed when asked, and verifies', async () => {
  const issued = await made('/v1/statements', { site: SITE, account: 'K1', period: '2026-09' });
  const id = String(member(issued.body, 'id'));
  const shared = await made(`/v1/statements/${id}/share`, { site: SITE });
  const link = new URL(String(member(shared.body, 'url')));
  const fragment = new URLSearchParams(link.hash.slice(1));
  const bundle = new URL(fragment.get('bundle') ?? '', service.url);
  const key = fragment.get('key') ?? '';
  const path = bundle.pathname;
  const plain = await ask('GET', path, undefined, { authorization: '', 'billproof-key': key });
  expect([plain.status, plain.headers['content-type']]).toEqual([
    200,
    'application/vnd.billproof+json',
  ]);
  expect(plain.headers['access-control-allow-origin']).toBe('*');
  const packed = await raw(path, undefined, { 'billproof-key': key, 'accept-encoding': 'gzip' });
  expect(packed.headers['content-encoding']).toBe('gzip');
  expect(JSON.parse(gunzipSync(packed.bytes).toString()).statement).toEqual(
    member(plain.body, 'statement'),
  );
  const verdict = verifyBundle(plain.bytes.toString('utf8'), {
    expected: { minorUnits: fragment.get('a') ?? '' },
  });
  expect([verdict.overall, verdict.paper]).toEqual(['verified', undefined]);
  const wrong = key.startsWith('A') ? key.replace('A', 'B') : key.replace(/^./, 'A');
  const refusals: [string, Record<string, string>, string][] = [
    [path, { 'billproof-key': wrong }, '410 share-expired'],
    [path, { 'billproof-key': 'short' }, '410 share-expired'],
    [path, {}, '401 token-missing'],
    [path.replace(id, 'nothing'), { 'billproof-key': key }, '404 statement-unknown'],
  ];
  for (const [asked, headers, expected] of refusals) {
    const answer = await raw(asked, undefined, headers);
    expect(`${answer.status} ${String(member(answer.body, 'code'))}`).toBe(expected);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  }
});

test('a bill opens by the code on its paper until its shares are revoked', async () => {
  const { body: list } = await ask('GET', `/v1/statements?site=${SITE}`);
  const id = String(member(list, 'data/0/id'));
  const shared = await made(`/v1/statements/${id}/share`, { site: SITE });
  const code = String(member(shared.body, 'code'));
  const link = new URL(String(member(shared.body, 'url')));
  const key = new URLSearchParams(link.hash.slice(1)).get('key') ?? '';
  const byCode = (typed: string) =>
    raw('/v1/bundles/by-code', undefined, { 'billproof-code': typed });
  const byKey = () => raw(`/v1/statements/${id}/bundle`, undefined, { 'billproof-key': key });
  const opened = await byCode(code.toLowerCase().replaceAll('-', ' '));
  expect([opened.status, opened.headers['content-type']]).toEqual([
    200,
    'application/vnd.billproof+json',
  ]);
  expect(verifyBundle(opened.bytes.toString('utf8'), {}).overall).toBe('verified');
  expect((await byKey()).status).toBe(200);
  const mistyped = await byCode(code.replace(/.$/, (last) => (last === '0' ? '1' : '0')));
  expect([mistyped.status, member(mistyped.body, 'code')]).toEqual([400, 'code-mistyped']);
  const revoked = await ask('POST', `/v1/statements/${id}/unshare`, { site: SITE });
  // The share of the test before is still there.
  expect([revoked.status, revoked.body]).toEqual([200, { revoked: 2 }]);
  for (const answer of [await byCode(code), await byKey()]) {
    expect([answer.status, member(answer.body, 'code')]).toEqual([410, 'share-expired']);
  }
  const again = await ask('POST', `/v1/statements/${id}/unshare`, { site: SITE });
  expect(again.body).toEqual({ revoked: 0 });
});

test('whoever guesses codes is stopped after a few', async () => {
  const own = mkdtempSync(join(tmpdir(), 'billproof-codes-'));
  const limits = { wrongCodes: { perSecond: 0.001, burst: 3 } };
  const guarded = await serve({ config: configForTests(own), log, limits });
  const answers: unknown[] = [];
  for (let i = 0; i < 5; i += 1) {
    const code = billCode(Uint8Array.of(9, 9, 9, 9, 9, 9, i));
    const via = { port: guarded.port };
    const ask = raw('/v1/bundles/by-code', undefined, { 'billproof-code': code }, 'GET', via);
    const { status, headers } = await ask;
    answers.push([status, headers['access-control-allow-origin']]);
  }
  expect(answers).toEqual([...Array(3).fill([410, '*']), ...Array(2).fill([429, '*'])]);
  await guarded.stop();
  rmSync(own, { recursive: true });
});

test('a page of another origin may ask for a bundle with its key', async () => {
  const answer = await raw(
    '/v1/statements/S/bundle',
    undefined,
    {
      origin: 'https://tenants.example.com',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'billproof-key',
    },
    'OPTIONS',
  );
  expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([204, '*']);
  expect(answer.headers['access-control-allow-headers']).toMatch(/Billproof-Code, Billproof-Key/);
});

test('the log is served as C2SP tlog-tiles: checkpoint fresh, tiles for ever, 404 for what is not', async () => {
  const note = await raw(`/log/${SITE}/checkpoint`);
  const [origin, size] = note.bytes.toString('utf8').split('\n');
  expect([origin, note.headers['cache-control'], note.headers['content-type']]).toEqual([
    `${service.url.replace('http://', '')}/log/${SITE}`,
    'no-cache',
    'text/plain; charset=utf-8',
  ]);
  for (const [tile, bytes] of [
    ['0/000', 32],
    ['entries/000', 34],
  ] as const) {
    const path = `/log/${SITE}/tile/${tile}.p/${size}`;
    const answer = await raw(path);
    expect([path, answer.status, answer.bytes.length]).toEqual([path, 200, Number(size) * bytes]);
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    for (const absent of [`${tile}.p/${Number(size) + 1}`, tile]) {
      const none = await raw(`/log/${SITE}/tile/${absent}`);
      expect([absent, none.status]).toEqual([absent, 404]);
    }
  }
  expect((await raw(`/log/${SITE}/checkpoint.witnessed`)).status).toBe(404);
});

test('a HEAD answers like a GET, without a body', async () => {
  const answer = await raw(`/log/${SITE}/checkpoint`, undefined, {}, 'HEAD');
  expect([answer.status, answer.bytes.length]).toEqual([200, 0]);
});

test('a path that climbs out of its folder reaches nothing', async () => {
  for (const path of ['/log/../package.json', '/verify/..%2f..%2fpackage.json', '/docs/../../x']) {
    expect((await raw(path)).status).toBe(404);
  }
});

test('a body that breaks off leaves the service unharmed', async () => {
  const socket = connect(service.port, '127.0.0.1');
  socket.write(`POST ${BATCHES} HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n{"jws":`);
  await sleep(50);
  socket.destroy();
  await sleep(50);
  expect((await raw('/healthz')).status).toBe(200);
});

test('a second service on the same data is refused with a word of what to do', async () => {
  await expect(serve({ config, log })).rejects.toThrow(/stop it first/);
});

test('a stop answers what it has begun, takes nothing new, and keeps what it answered', async () => {
  const own = mkdtempSync(join(tmpdir(), 'billproof-stop-'));
  const settings = configForTests(own);
  const first = await serve({ config: settings, log });
  const life = { nowMs: Date.now(), seconds: 3600 };
  const token = await issueToken(first.tokenKey, { id: 'admin', role: 'admin' }, life);
  const authorization = `Bearer ${token}`;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const send = async (path: string, json: object, key: string) =>
    await raw(
      path,
      JSON.stringify(json),
      {
        ...{ authorization, 'content-type': 'application/json', 'idempotency-key': key },
      },
      'POST',
      { agent, port: first.port },
    );
  const site = { site: 'a', currency: 'CNY', zone: 'UTC' };
  expect((await send('/v1/sites', site, 'site')).status).toBe(201);
  const acknowledged: string[] = [];
  let takenUp: () => void = () => undefined;
  const busy = new Promise<void>((resolve) => {
    takenUp = resolve;
  });
  // Each client opens one account after the other until the service takes no more.
  const clients = Array.from({ length: 8 }, async (_, client) => {
    for (let i = 0; i < 200; i += 1) {
      const account = `K${client}-${i}`;
      const answer = await send('/v1/accounts', { site: 'a', account }, account).catch(() => null);
      if (answer?.status !== 201) return;
      acknowledged.push(account);
      if (acknowledged.length >= 24) takenUp();
    }
  });
  await busy;
  // Who is connected and asks for nothing does not hold it up.
  const idle = connect(first.port, '127.0.0.1').on('error', () => undefined);
  await once(idle, 'connect');
  await first.stop();
  idle.destroy();
  await Promise.all(clients);
  agent.destroy();
  await expect(raw('/healthz', undefined, {}, 'GET', { port: first.port })).rejects.toThrow();
  // Every client was still sending.
  expect(acknowledged.length).toBeLessThan(8 * 200);
  const second = await openLedger(settings);
  const kept = await second.accounts('a', { limit: 8 * 200 });
  await second.close();
  expect(kept.map(({ account }) => account)).toEqual(expect.arrayContaining(acknowledged));
  rmSync(own, { recursive: true });
});

const BATCHES = `/v1/bridges/${BRIDGE}/batches`;

function reading(at: string, value: string): string {
  return bridge.record({ meter: METER, serial: '1', at, value });
}

async function made(path: string, json: object): Promise<Reply> {
  const answer = await ask('POST', path, json);
  expect([path, answer.status, answer.body]).toEqual([path, 201, answer.body]);
  return answer;
}

async function ask(
  method: string,
  path: string,
  json?: object,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const all = {
    ...{ authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
    ...{ 'idempotency-key': crypto.randomUUID(), ...headers },
  };
  const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
  return await raw(path, json && JSON.stringify(json), kept, method);
}

/** One exchange over a socket, byte for byte: `fetch` would tidy the path. */
async function raw(
  path: string,
  body?: string | Uint8Array,
  headers: Record<string, string> = {},
  method = body === undefined ? 'GET' : 'POST',
  via: { readonly agent?: Agent; readonly port?: number } = {},
): Promise<Reply> {
  const { agent, port = service.port } = via;
  return await new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const isJson = /json/.test(answer.headers['content-type'] ?? '');
        const isPlain = answer.headers['content-encoding'] === undefined && bytes.length > 0;
        const body: unknown = isJson && isPlain ? JSON.parse(bytes.toString('utf8')) : undefined;
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes, body });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
