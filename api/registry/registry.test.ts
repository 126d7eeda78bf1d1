import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, member, problem } from '../test/api-client.ts';
import { openApiForTests, TEST_SITE, type TestApi } from '../test/open-api-for-tests.ts';
import { LEASE, TENANT } from './records.ts';
import { put } from './registry.ts';

let api: TestApi;
let made = 0;
/** A building of each test's own, with a floor and two rooms. */
let building = '';
let rooms: readonly [string, string];

beforeAll(async () => {
  api = await openApiForTests();
  await api.setLedgerTime('2026-08-25T00:00:00.000Z');
  for (const site of [TEST_SITE, 'yard']) {
    const json = { site, currency: 'CNY', zone: 'Asia/Shanghai' };
    expect((await api.client.post('/v1/sites', api.tokens.admin, json)).status).toBe(201);
  }
});
afterAll(async () => await api.close());

beforeEach(async () => {
  made += 1;
  building = `B${made}`;
  rooms = [`${building}-301`, `${building}-302`];
  await post('/v1/buildings', { building, name: `Tower ${made}` });
  await post('/v1/floors', { building, floor: '3' });
  for (const room of rooms) await post('/v1/rooms', { room, building, floor: '3', area: '80.5' });
});

describe('rooms', () => {
  test('are listed by building, floor and state, page by page', async () => {
    await post('/v1/floors', { building, floor: '4' });
    await post('/v1/rooms', { room: `${building}-401`, building, floor: '4' });
    const list = async (query: string) => {
      return ids(await get(`/v1/rooms?${query}`), 'room');
    };
    expect(await list(`building=${building}`)).toEqual([...rooms, `${building}-401`]);
    expect(await list(`building=${building}&floor=4`)).toEqual([`${building}-401`]);
    expect(await list(`building=${building}&state=let`)).toEqual([]);
    const first = await get(`/v1/rooms?building=${building}&state=vacant&limit=2`);
    expect(ids(first, 'room')).toEqual([...rooms]);
    const next = encodeURIComponent(String(member(first.body, 'next')));
    expect(await list(`building=${building}&state=vacant&limit=2&cursor=${next}`)).toEqual([
      `${building}-401`,
    ]);
    const other = await get(`/v1/rooms?building=${building}&limit=2&cursor=${next}`);
    expect(problem(other)).toBe('400 cursor-mismatch');
  });

  test('are made once: the same again is the same, another is refused', async () => {
    const room = { room: rooms[0], building, floor: '3', area: '80.5' };
    const again = await ask('/v1/rooms', room);
    expect([again.status, member(again.body, 'room')]).toEqual([201, rooms[0]]);
    expect(problem(await ask('/v1/rooms', { ...room, area: '81' }))).toBe('409 room-exists');
    expect(problem(await ask('/v1/rooms', { ...room, room: 'X', floor: '9' }))).toBe(
      '404 floor-unknown',
    );
    expect(problem(await ask('/v1/floors', { building: 'none', floor: '3' }))).toBe(
      '404 building-unknown',
    );
    expect(problem(await ask('/v1/buildings', { building, name: 'Other' }))).toBe(
      '409 building-exists',
    );
  });

  test('have meters of their own: one meter serves one room', async () => {
    const meters = [meterNamed(`E-${made}`)];
    const [one, two] = rooms;
    await post(`/v1/rooms/${one}`, { meters });
    expect(problem(await ask(`/v1/rooms/${two}`, { meters }))).toBe('409 meter-connected');
    const twice = { meters: [...meters, ...meters] };
    expect(problem(await ask(`/v1/rooms/${one}`, twice))).toBe('409 meter-connected');
    await post(`/v1/rooms/${one}`, { meters: [] });
    expect(member(await post(`/v1/rooms/${two}`, { meters }), 'meters')).toEqual(meters);
  });
});

describe('tenants', () => {
  test('are erased with their key: no list, no file and no second key brings them back', async () => {
    const tenant = `T-${made}`;
    const who = { name: '陆小姐', contacts: [{ name: 'Lu Xiao', email: 'lu@example.com' }] };
    await post('/v1/tenants', { tenant, kind: 'person', ...who });
    expect((await get(`/v1/tenants/${tenant}`)).body).toMatchObject(who);
    expect(filesHave('陆小姐')).toBe(false);
    const before = await api.registry.find(TEST_SITE, TENANT, tenant);
    const erased = await post(`/v1/tenants/${tenant}/erase`, {});
    expect(erased).toMatchObject({ tenant, kind: 'person', state: 'erased' });
    for (const answer of [erased, (await get(`/v1/tenants/${tenant}`)).body]) {
      expect(['name', 'contacts'].filter((name) => member(answer, name) !== undefined)).toEqual([]);
    }
    // Not even what was sealed before, from a copy of the file, opens any more.
    const sealed = new Map([[tenant, String(member(before?.doc, 'sealed'))]]);
    expect(await api.registry.personal.open(TEST_SITE, sealed)).toEqual(new Map());
    expect(problem(await ask(`/v1/tenants/${tenant}`, who))).toBe('410 person-erased');
    expect(problem(await ask('/v1/tenants', { tenant, kind: 'person', ...who }))).toBe(
      '409 tenant-exists',
    );
    expect(ids(await get('/v1/tenants?state=erased'), 'tenant')).toContain(tenant);
  });

  test('are not erased while a lease of theirs is not over', async () => {
    const lease = await planned();
    const erase = await ask(`/v1/tenants/${member(lease, 'tenant')}/erase`, {});
    expect(problem(erase)).toBe('409 tenant-has-lease');
  });

  test('are made once for one Idempotency-Key', async () => {
    const json = { kind: 'company', name: 'Lotus Trading' };
    const send = async (key: string) => {
      const ask = { token: api.tokens.manager, json, key };
      return member((await api.client.ask('POST', '/v1/tenants', ask)).body, 'tenant');
    };
    const first = await send(`once-${made}`);
    expect(await send(`once-${made}`)).toBe(first);
    expect(await send(`twice-${made}`)).not.toBe(first);
  });

  test('of one site are nobody at another, nor sealed for it', async () => {
    const tenant = `T-${made}`;
    await post('/v1/tenants', { tenant, kind: 'person', name: 'Anna' });
    const there = await api.client.get(`/v1/tenants/${tenant}?site=yard`, api.tokens.admin);
    expect(problem(there)).toBe('404 tenant-unknown');
    const kept = await api.registry.find(TEST_SITE, TENANT, tenant);
    await api.registry.personal.seal('yard', tenant, { name: 'Otto', contacts: [] });
    const moved = new Map([[tenant, String(member(kept?.doc, 'sealed'))]]);
    await expect(api.registry.personal.open('yard', moved)).rejects.toThrow('cannot be read');
  });
});

describe('leases', () => {
  test('never share a room on one day, whoever plans first', async () => {
    await planned({ to: '2026-12-31' });
    expect(await plan({ from: '2026-12-31' })).toBe('409 room-taken');
    expect(await plan({ from: '2026-01-01', to: '2026-09-01' })).toBe('409 room-taken');
    expect(await plan({ from: '2027-01-01' })).toBe('201 undefined');
    expect(await plan({ from: '2028-01-01' })).toBe('409 room-taken');
    expect(await plan({ from: '2026-09-01', rooms: [rooms[1], 'nowhere'] })).toBe(
      '404 room-unknown',
    );
    expect(await plan({ from: '2026-09-02', to: '2026-09-01', rooms: [rooms[1]] })).toBe(
      '422 lease-dates',
    );
    expect(await plan({ from: '2026-02-30', rooms: [rooms[1]] })).toBe('400 bad-request');
  });

  test('of many who plan one room at once one gets it', async () => {
    const tenants = await Promise.all(Array.from({ length: 6 }, () => newTenant()));
    const answers = await Promise.all(
      tenants.map((tenant) => ask('/v1/leases', { tenant, rooms: [rooms[0]], from: '2026-09-01' })),
    );
    expect(answers.map(problem).sort()).toEqual([
      '201 undefined',
      ...Array.from({ length: 5 }, () => '409 room-taken'),
    ]);
  });

  test('pay by an account that no other tenant has', async () => {
    const lease = await planned();
    const account = member(lease, 'account');
    const rest = { rooms: [rooms[1]], from: '2026-09-01', account };
    expect(problem(await ask('/v1/leases', { tenant: await newTenant(), ...rest }))).toBe(
      '409 account-of-other',
    );
    expect((await ask('/v1/leases', { tenant: member(lease, 'tenant'), ...rest })).status).toBe(
      201,
    );
    expect(ids(await get(`/v1/leases?account=${account}&state=planned`), 'account')).toEqual([
      account,
      account,
    ]);
  });

  test('are changed while they run, but not their room away from others', async () => {
    const lease = await planned({ to: '2026-12-31' });
    await planned({ from: '2027-01-01' });
    const path = `/v1/leases/${member(lease, 'lease')}`;
    expect(problem(await ask(path, { to: '2027-01-01' }))).toBe('409 room-taken');
    const changed = await post(path, { to: '2026-11-30', deposit: '100.000000' });
    expect(changed).toMatchObject({ to: '2026-11-30', deposit: '100.000000' });
  });
});

test('what could not be read again is never written', async () => {
  const lease = String(member(await planned(), 'lease'));
  const kept = await api.registry.find(TEST_SITE, LEASE, lease);
  if (kept === undefined) throw new Error('the lease is there');
  const wrong = { ...kept.doc, deposit: '-5.000000' };
  expect(() => put(LEASE, lease, kept, wrong)).toThrow('/deposit of lease');
  expect(put(LEASE, lease, kept, { ...kept.doc, deposit: '5.000000' }).was).toBe(kept.version);
});

test('a lease moves a hundred times and no more, and stays readable', async () => {
  const lease = String(member(await planned(), 'lease'));
  const kept = await api.registry.find(TEST_SITE, LEASE, lease);
  if (kept === undefined) throw new Error('the lease is there');
  const moves = Array.from({ length: 100 }, () => ({ at: api.registry.now, from: [rooms[0]] }));
  const open = put(LEASE, lease, kept, { ...kept.doc, state: 'open' as const, moves });
  expect(await api.registry.write(TEST_SITE, [open])).toBe(true);
  const path = `/v1/leases/${lease}`;
  const answer = await ask(`${path}/move`, { rooms: [rooms[1]] });
  expect(problem(answer)).toBe('422 lease-too-large');
  expect((await get(`/v1/rooms/${rooms[1]}`)).body).not.toHaveProperty('lease');
  expect(problem(await get(path))).toBe('200 undefined');
});

async function planned(fields: object = {}): Promise<unknown> {
  const rest = { tenant: await newTenant(), rooms: [rooms[0]], from: '2026-09-01' };
  return await post('/v1/leases', { ...rest, ...fields });
}

async function plan(fields: object): Promise<string> {
  const rest = { tenant: await newTenant(), rooms: [rooms[0]] };
  return problem(await ask('/v1/leases', { ...rest, ...fields }));
}

async function newTenant(): Promise<string> {
  return String(member(await post('/v1/tenants', { kind: 'person', name: 'Anna' }), 'tenant'));
}

function meterNamed(meter: string) {
  return {
    ...{ meter, serial: '1', bridge: 'roof-1', register: '1-0:1.8.0', unit: 'kWh' },
    ...{ wallet: 'electricity', ct: '1', pt: '1', tariff: 'tou' },
  };
}

async function ask(path: string, json: object): Promise<Answer> {
  return await api.client.post(path, api.tokens.manager, json);
}

async function post(path: string, json: object): Promise<unknown> {
  const answer = await ask(path, json);
  expect([path, answer.status, answer.body]).toEqual([
    path,
    expect.toSatisfy((status) => status === 200 || status === 201),
    answer.body,
  ]);
  return answer.body;
}

async function get(path: string): Promise<Answer> {
  return await api.client.get(path, api.tokens.manager);
}

function ids({ body }: Answer, name: string): unknown[] {
  const rows = member(body, 'data');
  return Array.isArray(rows) ? rows.map((row) => member(row, name)) : [body];
}

/** Whether any file of the data folder has the text. */
function filesHave(text: string): boolean {
  return readdirSync(api.folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(text));
}
