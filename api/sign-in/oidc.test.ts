import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { MINUTE_MS } from '../../ledger/core/time.ts';
import { type Answer, member, problem } from '../test/api-client.ts';
import { IdentityProvider, OIDC_CLIENT } from '../test/identity-provider.ts';
import { openApiForTests, type TestApi } from '../test/open-api-for-tests.ts';

const BEGIN = '/v1/sign-in/oidc/begin';
const FINISH = '/v1/sign-in/oidc/finish';
/** More than one person would need. */
const LIMIT = { perSecond: 100, burst: 1_000 };
let provider: IdentityProvider;
let api: TestApi;
let late = 0;
let people = 0;

beforeAll(async () => {
  provider = await IdentityProvider.start();
  api = await openFor({});
});
beforeEach(() => {
  late = 0;
});
afterAll(async () => {
  await api.close();
  await provider.close();
});

test('who is linked gets a session as with a password, with the rights of the staff', async () => {
  const name = await added('cashier');
  const session = await signInAs(`subject-of-${name}`);
  expect(session).toMatchObject({ status: 200, body: { person: name, role: 'cashier' } });
  const token = String(member(session.body, 'token'));
  const me = await api.client.get('/v1/me', token);
  expect([me.status, member(me.body, 'role')]).toEqual([200, 'cashier']);
  const next = await api.client.post('/v1/sign-in/refresh', undefined, {
    refresh: member(session.body, 'refresh'),
  });
  expect(next.status).toBe(200);
  const audit = await api.client.get('/v1/audit', api.tokens.admin);
  expect(member(audit.body, 'data/0')).toMatchObject({ what: 'signed-in-by-provider', by: name });
  // Rights are those of this moment: a disabled person has none, and comes in no more.
  await done(await api.client.post(`/v1/staff/${name}/disable`, api.tokens.admin, {}));
  expect(problem(await api.client.get('/v1/me', token))).toBe('401 session-ended');
  expect(problem(await signInAs(`subject-of-${name}`))).toBe('403 oidc-person-unknown');
});

test('nobody comes in whom nobody has linked, whatever they are called', async () => {
  const name = await added('manager', { isLinked: false });
  expect(problem(await signInAs(`subject-of-${name}`))).toBe('403 oidc-person-unknown');
  expect(problem(await signInAs(name))).toBe('403 oidc-person-unknown');
});

test('a subject is one person’s, and who is no longer linked is out', async () => {
  const [one, two] = [await added('cashier'), await added('cashier', { isLinked: false })];
  const link = async (name: string, subject?: string) =>
    await api.client.post(`/v1/staff/${name}/subject`, api.tokens.admin, { subject });
  expect(problem(await link(two, `subject-of-${one}`))).toBe('409 subject-taken');
  await done(await link(one, 'another'));
  expect(problem(await signInAs(`subject-of-${one}`))).toBe('403 oidc-person-unknown');
  expect((await signInAs('another')).status).toBe(200);
  await done(await link(one));
  expect(problem(await signInAs('another'))).toBe('403 oidc-person-unknown');
  await done(await link(two, 'another'));
  expect((await signInAs('another')).body).toMatchObject({ person: two });
});

test('a code, a state and an attempt belong together, and are good once and for ten minutes', async () => {
  const subject = `subject-of-${await added('cashier')}`;
  const [one, two] = [await begin(), await begin()];
  const query = await provider.visit(one.url, subject);
  const finish = async (attempt: string, sent: string) =>
    problem(await api.client.post(FINISH, undefined, { attempt, query: sent }));
  // Somebody else's browser, another state, a changed attempt, a changed code.
  expect(await finish(two.attempt, query)).toBe('401 oidc-refused');
  expect(await finish(one.attempt, query.replace(/state=[^&]+/, 'state=x'))).toBe(
    '401 oidc-refused',
  );
  expect(
    await finish(
      one.attempt.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
      query,
    ),
  ).toBe('401 oidc-refused');
  expect(await finish('AAAA', query)).toBe('401 oidc-refused');
  expect(await finish(one.attempt, 'error=access_denied&state=x')).toBe('401 oidc-refused');
  late = 10 * MINUTE_MS;
  expect(await finish(one.attempt, query)).toBe('401 oidc-refused');
  late = 0;
  const good = await api.client.post(FINISH, undefined, { attempt: one.attempt, query });
  expect(good.status).toBe(200);
  expect(await finish(one.attempt, query)).toBe('401 oidc-refused');
  // It asks for a code with PKCE, state and nonce.
  const asked = new URL(two.url).searchParams;
  expect([asked.get('response_type'), asked.get('code_challenge_method')]).toEqual([
    'code',
    'S256',
  ]);
  expect(['state', 'nonce', 'code_challenge'].filter((one) => asked.has(one)).length).toBe(3);
});

test('while the provider is away that is said, and it is asked again when it is back', async () => {
  const fresh = await openFor({});
  provider.isAway = true;
  try {
    expect(problem(await fresh.client.post(BEGIN, undefined, {}))).toBe('503 oidc-unavailable');
    const bad = { name: 'root', password: 'no such password', code: '000000' };
    // Passwords are judged as ever.
    expect(problem(await fresh.client.post('/v1/sign-in', undefined, bad))).toBe(
      '401 sign-in-refused',
    );
    provider.isAway = false;
    expect((await fresh.client.post(BEGIN, undefined, {})).status).toBe(200);
  } finally {
    provider.isAway = false;
    await fresh.close();
  }
});

test('a provider that goes away between the two steps is no refusal of the person', async () => {
  const subject = `subject-of-${await added('cashier')}`;
  const { url, attempt } = await begin();
  const query = await provider.visit(url, subject);
  provider.isAway = true;
  const away = await api.client.post(FINISH, undefined, { attempt, query });
  provider.isAway = false;
  expect(problem(away)).toBe('503 oidc-unavailable');
  expect((await api.client.post(FINISH, undefined, { attempt, query })).status).toBe(200);
});

test('somebody new is made only where a role is set for it, and never in place of somebody', async () => {
  const open = await openFor({ newRole: 'auditor' });
  const signIn = async (subject: string) => await signInAs(subject, open);
  const first = await signIn('subject-of-newcomer');
  expect(first).toMatchObject({ status: 200, body: { person: 'newcomer', role: 'auditor' } });
  expect((await signIn('subject-of-newcomer')).body).toMatchObject({ person: 'newcomer' });
  // Another subject of the same name is another person.
  expect(problem(await signIn('newcomer'))).toBe('403 oidc-person-unknown');
  expect(problem(await signIn('subject-of-No Name!'))).toBe('403 oidc-person-unknown');
  await open.close();
});

test('where no provider is set up, that is told', async () => {
  const plain = await openApiForTests();
  const sent = { attempt: 'a', query: 'b' };
  expect(problem(await plain.client.post(BEGIN, undefined, {}))).toBe('404 oidc-not-set-up');
  expect(problem(await plain.client.post(FINISH, undefined, sent))).toBe('404 oidc-not-set-up');
  const link = await plain.client.post('/v1/staff/anna/subject', plain.tokens.admin, {});
  expect(problem(link)).toBe('404 oidc-not-set-up');
  await plain.close();
});

async function openFor({ newRole }: { newRole?: 'auditor' }): Promise<TestApi> {
  const { id: client, secret, redirect } = OIDC_CLIENT;
  const settings = { issuer: provider.issuer, client, secret, redirect, newRole };
  return await openApiForTests({ signIns: LIMIT }, () => Date.now() + late, [], {}, settings);
}

async function begin(at = api): Promise<{ url: string; attempt: string }> {
  const answer = await at.client.post(BEGIN, undefined, {});
  expect([answer.status, answer.body]).toEqual([200, answer.body]);
  return Object(answer.body);
}

async function signInAs(subject: string, at = api): Promise<Answer> {
  const { url, attempt } = await begin(at);
  const query = await provider.visit(url, subject);
  return await at.client.post(FINISH, undefined, { attempt, query });
}

async function added(role: string, { isLinked = true } = {}): Promise<string> {
  people += 1;
  const name = `person-${people}`;
  const made = await api.client.post('/v1/staff', api.tokens.admin, { name, role });
  expect(made.status).toBe(201);
  const subject = `subject-of-${name}`;
  if (isLinked) {
    await done(await api.client.post(`/v1/staff/${name}/subject`, api.tokens.admin, { subject }));
  }
  return name;
}

async function done(answer: Answer): Promise<void> {
  expect([answer.status, answer.body]).toEqual([200, answer.body]);
}
