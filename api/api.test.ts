import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { may, ROLES } from './permissions.ts';
import { isListed } from './problem-status.ts';
import { TARIFF } from './routes/examples.ts';
import { member, problem } from './test/api-client.ts';
import { openApiForTests, type TestApi } from './test/open-api-for-tests.ts';

let api: TestApi;
const SITE = 'quay';

beforeAll(async () => {
  api = await openApiForTests({
    api: { perSecond: 1e6, burst: 1e6 },
    log: { perSecond: 1e6, burst: 1e6 },
  });
  const site = { site: SITE, currency: 'CNY', zone: 'Asia/Shanghai' };
  expect((await api.client.post('/v1/sites', api.tokens.admin, site)).status).toBe(201);
  for (const account of ['K1', 'K2', 'K3']) {
    const opened = await api.client.post('/v1/accounts', api.tokens.manager, { account });
    expect(opened.status).toBe(201);
  }
});
afterAll(async () => await api.close());

describe('who may do what', () => {
  test('without a token nothing of a site is read', async () => {
    const answer = await api.client.get('/v1/accounts/K1');
    expect(problem(answer)).toBe('401 token-missing');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="billproof"');
  });

  test('a forged token is refused before anything else is looked at', async () => {
    const forged = `${api.tokens.admin.slice(0, -3)}AAA`;
    expect(problem(await api.client.get('/v1/accounts', forged))).toBe('401 token-invalid');
  });

  test('a role without the permission is refused, whatever the body', async () => {
    const answer = await api.client.ask('POST', '/v1/top-ups', {
      token: api.tokens.auditor,
      body: '{',
    });
    expect(problem(answer)).toBe('403 forbidden');
  });

  test('each route is open to exactly the roles of its permission', async () => {
    for (const route of api.routes) {
      if (route.kind !== 'json') continue;
      const path = route.path.replaceAll(/\{\w+\}/g, 'none');
      for (const role of ROLES) {
        const token = api.tokens[role];
        const answer = await api.client.ask(route.method, path, { token, body: null, key: null });
        const isRefused = member(answer.body, 'code') === 'forbidden';
        expect([route.method, path, role, isRefused]).toEqual([
          ...[route.method, path, role],
          !may(role, route.permission),
        ]);
      }
    }
  });

  test('a tenant finds no statement of another', async () => {
    const json = { account: 'K2', period: '2020-01' };
    const issued = await api.client.post('/v1/statements', api.tokens.accountant, json);
    expect(issued.status).toBe(201);
    const path = `/v1/statements/${String(member(issued.body, 'id'))}`;
    expect((await api.client.get(path, api.tokens.auditor)).status).toBe(200);
    for (const answer of [
      await api.client.get(path, api.tokens.tenant),
      await api.client.get(`${path}/bundle`, api.tokens.tenant),
      await api.client.post(`${path}/share`, api.tokens.tenant, {}),
    ]) {
      expect(problem(answer)).toBe('404 statement-unknown');
    }
    const { body } = await api.client.get('/v1/statements', api.tokens.tenant);
    expect(body).toEqual({ data: [] });
  });

  test('a tenant reads the own account, and learns nothing of others', async () => {
    expect((await api.client.get('/v1/accounts/K1', api.tokens.tenant)).status).toBe(200);
    for (const other of ['K2', 'nobody']) {
      for (const path of [`/v1/accounts/${other}`, `/v1/accounts/${other}/balance`]) {
        expect(problem(await api.client.get(path, api.tokens.tenant))).toBe('403 not-your-account');
      }
      const listed = `/v1/statements?account=${other}`;
      expect(problem(await api.client.get(listed, api.tokens.tenant))).toBe('403 not-your-account');
    }
    expect(problem(await api.client.get('/v1/accounts', api.tokens.tenant))).toBe('403 forbidden');
  });

  test('a token of one site does not open another, and one of all sites must say which', async () => {
    expect(problem(await api.client.get('/v1/accounts?site=other', api.tokens.cashier))).toBe(
      '403 forbidden-site',
    );
    expect(problem(await api.client.get('/v1/accounts', api.tokens.admin))).toBe(
      '400 site-missing',
    );
    expect(problem(await api.client.get('/v1/accounts?site=other', api.tokens.admin))).toBe(
      '404 site-unknown',
    );
  });
});

describe('a request that is not as it should be', () => {
  const topUp = { account: 'K1', wallet: 'electricity', amount: '10.000000', method: 'cash' };

  test.each([
    ['malformed JSON', '{"account":', '400 json-syntax'],
    ['a text that ends too early', '"', '400 json-syntax'],
    ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), '400 json-utf8'],
    ['nesting without end', '['.repeat(100_000), '400 json-depth'],
    ['a list', '[]', '400 bad-request'],
    ['a bare text', '"K1"', '400 bad-request'],
    ['null', 'null', '400 bad-request'],
    ['an unknown field', JSON.stringify({ ...topUp, note: 'x' }), '400 bad-request'],
    ['__proto__', '{"__proto__":{"account":"K1"}}', '400 bad-request'],
    ['a number for an amount', JSON.stringify({ ...topUp, amount: 10 }), '400 bad-request'],
    ['a negative amount', JSON.stringify({ ...topUp, amount: '-1.000000' }), '400 bad-request'],
    ['an amount of zero', JSON.stringify({ ...topUp, amount: '0.000000' }), '400 bad-request'],
    [
      'an account of another shape',
      JSON.stringify({ ...topUp, account: '../K1' }),
      '400 bad-request',
    ],
    [
      'an account that is not there',
      JSON.stringify({ ...topUp, account: 'K9' }),
      '404 account-unknown',
    ],
    [
      'the account of the site',
      JSON.stringify({ ...topUp, account: 'site' }),
      '404 account-unknown',
    ],
    ['two sites', JSON.stringify({ ...topUp, site: 'other' }), '403 forbidden-site'],
  ])('%s is refused', async (_, body, expected) => {
    const answer = await api.client.ask('POST', '/v1/top-ups', {
      token: api.tokens.cashier,
      body,
      headers: { 'content-type': 'application/json' },
    });
    expect(problem(answer)).toBe(expected);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await balances('K1')).toEqual([]);
  });

  test('another media type, and none, are refused', async () => {
    const ask = { token: api.tokens.cashier, body: JSON.stringify(topUp) };
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      const headers = { 'content-type': type };
      const answer = await api.client.ask('POST', '/v1/top-ups', { ...ask, headers });
      expect(problem(answer)).toBe('415 unsupported-media-type');
    }
    const headers = { 'content-type': 'Application/JSON; charset=utf-8' };
    const right = await api.client.ask('POST', '/v1/top-ups', {
      ...ask,
      body: '{}',
      headers,
    });
    expect(problem(right)).toBe('400 bad-request');
  });

  test('a body that is too large is refused', async () => {
    const answer = await api.client.post('/v1/top-ups', api.tokens.cashier, {
      ...topUp,
      reference: 'x'.repeat(300_000),
    });
    expect(problem(answer)).toBe('413 body-too-large');
  });

  test('every mistake of the body is named, in the language that was asked for', async () => {
    const headers = { 'accept-language': 'zh-CN' };
    const answer = await api.client.ask('POST', '/v1/top-ups', {
      ...{ token: api.tokens.cashier, json: { account: 1, sum: '3' }, headers },
    });
    expect(answer.headers.get('content-language')).toBe('zh-CN');
    const errors = member(answer.body, 'errors');
    const told = Array.isArray(errors)
      ? errors.map((error) => [member(error, 'pointer'), member(error, 'code')])
      : [];
    expect(told).toEqual([
      ['/account', 'wrong-type'],
      ['/wallet', 'missing'],
      ['/amount', 'missing'],
      ['/method', 'missing'],
      ['/sum', 'unknown-field'],
    ]);
    expect(member(answer.body, 'detail')).toMatch(/\p{Script=Han}/u);
  });

  test('a query that is repeated, unknown or out of range is refused', async () => {
    for (const query of [
      'limit=1&limit=2',
      'page=2',
      'limit=0',
      'limit=201',
      'limit=1e2',
      'limit=',
    ]) {
      const answer = await api.client.get(`/v1/accounts?${query}`, api.tokens.cashier);
      expect([query, problem(answer)]).toEqual([query, '400 bad-request']);
    }
  });

  test('a path in another spelling leads nowhere', async () => {
    const paths = [
      ['/v1/accounts/K1%2f..%2fK2', '400 bad-request'],
      ['/v1/accounts/%00', '400 bad-request'],
      ['/v1/accounts/%ff', '400 bad-request'],
      ['/v1//accounts', '404 no-such-page'],
      ['/v1/accounts/', '404 no-such-page'],
      ['/V1/accounts', '404 no-such-page'],
      ['/', '404 no-such-page'],
      [`/log/${SITE}/tile/0/0`, '404 no-such-tile'],
      [`/log/${SITE}/tile/0/000.p/256`, '404 no-such-tile'],
      [`/log/${SITE}/tile/0/x000/000`, '404 no-such-tile'],
      [`/log/${SITE}/tile/0/000.p/1/`, '404 no-such-tile'],
      [`/log/${SITE}/tile/64/000`, '404 no-such-tile'],
      [`/log/${SITE}/tile/%2e%2e%2fcheckpoint`, '404 no-such-tile'],
      ['/log/other/checkpoint', '404 site-unknown'],
      ['/log/..%2f..%2fetc/checkpoint', '404 site-unknown'],
      ['/verify/../../package.json', '404 no-such-page'],
    ];
    for (const [path = '', expected] of paths) {
      expect([path, problem(await api.client.get(path, api.tokens.cashier))]).toEqual([
        path,
        expected,
      ]);
    }
  });

  test('another method is answered with those that there are', async () => {
    const answer = await api.client.ask('DELETE', '/v1/accounts', { token: api.tokens.admin });
    expect([problem(answer), answer.headers.get('allow')]).toEqual([
      '405 method-not-allowed',
      'GET, HEAD, POST',
    ]);
  });
});

describe('a new site', () => {
  test('needs an id, a log name and a time zone that are good for something', async () => {
    const create = async (fields: object) => {
      const json = { site: 'pier', currency: 'CNY', zone: 'Asia/Shanghai', ...fields };
      return problem(await api.client.post('/v1/sites', api.tokens.admin, json));
    };
    expect(await create({ site: SITE })).toBe('409 site-exists');
    expect(await create({ zone: 'Asia/Atlantis' })).toBe('400 unknown-zone');
    expect(await create({ origin: '127.0.0.1:8600/log/quay' })).toBe('409 origin-taken');
    expect(await create({ origin: 'https://a/b' })).toBe('400 bad-request');
    expect(await create({ site: 'Pier' })).toBe('400 bad-request');
    const { body } = await api.client.get('/v1/sites', api.tokens.admin);
    expect(member(body, 'data/1')).toBe(undefined);
  });
});

describe('idempotency', () => {
  const topUp = { account: 'K2', wallet: 'water', amount: '5.000000', method: 'cash' };
  const ask = (key: string | null, json: unknown, token = api.tokens.cashier) =>
    api.client.ask('POST', '/v1/top-ups', { token, json, key });

  test('a top-up without a key, or with a bad one, is refused', async () => {
    expect(problem(await ask(null, topUp))).toBe('400 idempotency-key-missing');
    expect(problem(await ask('x'.repeat(129), topUp))).toBe('400 idempotency-key-bad');
    expect(problem(await ask('two words', topUp))).toBe('400 idempotency-key-bad');
  });

  test('a top-up sent many times at once is credited once, and answered alike', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('key-1', topUp)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    const replayed = answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true');
    expect(replayed.length).toBe(7);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(await balances('K2')).toEqual([{ wallet: 'water', balance: '5.000000' }]);
  });

  test('the same key for another request is refused, and changes nothing', async () => {
    expect(problem(await ask('key-1', { ...topUp, amount: '6.000000' }))).toBe(
      '422 idempotency-mismatch',
    );
    expect(problem(await ask('key-1', topUp, api.tokens.manager))).toBe('422 idempotency-mismatch');
    expect(await balances('K2')).toEqual([{ wallet: 'water', balance: '5.000000' }]);
  });
});

describe('lists', () => {
  test('a list is read page by page', async () => {
    const seen: unknown[] = [];
    let cursor = '';
    for (let pages = 0; pages < 9; pages += 1) {
      const path = `/v1/accounts?limit=2${cursor && `&cursor=${cursor}`}`;
      const { body } = await api.client.get(path, api.tokens.cashier);
      const data = member(body, 'data');
      if (Array.isArray(data)) seen.push(...data.map((row) => member(row, 'account')));
      const next = member(body, 'next');
      if (typeof next !== 'string') break;
      cursor = next;
    }
    expect(seen).toEqual(['K1', 'K2', 'K3']);
  });

  test('a cursor belongs to its list', async () => {
    const { body } = await api.client.get('/v1/accounts?limit=1', api.tokens.manager);
    const cursor = String(member(body, 'next'));
    const other = await api.client.get(`/v1/meters?cursor=${cursor}`, api.tokens.manager);
    expect(problem(other)).toBe('400 cursor-mismatch');
    const none = await api.client.get('/v1/meters?cursor=abc', api.tokens.manager);
    expect(problem(none)).toBe('400 bad-cursor');
  });
});

describe('a tariff that does not price every instant once', () => {
  test('is refused with every mistake and its place', async () => {
    const tariff = structuredClone(TARIFF);
    tariff.seasons[0]?.days[0]?.spans.splice(1, 1);
    tariff.prices.splice(0, 1);
    const answer = await api.client.post('/v1/tariffs', api.tokens.manager, { tariff });
    expect(problem(answer)).toBe('422 bad-tariff');
    expect(member(answer.body, 'errors/0/pointer')).toMatch(/^\/tariff\/seasons\/0/);
    expect(member(answer.body, 'errors/0/code')).toBe('tariff-gap');
    const shapeless = await api.client.post('/v1/tariffs', api.tokens.manager, {
      tariff: { v: 1 },
    });
    expect([problem(shapeless), member(shapeless.body, 'errors/0/pointer')]).toEqual([
      '422 bad-tariff',
      '/tariff/id',
    ]);
  });
});

describe('answers', () => {
  test('carry an id, the caller’s own where it is harmless', async () => {
    const headers = { 'x-request-id': 'trace-0001' };
    const own = await api.client.ask('GET', '/healthz', { headers });
    expect(own.headers.get('x-request-id')).toBe('trace-0001');
    const odd = await api.client.ask('GET', '/healthz', { headers: { 'x-request-id': 'a<b>' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('cannot be framed, sniffed or run, and what is private is not kept', async () => {
    const { headers } = await api.client.get('/v1/accounts', api.tokens.cashier);
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'; frame-ancestors/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('access-control-allow-origin')).toBe(null);
  });

  test('log lines hold route, status and role, and no account, amount, key or token', async () => {
    api.logLines.length = 0;
    const json = { account: 'K3', wallet: 'gas', amount: '7.770000', method: 'cash' };
    const key = 'secret-key-of-the-client';
    await api.client.ask('POST', '/v1/top-ups', { token: api.tokens.cashier, json, key });
    await api.client.get('/v1/accounts/K3?site=quay', api.tokens.cashier);
    const text = api.logLines.join('');
    expect(text).toMatch(/"route":"\/v1\/accounts\/\{account\}"/);
    expect(text).toMatch(/"role":"cashier"/);
    for (const secret of ['K3', '7.77', key, api.tokens.cashier, 'quay', 'bound-cashier']) {
      expect([secret, text.includes(secret)]).toEqual([secret, false]);
    }
  });

  test('metrics name no account and count by route', async () => {
    await api.client.get('/v1/accounts/K3', api.tokens.cashier);
    const { body } = await api.client.get('/metrics');
    expect(body).toMatch(
      /billproof_http_request_seconds_count\{route="\/v1\/accounts\/\{account\}"/,
    );
    expect(String(body).includes('K3')).toBe(false);
  });

  test('readiness tells store, writer and checkpoint', async () => {
    const { status, body } = await api.client.get('/readyz');
    expect([status, member(body, 'status'), member(body, 'store'), member(body, 'writer')]).toEqual(
      [200, 'ready', 'ok', 'ok'],
    );
  });
});

describe('whatever is sent', () => {
  test('is answered by a refusal with a code, never by a failure of ours', async () => {
    const routes = api.routes.filter(({ method, kind }) => method === 'POST' && kind === 'json');
    const value = fc.oneof(
      fc.json({ maxDepth: 3 }),
      fc.dictionary(fc.constantFrom(...NAMES), fc.jsonValue({ maxDepth: 1 })).map(stringify),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...routes), value, fc.string(), async (route, body, id) => {
        const path = route.path.replaceAll(/\{\w+\}/g, encodeURIComponent(id.toWellFormed()));
        const headers = { 'content-type': 'application/json' };
        const token = api.tokens.manager;
        const answer = await api.client.ask('POST', path, { token, body, headers });
        // 405: with "." for an id the path is that of another route.
        expect([200, 201, 400, 403, 404, 405, 409, 413, 415, 422]).toContain(answer.status);
        if (answer.status >= 400) expect(isListed(String(member(answer.body, 'code')))).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test('is found or not found, wherever it is asked for', async () => {
    const prefixes = ['', '/v1', '/v1/accounts', `/log/${SITE}/tile`, '/log', '/v1/statements'];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...prefixes),
        fc.webPath(),
        fc.webQueryParameters(),
        fc.constantFrom('GET', 'PATCH'),
        async (prefix, path, search, method) => {
          const token = api.tokens.manager;
          const answer = await api.client.ask(method, `${prefix}${path}?${search}`, { token });
          expect([200, 400, 403, 404, 405]).toContain(answer.status);
        },
      ),
      { numRuns: 400 },
    );
  });
});

const NAMES = [
  'account',
  'wallet',
  'amount',
  'method',
  'period',
  'tariff',
  'meter',
  'bridge',
  'at',
];

function stringify(value: unknown): string {
  return JSON.stringify(value);
}

async function balances(account: string): Promise<unknown> {
  const { body } = await api.client.get(`/v1/accounts/${account}/balance`, api.tokens.cashier);
  return member(body, 'wallets');
}
