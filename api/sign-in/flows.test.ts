import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Answer, member, problem } from '../test/api-client.ts';
import { Authenticator } from '../test/authenticator.ts';
import { openApiForTests, type TestApi } from '../test/open-api-for-tests.ts';
import { INVITATION } from './records.ts';
import { addStaff } from './staff.ts';

const PASSWORD = 'an umbrella for every roof';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Not the time of the machine: at some times of an hour a test went wrong that counts by the hour. */
const BEGUN = Date.UTC(2026, 8, 1, 2, 30, 0, 999);

let now = 0;
let api: TestApi;
beforeEach(async () => {
  now = BEGUN;
  api = await openApiForTests({}, () => now);
});
afterEach(async () => await api.close());

test('a member is invited, chooses a password, and signs in with a code of the app', async () => {
  const { answer, app } = await enrolled('anna', 'cashier', ['quay']);
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    name: 'anna',
    totpUri: expect.stringMatching(
      /^otpauth:\/\/totp\/127\.0\.0\.1%3A8600:anna\?secret=[A-Z2-7]{32}&/,
    ),
    recovery: Array.from({ length: 10 }, () => expect.stringMatching(/^(\w{4}-){2}\w{4}$/)),
  });
  const first = await signIn('anna', PASSWORD, app.code(now));
  expect(first.body).toEqual({
    token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    expiresIn: 900,
    refresh: expect.stringMatching(/^anna~[0-9a-z]{12}\.bpr_[0-9a-z]{28}$/),
    session: expect.stringMatching(/^anna~[0-9a-z]{12}$/),
    ...{ person: 'anna', role: 'cashier', site: 'quay' },
  });
  const me = await api.client.get('/v1/me', text(first, 'token'));
  expect(me.body).toEqual({
    ...{ person: 'anna', role: 'cashier', site: 'quay' },
    session: text(first, 'session'),
  });
  expect(problem(await signIn('anna', PASSWORD, app.code(now)))).toBe('401 sign-in-refused');
  now += 30_000;
  expect((await signIn('anna', PASSWORD, app.code(now))).status).toBe(200);
});

test('an invitation opens once, for seven days, and for staff only where it was made for staff', async () => {
  const invitation = await invited('anna', 'cashier');
  const enrol = async (password = PASSWORD) =>
    problem(await api.client.post('/v1/staff/enrol', undefined, { invitation, password }));
  expect(await enrol('short')).toBe('422 password-weak');
  expect(await enrol('anna likes umbrellas')).toBe('422 password-weak');
  const accept = await api.client.post('/v1/invitations/accept', undefined, { invitation });
  expect(problem(accept)).toBe('401 invitation-invalid');
  now += 7 * DAY;
  expect(await enrol()).toBe('401 invitation-invalid');
  now -= 1;
  expect(await enrol()).toBe('200 undefined');
  expect(await enrol()).toBe('401 invitation-invalid');
  const cut = await api.client.post('/v1/staff/enrol', undefined, {
    ...{ invitation: invitation.slice(0, -1), password: PASSWORD },
  });
  expect(problem(cut)).toBe('401 invitation-invalid');
});

test('an unknown name, a wrong password and a wrong code are told alike, and lock alike', async () => {
  const { app } = await enrolled('anna', 'cashier');
  const wrong = String((Number(app.code(now)) + 1) % 1_000_000).padStart(6, '0');
  const answers = [
    await signIn('nobody', PASSWORD, app.code(now)),
    await signIn('anna', 'another umbrella', app.code(now)),
    await signIn('anna', PASSWORD, wrong),
    await signIn('anna', PASSWORD, ''),
  ];
  const told = answers.map(({ status, body }) => {
    return [status, member(body, 'code'), member(body, 'detail')];
  });
  expect(told).toEqual(Array.from(told, () => told[0]));
  expect(told[0]?.slice(0, 2)).toEqual([401, 'sign-in-refused']);
  for (const name of ['anna', 'nobody']) {
    for (let i = 0; i < 5; i += 1) await signIn(name, 'wrong', '000000');
    const locked = await signIn(name, PASSWORD, app.code(now));
    expect(problem(locked)).toBe('429 sign-in-locked');
    expect(Number(locked.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  now += 20 * MINUTE;
  expect((await signIn('anna', PASSWORD, app.code(now))).status).toBe(200);
});

test('an unknown name costs as much as a wrong password', async () => {
  await enrolled('anna', 'cashier');
  await signIn('warm', 'wrong', '000000');
  const least = { anna: Number.POSITIVE_INFINITY, nobody: Number.POSITIVE_INFINITY };
  for (let i = 0; i < 5; i += 1) {
    for (const name of ['anna', 'nobody'] as const) {
      // Processor time, which the work of others on this machine does not stretch.
      const before = process.cpuUsage();
      expect(problem(await signIn(name, 'wrong', '000000'))).toBe('401 sign-in-refused');
      const { user, system } = process.cpuUsage(before);
      least[name] = Math.min(least[name], user + system);
    }
  }
  // One hash takes far longer than all else: without it a name would cost a tenth.
  expect(least.nobody).toBeGreaterThan(least.anna / 3);
  expect(least.anna).toBeGreaterThan(least.nobody / 3);
});

test('of many who use one code at once, one comes in', async () => {
  const { app } = await enrolled('anna', 'cashier');
  const code = app.code(now);
  const all = await Promise.all(Array.from({ length: 4 }, () => signIn('anna', PASSWORD, code)));
  expect(all.map(problem).sort()).toEqual([
    '200 undefined',
    ...Array.from({ length: 3 }, () => '401 sign-in-refused'),
  ]);
});

test('a recovery code signs in once, and the audit log says so', async () => {
  const { answer } = await enrolled('anna', 'cashier');
  const code = text(answer, 'recovery/3');
  expect(problem(await signIn('anna', PASSWORD, code.toLowerCase()))).toBe('200 undefined');
  expect(problem(await signIn('anna', PASSWORD, code))).toBe('401 sign-in-refused');
  expect(problem(await signIn('anna', PASSWORD, text(answer, 'recovery/4')))).toBe('200 undefined');
  const staff = await api.client.get('/v1/staff', api.tokens.admin);
  expect(member(staff.body, 'data/0/recoveryLeft')).toBe(8);
  const log = await audit();
  expect(log.filter(({ what }) => what === 'signed-in-by-recovery-code')).toHaveLength(2);
});

test('a token speaks for 15 minutes; the refresh secret gives the next one, each once', async () => {
  const { app } = await enrolled('anna', 'cashier', ['quay']);
  const first = await signIn('anna', PASSWORD, app.code(now));
  now += 15 * MINUTE;
  expect(problem(await api.client.get('/v1/me', text(first, 'token')))).toBe('401 token-expired');
  const second = await refresh(text(first, 'refresh'));
  expect(text(second, 'session')).toBe(text(first, 'session'));
  expect((await api.client.get('/v1/me', text(second, 'token'))).status).toBe(200);
  // The answer may have been lost: the secret before is taken for a minute.
  now += MINUTE;
  const third = await refresh(text(first, 'refresh'));
  expect(third.status).toBe(200);
  now += 12 * HOUR - 1;
  const fourth = await refresh(text(third, 'refresh'));
  expect(fourth.status).toBe(200);
  now += 12 * HOUR;
  expect(problem(await refresh(text(fourth, 'refresh')))).toBe('401 session-ended');
});

test('a refresh secret that somebody else has used ends the session for both', async () => {
  const { app } = await enrolled('anna', 'cashier');
  const stolen = text(await signIn('anna', PASSWORD, app.code(now)), 'refresh');
  const thief = await refresh(stolen);
  now += MINUTE + 1;
  expect(problem(await refresh(stolen))).toBe('401 session-ended');
  expect(problem(await refresh(text(thief, 'refresh')))).toBe('401 session-ended');
  expect(problem(await api.client.get('/v1/me', text(thief, 'token')))).toBe('401 session-ended');
  expect((await audit())[0]).toMatchObject({ what: 'session-stolen' });
});

test('no session outlives thirty days, however often it is used', async () => {
  const { app } = await enrolled('anna', 'cashier');
  let answer = await signIn('anna', PASSWORD, app.code(now));
  for (let n = 0; n < 65; n += 1) {
    now += 11 * HOUR;
    answer = await refresh(text(answer, 'refresh'));
    expect([n, problem(answer)]).toEqual([n, '200 undefined']);
  }
  now += 5 * HOUR - 1;
  answer = await refresh(text(answer, 'refresh'));
  expect(answer.status).toBe(200);
  now += 1;
  expect(problem(await refresh(text(answer, 'refresh')))).toBe('401 session-ended');
});

test('signing out, revoking and disabling end a token at once', async () => {
  const { app } = await enrolled('anna', 'cashier', ['quay']);
  const sessions: Answer[] = [];
  for (let i = 0; i < 3; i += 1) {
    now += 30_000;
    sessions.push(await signIn('anna', PASSWORD, app.code(now)));
  }
  const [a, b, c] = sessions.map((one) => text(one, 'token'));
  const list = await api.client.get('/v1/sessions', a);
  expect(member(list.body, 'data')).toHaveLength(3);
  expect(problem(await api.client.post('/v1/sign-out', a, {}))).toBe('200 undefined');
  expect(problem(await api.client.get('/v1/me', a))).toBe('401 session-ended');
  const other = text(sessions[2], 'session');
  expect(problem(await api.client.post(`/v1/sessions/${other}/revoke`, b, {}))).toBe(
    '200 undefined',
  );
  expect(problem(await api.client.get('/v1/me', c))).toBe('401 session-ended');
  expect(problem(await api.client.get('/v1/me', b))).toBe('200 undefined');
  await api.client.post('/v1/staff/anna/disable', api.tokens.admin, {});
  expect(problem(await api.client.get('/v1/me', b))).toBe('401 session-ended');
  now += 30_000;
  expect(problem(await signIn('anna', PASSWORD, app.code(now)))).toBe('401 sign-in-refused');
});

test('other rights hold from the next request on, without another token', async () => {
  const { app } = await enrolled('anna', 'cashier', ['quay']);
  const token = text(await signIn('anna', PASSWORD, app.code(now)), 'token');
  expect(problem(await api.client.get('/v1/books', token))).toBe('403 forbidden');
  const rights = { role: 'accountant', sites: ['quay', 'yard'] };
  await api.client.post('/v1/staff/anna/rights', api.tokens.admin, rights);
  expect((await api.client.get('/v1/me', token)).body).toMatchObject(rights);
  expect(problem(await api.client.get('/v1/books', token))).toBe('400 site-missing');
  expect(problem(await api.client.get('/v1/books?site=moon', token))).toBe('403 forbidden-site');
  expect(problem(await api.client.get('/v1/books?site=yard', token))).toBe('404 site-unknown');
});

test('of two invitations the newer one opens, and those that lapsed are taken away', async () => {
  const old = await invited('anna', 'cashier');
  const reset = await api.client.post('/v1/staff/anna/reset', api.tokens.admin, {});
  const enrol = async (invitation: string) => {
    const body = { invitation, password: PASSWORD };
    return problem(await api.client.post('/v1/staff/enrol', undefined, body));
  };
  expect(await enrol(old)).toBe('401 invitation-invalid');
  expect(await enrol(text(reset, 'invitation'))).toBe('200 undefined');
  expect(await api.access.page(INVITATION, { limit: 9 })).toHaveLength(1);
  now += 7 * DAY;
  await addStaff(api.access, { id: 'root', role: 'admin' }, { name: 'otto', role: 'cashier' });
  const left = await api.access.page(INVITATION, { limit: 9 });
  expect(left.map(({ doc }) => doc.to)).toEqual([{ kind: 'staff', person: 'otto' }]);
});

test('a name is read however it is typed', async () => {
  const { app } = await enrolled('anna', 'cashier');
  expect((await signIn(' Anna ', PASSWORD, app.code(now))).body).toMatchObject({ person: 'anna' });
});

test('a reset takes password and app away, ends sessions, and lets a disabled one come back', async () => {
  const { app } = await enrolled('anna', 'cashier');
  const token = text(await signIn('anna', PASSWORD, app.code(now)), 'token');
  await api.client.post('/v1/staff/anna/disable', api.tokens.admin, {});
  const reset = await api.client.post('/v1/staff/anna/reset', api.tokens.admin, {});
  expect(problem(await api.client.get('/v1/me', token))).toBe('401 session-ended');
  now += 30_000;
  expect(problem(await signIn('anna', PASSWORD, app.code(now)))).toBe('401 sign-in-refused');
  const again = await api.client.post('/v1/staff/enrol', undefined, {
    ...{ invitation: text(reset, 'invitation'), password: 'quite another umbrella' },
  });
  const code = new Authenticator(text(again, 'totpUri')).code(now);
  expect(problem(await signIn('anna', 'quite another umbrella', code))).toBe('200 undefined');
});

test('nobody gives more than they have, changes themselves, or takes a name again', async () => {
  const { app } = await enrolled('mia', 'manager', ['quay']);
  const token = text(await signIn('mia', PASSWORD, app.code(now)), 'token');
  await enrolled('root', 'admin');
  await enrolled('otto', 'cashier', ['yard']);
  const post = async (path: string, json: unknown) =>
    problem(await api.client.post(path, token, json));
  expect(await post('/v1/staff', { name: 'eve', role: 'admin' })).toBe('403 role-too-high');
  expect(await post('/v1/staff', { name: 'eve', role: 'cashier', sites: ['yard'] })).toBe(
    '403 forbidden-site',
  );
  expect(await post('/v1/api-keys', { label: 'x', role: 'admin' })).toBe('403 role-too-high');
  expect(await post('/v1/staff/root/disable', {})).toBe('403 role-too-high');
  expect(await post('/v1/staff/otto/reset', {})).toBe('403 forbidden-site');
  expect(await post('/v1/staff/mia/rights', { role: 'manager' })).toBe('409 not-yourself');
  expect(await post('/v1/staff', { name: 'otto', role: 'cashier' })).toBe('409 staff-exists');
  expect(await post('/v1/staff', { name: 'eve', role: 'cashier' })).toBe('201 undefined');
  expect((await api.client.get('/v1/staff', token)).body).toMatchObject({
    data: [
      { name: 'eve', role: 'cashier', sites: ['quay'], state: 'invited', by: 'mia' },
      { name: 'mia', role: 'manager', sites: ['quay'], state: 'active' },
    ],
  });
  const list = JSON.stringify((await api.client.get('/v1/staff', api.tokens.admin)).body);
  expect(list).not.toMatch(/argon2|password|secret|totp/);
});

test('a key speaks until it is revoked, and never where it takes a person', async () => {
  const asked = { label: 'export', role: 'manager', sites: ['quay'] };
  const made = await api.client.post('/v1/api-keys', api.tokens.admin, asked);
  const key = text(made, 'key');
  expect(key).toMatch(/^bp_[0-9a-z]{28}$/);
  expect((await api.client.get('/v1/me', key)).body).toEqual({
    ...{ person: `key-${text(made, 'id')}`, role: 'manager', site: 'quay' },
  });
  const approval = { act: 'publish-tariff', what: {} };
  for (const [path, json] of [
    ['/v1/approvals', approval],
    ['/v1/staff', { name: 'eve', role: 'cashier' }],
    ['/v1/api-keys', asked],
  ] as const) {
    expect(problem(await api.client.post(path, key, json))).toBe('403 forbidden');
  }
  const list = (await api.client.get('/v1/api-keys', api.tokens.admin)).body;
  expect(member(list, 'data/0')).toMatchObject({ ...asked, by: 'bound-admin' });
  expect(JSON.stringify(list)).not.toContain('secret');
  await api.client.post(`/v1/api-keys/${text(made, 'id')}/revoke`, api.tokens.admin, {});
  expect(problem(await api.client.get('/v1/me', key))).toBe('401 token-invalid');
  expect(problem(await api.client.get('/v1/me', `${key.slice(0, -1)}!`))).toBe('401 token-invalid');
});

test('a tenant comes in by a link or a code, once, to the one account, until removed', async () => {
  await openQuay();
  const owner = await api.client.post('/v1/accounts/K1/invitations', api.tokens.cashier, {
    role: 'tenant-owner',
  });
  expect(text(owner, 'url')).toBe(`${api.url}/portal#invitation=${text(owner, 'invitation')}`);
  const first = await accept(text(owner, 'invitation'));
  expect(first.body).toMatchObject({ role: 'tenant-owner', site: 'quay', account: 'K1' });
  expect(problem(await accept(text(owner, 'invitation')))).toBe('401 invitation-invalid');
  const token = text(first, 'token');
  expect((await api.client.get('/v1/accounts/K1', token)).status).toBe(200);
  expect(problem(await api.client.get('/v1/accounts/K2', token))).toBe('403 not-your-account');
  const foreign = await api.client.post('/v1/accounts/K2/invitations', token, {
    role: 'tenant-viewer',
  });
  expect(problem(foreign)).toBe('403 not-your-account');
  const code = await api.client.post('/v1/accounts/K1/invitations', token, {
    ...{ role: 'tenant-viewer', way: 'code' },
  });
  expect(text(code, 'invitation')).toMatch(/^(\w{4}-){2}\w{4}$/);
  now += 15 * MINUTE - 1;
  const typed = text(code, 'invitation').toLowerCase().replaceAll('-', ' ');
  const guest = await accept(typed);
  expect(guest.body).toMatchObject({ role: 'tenant-viewer', account: 'K1' });
  const people = await api.client.get('/v1/accounts/K1/people', text(guest, 'token'));
  expect(member(people.body, 'data')).toHaveLength(2);
  now += 29 * DAY;
  const later = await refresh(text(first, 'refresh'));
  const removal = `/v1/accounts/K1/people/${text(guest, 'person')}/remove`;
  expect((await api.client.post(removal, text(later, 'token'), {})).status).toBe(200);
  expect(problem(await refresh(text(guest, 'refresh')))).toBe('401 session-ended');
});

test('a code is good for a quarter of an hour, and guesses from one address come to an end', async () => {
  await openQuay();
  const asked = { role: 'tenant-viewer', way: 'code' };
  const code = await api.client.post('/v1/accounts/K1/invitations', api.tokens.cashier, asked);
  now += 15 * MINUTE;
  const late = await accept(text(code, 'invitation'));
  expect(problem(late)).toBe('401 invitation-invalid');
  const guesses: string[] = [];
  for (let i = 0; i < 12; i += 1) guesses.push(problem(await accept(`AAAA-AAAA-AAA${i % 10}`)));
  expect(new Set(guesses.slice(0, 9))).toEqual(new Set(['401 invitation-invalid']));
  expect(guesses.at(-1)).toBe('429 too-many-requests');
});

test('the audit log tells who, what, whom and when; refusals are counted by the hour', async () => {
  // Refusals stand at the beginning of their hour: what came after it stands before them.
  now -= (now % HOUR) - MINUTE;
  const invitation = await invited('anna', 'cashier', ['quay']);
  now += MINUTE;
  const body = { invitation, password: PASSWORD };
  const enrolment = await api.client.post('/v1/staff/enrol', undefined, body);
  const app = new Authenticator(text(enrolment, 'totpUri'));
  for (let i = 0; i < 3; i += 1) await signIn('anna', 'wrong', '000000');
  for (const name of ['nobody', 'no-one']) await signIn(name, 'wrong', '000000');
  now += HOUR;
  await signIn('anna', 'wrong', '000000');
  await signIn('anna', PASSWORD, app.code(now));
  expect((await audit()).map(({ at: _, ...entry }) => entry)).toEqual([
    { what: 'signed-in', by: 'anna', to: expect.stringMatching(/^anna~/), sites: ['quay'] },
    { what: 'sign-in-refused', to: 'anna', count: 1 },
    expect.objectContaining({ what: 'staff-enrolled', by: 'anna' }),
    { what: 'staff-added', by: 'bound-admin', to: 'anna', role: 'cashier', sites: ['quay'] },
    { what: 'sign-in-refused', count: 2 },
    { what: 'sign-in-refused', to: 'anna', count: 3 },
  ]);
  const bound = await api.client.get('/v1/audit?limit=2', api.tokens.auditor);
  expect(member(bound.body, 'data')).toMatchObject([{ what: 'signed-in' }, { sites: ['quay'] }]);
  expect(member(bound.body, 'next')).toEqual(expect.any(String));
});

test('no secret stands in a line of the log', async () => {
  const { answer, app, invitation } = await enrolled('anna', 'cashier');
  const session = await signIn('anna', PASSWORD, app.code(now));
  await signIn('anna', 'wrong umbrella', '123456');
  const lines = api.logLines.join('');
  expect(lines).toContain('/v1/sign-in');
  for (const secret of [
    ...[PASSWORD, 'wrong umbrella', '123456', invitation, text(answer, 'recovery/0')],
    ...[text(session, 'token'), text(session, 'refresh'), 'otpauth', 'argon2', 'anna'],
  ]) {
    expect(lines).not.toContain(secret);
  }
});

async function invited(name: string, role: string, sites?: readonly string[]): Promise<string> {
  const asked = { name, role, ...(sites && { sites }) };
  return text(await api.client.post('/v1/staff', api.tokens.admin, asked), 'invitation');
}

async function enrolled(name: string, role: string, sites?: readonly string[]) {
  const invitation = await invited(name, role, sites);
  const body = { invitation, password: PASSWORD };
  const answer = await api.client.post('/v1/staff/enrol', undefined, body);
  return { answer, invitation, app: new Authenticator(text(answer, 'totpUri')) };
}

async function signIn(name: string, password: string, code: string): Promise<Answer> {
  return await api.client.post('/v1/sign-in', undefined, { name, password, code });
}

async function refresh(secret: string): Promise<Answer> {
  return await api.client.post('/v1/sign-in/refresh', undefined, { refresh: secret });
}

async function accept(invitation: string): Promise<Answer> {
  return await api.client.post('/v1/invitations/accept', undefined, { invitation });
}

async function openQuay(): Promise<void> {
  const site = { site: 'quay', currency: 'CNY', zone: 'Asia/Shanghai' };
  await api.client.post('/v1/sites', api.tokens.admin, site);
  for (const account of ['K1', 'K2']) {
    await api.client.post('/v1/accounts', api.tokens.manager, { account });
  }
}

async function audit(): Promise<Record<string, unknown>[]> {
  const { body } = await api.client.get('/v1/audit', api.tokens.admin);
  const data = member(body, 'data');
  if (!Array.isArray(data)) throw new Error('a list is expected');
  return data.map((one: object) => Object.fromEntries(Object.entries(one)));
}

function text(answer: Answer | undefined, path: string): string {
  return String(member(answer?.body, path));
}
