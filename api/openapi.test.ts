import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUNDLE_TYPE } from './bundle-route.ts';
import { openApiDocument } from './openapi.ts';
import type { Principal } from './permissions.ts';
import { isListed } from './problem-status.ts';
import type { JsonRoute, Route } from './route.ts';
import {
  ACCOUNT,
  APPROVAL_ID,
  BRIDGE,
  COMMON,
  DELIVERY_ID,
  ENDPOINT_ID,
  JOB_ID,
  METER,
  SESSION_ID,
  SITE,
  STATEMENT,
} from './routes/examples.ts';
import { type Answer, member } from './test/api-client.ts';
import { Authenticator } from './test/authenticator.ts';
import { openApiForTests, type TestApi, TOKEN_KEY } from './test/open-api-for-tests.ts';
import { SigningBridge } from './test/signing-bridge.ts';
import { issueToken, tokenKeyFromText } from './tokens.ts';

let api: TestApi;
const bridge = new SigningBridge(BRIDGE);
/** What the examples name stands for what the server has made. */
const made = new Map<string, string>();
/** Whose token a route is asked with, where an admin's will not do. */
const tokenFor = new Map<string, string>();
let enrolmentToken = '';

beforeAll(async () => {
  api = await openApiForTests();
});
afterAll(async () => await api.close());

test('the document has exactly one entry for each route, with all its parts', () => {
  const document = openApiDocument(api.routes, 'https://bills.example.com');
  const entries = Object.entries(asObject(document['paths'])).flatMap(([path, methods]) =>
    Object.keys(asObject(methods)).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(entries.sort()).toEqual(api.routes.map(nameOf).sort());
  const ids = new Set<unknown>();
  for (const route of api.routes) {
    const operation = operationOf(document, route);
    ids.add(operation['operationId']);
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(Object.keys(route.params.shape)).toEqual(inPath);
    expect(operation['summary']).toMatch(/^[A-Z].{8,}/);
    expect(Object.keys(asObject(operation['responses'])).length).toBeGreaterThan(0);
    expect(route.codes.filter((code) => !isListed(code))).toEqual([]);
  }
  expect(ids.size).toBe(api.routes.length);
});

test('the document is served as it is made, without a token', async () => {
  const { status, body } = await api.client.get('/openapi.json');
  expect(status).toBe(200);
  expect(body).toEqual(JSON.parse(JSON.stringify(openApiDocument(api.routes, api.url))));
  expect(member(body, 'openapi')).toBe('3.1.0');
});

test('each reference in the document leads somewhere', async () => {
  const { body } = await api.client.get('/openapi.json');
  const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/([^"]+)"/g)];
  expect(references.length).toBeGreaterThan(10);
  for (const [, path = ''] of references)
    expect([path, member(body, path)]).not.toContain(undefined);
});

test('every example works, in the order of a building’s life, and answers as documented', async () => {
  const ran = new Set<string>();
  const run = async (name: string) => {
    ran.add(name);
    return await runExample(routeNamed(name));
  };
  await api.setLedgerTime('2026-08-25T00:00:00.000Z');
  await run('POST /v1/sites');
  await run('POST /v1/tariffs');
  await run('POST /v1/event-days');
  await api.ledger.execute({ do: 'publish-tariff', site: SITE, tariff: COMMON });
  await run('POST /v1/accounts');
  await run('POST /v1/accounts/{account}/terms');
  enrolmentToken = String(member((await run('POST /v1/bridges')).body, 'token'));
  await run('POST /v1/bridges/{bridge}/enrol');
  await run('POST /v1/bindings');
  await run('POST /v1/bridges/{bridge}/batches');
  await run('POST /v1/top-ups');
  await run('POST /v1/top-ups/preview');
  await run('POST /v1/deposits');
  await api.setLedgerTime('2026-10-02T00:00:00.000Z');
  await run('POST /v1/stays');
  await run('POST /v1/pools');
  await run('POST /v1/tariffs/preview');
  await run('POST /v1/fees');
  made.set(STATEMENT, String(member((await run('POST /v1/statements')).body, 'id')));
  await run('POST /v1/statements/{id}/share');
  await run('POST /v1/grid-bills');
  await runPeople(run);
  await runMoney(run);
  await runWebhooks(run);
  await runRegistry(run);
  await runJobs(run);
  await api.waitForCheckpoint(SITE);
  for (const route of api.routes) {
    if (route.method === 'GET' && route.example !== undefined) await run(nameOf(route));
  }
  await deliver([['2026-10-02T01:00:00.000Z', '999999.00']]);
  await run('POST /v1/statements/{id}/unshare');
  await run('GET /v1/readings/held');
  await run('POST /v1/readings/held/{meter}/release');
  await run('POST /v1/bindings/{meter}/remove');
  await run('POST /v1/accounts/{account}/people/{person}/remove');
  await run('POST /v1/api-keys/{id}/revoke');
  await run('POST /v1/staff/{name}/rights');
  await run('POST /v1/staff/{name}/reset');
  await run('POST /v1/staff/{name}/disable');
  const withExample = api.routes.filter(({ example }) => example !== undefined).map(nameOf);
  expect([...ran].sort()).toEqual(withExample.sort());
});

async function runRegistry(run: (name: string) => Promise<Answer>): Promise<void> {
  await run('POST /v1/buildings');
  await run('POST /v1/floors');
  await run('POST /v1/rooms');
  await run('POST /v1/rooms/{room}');
  await run('POST /v1/tenants');
  await run('POST /v1/tenants/{tenant}');
  await run('POST /v1/leases');
  await run('POST /v1/leases/{lease}');
  await run('POST /v1/leases/{lease}/pre-open');
  await run('POST /v1/leases/{lease}/open');
  await run('POST /v1/meters/{meter}/replace');
  const room = { room: 'A-413', building: 'A', floor: '4', site: SITE };
  await api.client.post('/v1/rooms', api.tokens.admin, room);
  await run('POST /v1/leases/{lease}/move');
  const next = { lease: 'L-2026-18', tenant: 'T-1', rooms: ['A-412'], from: '2026-09-01' };
  const ends = { site: SITE, to: '2026-08-31' };
  await api.client.post('/v1/leases/L-2026-17', api.tokens.admin, ends);
  await api.client.post('/v1/leases', api.tokens.admin, { ...next, site: SITE });
  await run('POST /v1/leases/{lease}/transfer');
  await run('POST /v1/leases/{lease}/end');
  await run('POST /v1/leases/{lease}/settle');
  await run('POST /v1/leases/{lease}/close');
  const gone = { tenant: 'T-9', kind: 'person', name: 'Otto', site: SITE };
  await api.client.post('/v1/tenants', api.tokens.admin, gone);
  await run('POST /v1/tenants/{tenant}/erase');
}

async function runPeople(run: (name: string) => Promise<Answer>): Promise<void> {
  const keep = async (name: string, ...members: string[]) => {
    const { body } = await run(name);
    for (const one of members) made.set(one, String(member(body, one)));
  };
  await keep('POST /v1/staff', 'invitation');
  await keep('POST /v1/staff/enrol', 'totpUri');
  await keep('POST /v1/sign-in', 'refresh', 'session');
  made.set(SESSION_ID, made.get('session') ?? '');
  await run('POST /v1/sign-in/refresh');
  await keep('POST /v1/api-keys', 'id');
  made.set('0'.repeat(16), made.get('id') ?? '');
  await keep('POST /v1/accounts/{account}/invitations', 'invitation');
  await run('POST /v1/sessions/{session}/revoke');
  await keep('POST /v1/invitations/accept', 'person', 'token');
  made.set('t-0', made.get('person') ?? '');
  tokenFor.set('POST /v1/sign-out', made.get('token') ?? '');
  await run('POST /v1/sign-out');
}

/** One person asks, another agrees, and a tenant orders. */
async function runMoney(run: (name: string) => Promise<Answer>): Promise<void> {
  made.set(APPROVAL_ID, String(member((await run('POST /v1/approvals')).body, 'approval')));
  const decide = 'POST /v1/approvals/{approval}/decision';
  tokenFor.set(decide, await tokenOf({ id: 'second-pair-of-eyes', role: 'admin' }));
  await run(decide);
  const tenant = { id: 'the-tenant', role: 'tenant-owner', site: SITE, account: ACCOUNT } as const;
  tokenFor.set('POST /v1/transfers', await tokenOf(tenant));
  await run('POST /v1/transfers');
}

async function tokenOf(principal: Principal): Promise<string> {
  const life = { nowMs: Date.now(), seconds: 3600 };
  return await issueToken(tokenKeyFromText(TOKEN_KEY), principal, life);
}

async function runJobs(run: (name: string) => Promise<Answer>): Promise<void> {
  for (const does of ['issue-statements', 'charge-fees', 'ask-adjustments']) {
    const { body } = await run(`POST /v1/jobs/${does}`);
    made.set(JOB_ID, String(member(body, 'job')));
  }
  await api.jobs.round();
  await run('POST /v1/jobs/{job}/retry');
}

async function runWebhooks(run: (name: string) => Promise<Answer>): Promise<void> {
  const added = await run('POST /v1/webhook-endpoints');
  made.set(ENDPOINT_ID, String(member(added.body, 'endpoint')));
  const one = '/v1/webhook-endpoints/{endpoint}';
  made.set(DELIVERY_ID, String(member((await run(`POST ${one}/test`)).body, 'delivery')));
  for (const what of ['deliveries/{delivery}/replay', 'rotate', 'disable', 'enable']) {
    await run(`POST ${one}/${what}`);
  }
}

async function runExample(route: Route): Promise<Answer> {
  const { params = {}, query = {} } = route.example ?? {};
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const given = params[name] ?? '';
    return made.get(given) ?? given;
  });
  const search = new URLSearchParams(query).toString();
  const answer = await api.client.ask(route.method, search === '' ? path : `${path}?${search}`, {
    token: tokenFor.get(nameOf(route)) ?? api.tokens.admin,
    ...(route.method === 'POST' && { json: await bodyOf(route) }),
  });
  if (answer.status === 500) throw new Error(api.logLines.at(-2));
  expect([nameOf(route), answer.status, answer.body]).toEqual([
    nameOf(route),
    route.kind === 'json' ? route.status : 200,
    answer.body,
  ]);
  if (route.kind === 'json') expectDocumented(route, answer);
  else if (route.path.endsWith('/bundle')) {
    expect(answer.headers.get('content-type')).toBe(BUNDLE_TYPE);
  }
  return answer;
}

function expectDocumented(route: JsonRoute, answer: Answer): void {
  const read = route.reply.safeParse(answer.body);
  expect([nameOf(route), read.error?.issues ?? []]).toEqual([nameOf(route), []]);
}

/** What no document can foretell is made here: tokens, signatures. */
async function bodyOf(route: Route): Promise<unknown> {
  const { body } = route.example ?? {};
  if (route.path === '/v1/bridges/{bridge}/enrol') return bridge.enrolment(enrolmentToken);
  if (route.tag === 'Sign-in' && body !== undefined)
    return { ...asObject(body), ...secretsOf(asObject(body)) };
  if (!route.path.endsWith('/batches')) return body ?? {};
  const records = Array.from({ length: 25 }, (_, hour) => {
    const at = new Date(Date.parse('2026-08-31T16:00:00.000Z') + hour * 3_600_000).toISOString();
    return bridge.record({ meter: METER, serial: '20260412', at, value: `${100 + hour}.50` });
  });
  await api.setLedgerTime('2026-09-05T00:00:00.000Z');
  return bridge.batch(records, '2026-09-05T00:00:00.000Z');
}

/** The members of a way in that stand for what is new each time. */
function secretsOf(body: Record<string, unknown>): Record<string, string> {
  const app = new Authenticator(made.get('totpUri') ?? 'otpauth://totp');

  return {
    ...('invitation' in body && { invitation: made.get('invitation') ?? '' }),
    ...('refresh' in body && { refresh: made.get('refresh') ?? '' }),
    ...('code' in body && { code: app.code(Date.now()) }),
  };
}

async function deliver(readings: readonly [at: string, value: string][]): Promise<void> {
  const at = readings.at(-1)?.[0] ?? '';
  const records = readings.map(([at, value]) => {
    return bridge.record({ meter: METER, serial: '20260412', at, value });
  });
  await api.setLedgerTime(at);
  const path = `/v1/bridges/${BRIDGE}/batches`;
  const answer = await api.client.post(path, undefined, bridge.batch(records, at));
  expect([answer.status, answer.body]).toEqual([200, answer.body]);
}

function routeNamed(name: string): Route {
  const route = api.routes.find((route) => nameOf(route) === name);
  if (route === undefined) throw new Error(`${name} is no route`);
  return route;
}

function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

function operationOf(document: Record<string, unknown>, { method, path }: Route) {
  return asObject(asObject(asObject(document['paths'])[path])[method.toLowerCase()]);
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error('an object is expected');
  return Object.fromEntries(Object.entries(value));
}
