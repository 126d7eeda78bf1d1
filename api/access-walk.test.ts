import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codesOf } from './openapi.ts';
import { isTenant, may, type Permission, type Principal, ROLES, type Role } from './permissions.ts';
import type { Route } from './route.ts';
import { type Answer, member, problem } from './test/api-client.ts';
import {
  openApiForTests,
  TEST_ACCOUNT,
  TEST_SITE,
  type TestApi,
  TOKEN_KEY,
} from './test/open-api-for-tests.ts';
import { type Chosen, placesOf, sampleRequest } from './test/sample-request.ts';
import { issueToken, tokenKeyFromText } from './tokens.ts';

// Every route that there is, with every role, without a token, with tokens that are no good, for another site
// and with another tenant's objects. The routes are those that are served: a new one is walked with them.

const OTHER_SITE = 'yard';
const OTHER_ACCOUNT = 'K2';
/** Parameters that name nothing of a tenant's: of the house, or open to all of it. */
const OF_NOBODY = ['site', 'tariff', 'hash', 'level', 'path', 'provider', 'bridge', 'meter'];

let api: TestApi;
/** Refusals that the walk met and the API document does not tell of. */
const undocumented = new Set<string>();
/** Objects of the tenant who asks, and those of the other one, by the names of parameters. */
const own: Record<string, string> = { account: TEST_ACCOUNT, site: TEST_SITE };
const foreign: Record<string, string> = { account: OTHER_ACCOUNT };

beforeAll(async () => {
  api = await openApiForTests();
  await api.setLedgerTime('2026-08-25T00:00:00.000Z');
  for (const site of [TEST_SITE, OTHER_SITE]) {
    const json = { site, currency: 'CNY', zone: 'Asia/Shanghai' };
    expect((await api.client.post('/v1/sites', api.tokens.admin, json)).status).toBe(201);
  }
  for (const [account, objects] of [
    [TEST_ACCOUNT, own],
    [OTHER_ACCOUNT, foreign],
  ] as const) {
    await made(await api.client.post('/v1/accounts', api.tokens.manager, { account }));
    objects['order'] = `ORDER${account}`;
    await api.ledger.execute({
      ...{ do: 'open-order', site: TEST_SITE, account, provider: 'stripe', way: 'card' },
      ...{ order: objects['order'], parts: [{ wallet: 'electricity', amount: '5.000000' }] },
      expiresAt: '2026-08-26T00:00:00.000Z',
    });
    const invite = { role: 'tenant-viewer' };
    const path = `/v1/accounts/${account}/invitations`;
    const { body } = await made(await api.client.post(path, api.tokens.manager, invite));
    const accepted = await api.client.post('/v1/invitations/accept', undefined, {
      invitation: member(body, 'invitation'),
    });
    objects['person'] = String(member(accepted.body, 'person'));
    objects['session'] = String(member(accepted.body, 'session'));
  }
  await api.setLedgerTime('2026-10-02T00:00:00.000Z');
  for (const objects of [own, foreign]) {
    await api.ledger.execute({
      ...{ do: 'close-order', site: TEST_SITE, order: objects['order'] ?? '' },
    });
    const statement = { account: objects['account'], period: '2026-08' };
    const { body } = await made(
      await api.client.post('/v1/statements', api.tokens.manager, statement),
    );
    objects['id'] = String(member(body, 'id'));
  }
  await api.waitForCheckpoint(TEST_SITE);
});
afterAll(async () => await api.close());

test('every route that takes a token says what for, and every other needs none', async () => {
  expect(guarded().length).toBeGreaterThan(50);
  for (const route of api.routes) {
    if (route.permission !== undefined || !/^\/(v1|webhooks)\//.test(route.path)) continue;
    expect([nameOf(route), 'security' in route && route.security]).toEqual([nameOf(route), 'none']);
    const { status, body } = await ask(route, undefined, sampleRequest(route));
    const code = String(member(body, 'code'));
    expect([nameOf(route), code]).not.toContain('token-missing');
    expect([nameOf(route), status]).not.toContain(403);
  }
});

describe.each(ROLES)('a %s', (role) => {
  test('does what the table allows and nothing else', async () => {
    for (const { route, permission } of guarded()) {
      const answer = await ask(
        route,
        api.tokens[role],
        sampleRequest(route, chosenFor(route, own)),
      );
      const name = nameOf(route);
      if (may(role, permission)) {
        expect([name, problem(answer)]).not.toEqual([name, expect.stringMatching(/^40[13] /)]);
        // Past every check of form, so that what comes after it was asked.
        expect([name, problem(answer)]).not.toEqual([name, '400 bad-request']);
      } else {
        expect([name, problem(answer)]).toEqual([name, '403 forbidden']);
      }
    }
  });

  test('does nothing with a token of another site', async () => {
    const token = await tokenOf({ role, site: OTHER_SITE });
    let walked = 0;
    for (const { route, permission } of guarded()) {
      if (!may(role, permission) || placesOf(route, 'site').length === 0) continue;
      const request = sampleRequest(route, { ...chosenFor(route, own), site: TEST_SITE });
      const answer = await ask(route, token, request);
      expect([nameOf(route), problem(answer)]).toEqual([nameOf(route), '403 forbidden-site']);
      walked += 1;
    }
    expect(walked).toBeGreaterThan(5);
  });
});

describe.each(ROLES.filter(isTenant))('a %s', (role) => {
  test('reads what is the own account’s', async () => {
    const owned = reachable(role).filter(({ route }) => {
      return route.method === 'GET' && objectsOf(route).length > 0;
    });
    expect(owned.length).toBeGreaterThan(5);
    for (const { route } of owned) {
      const answer = await ask(
        route,
        api.tokens[role],
        sampleRequest(route, chosenFor(route, own)),
      );
      expect([nameOf(route), answer.status]).toEqual([nameOf(route), 200]);
    }
  });

  test('never touches what is another tenant’s', async () => {
    let walked = 0;
    for (const { route } of reachable(role)) {
      for (const name of objectsOf(route)) {
        const chosen = { ...chosenFor(route, own), [name]: foreign[name] ?? '' };
        const answer = await ask(route, api.tokens[role], sampleRequest(route, chosen));
        // Where telling that it is there would tell something, it is told not to be there.
        const allowed = name === 'account' ? /^403 not-your-account$/ : /^(403 |404 .*-unknown$)/;
        expect([nameOf(route), name, problem(answer)]).toEqual([
          ...[nameOf(route), name, expect.stringMatching(allowed)],
        ]);
        walked += 1;
      }
    }
    expect(walked).toBeGreaterThan(5);
  });
});

test('every parameter that a tenant can fill in is known to be somebody’s or nobody’s', () => {
  const tenants = ROLES.filter(isTenant);
  const names = tenants.flatMap((role) =>
    reachable(role).flatMap(({ route }) => Object.keys(route.params.shape)),
  );
  const known = [...Object.keys(foreign), ...OF_NOBODY];
  expect([...new Set(names)].filter((name) => !known.includes(name))).toEqual([]);
});

test('no route opens without a token, or with one that is forged, expired or of an ended session', async () => {
  const bad: [token: string | undefined, code: string][] = [
    [undefined, '401 token-missing'],
    ['no.token.here', '401 token-invalid'],
    ['bp_0123456789abcdefghjkmnpqrs', '401 token-invalid'],
    [await tokenOf({ role: 'admin' }, -60), '401 token-expired'],
    [await tokenOf({ role: 'admin', session: 'anna~0123456789ab' }), '401 session-ended'],
  ];
  for (const { route } of guarded()) {
    for (const [token, expected] of bad) {
      const answer = await ask(route, token, sampleRequest(route));
      expect([nameOf(route), problem(answer)]).toEqual([nameOf(route), expected]);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="billproof"');
    }
  }
});

test('every refusal that was met on the way stands in the API document', () => {
  expect([...undocumented].sort()).toEqual([]);
});

interface Guarded {
  readonly route: Route;
  readonly permission: Permission;
}

function guarded(): Guarded[] {
  return api.routes.flatMap((route) => {
    return route.permission === undefined ? [] : [{ route, permission: route.permission }];
  });
}

function reachable(role: Role): Guarded[] {
  return guarded().filter(({ permission }) => may(role, permission));
}

/** Names of its parameters and members by which it is told whose it is about. */
function objectsOf(route: Route): string[] {
  return Object.keys(foreign).filter((name) => placesOf(route, name).length > 0);
}

/** An id is that of a statement only where statements are. */
function chosenFor(route: Route, objects: Chosen): Chosen {
  const isStatement = route.path.startsWith('/v1/statements/');
  const { id, ...rest } = objects;
  return isStatement && id !== undefined ? { ...rest, id } : rest;
}

async function ask(
  route: Route,
  token: string | undefined,
  { path, body }: ReturnType<typeof sampleRequest>,
): Promise<Answer> {
  const json = route.method === 'POST' ? (body ?? {}) : undefined;
  const answer = await api.client.ask(route.method, path, { token, json });
  // Whatever is answered, the document has told of it.
  const code = member(answer.body, 'code');
  if (answer.status >= 400 && !codesOf(route).includes(String(code))) {
    undocumented.add(`${nameOf(route)} ${code}`);
  }
  return answer;
}

async function tokenOf({ role, ...rest }: Omit<Principal, 'id'>, seconds = 3600): Promise<string> {
  const account = isTenant(role) ? { account: TEST_ACCOUNT } : {};
  const principal: Principal = { id: `walking-${role}`, role, ...account, ...rest };
  return await issueToken(tokenKeyFromText(TOKEN_KEY), principal, { nowMs: Date.now(), seconds });
}

async function made(answer: Answer): Promise<Answer> {
  expect([answer.status, answer.body]).toEqual([201, answer.body]);
  return answer;
}

function nameOf({ method, path }: Route): string {
  return `${method} ${path}`;
}
