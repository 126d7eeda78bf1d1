import { afterAll, beforeAll, expect, test } from 'vitest';
import { fsck } from '../../ledger/fsck.ts';
import type { LedgerPort } from '../ledger-port.ts';
import { TARIFF } from '../routes/examples.ts';
import { type Answer, member, problem } from '../test/api-client.ts';
import { openApiForTests, TEST_SITE, type TestApi } from '../test/open-api-for-tests.ts';
import { SigningBridge } from '../test/signing-bridge.ts';
import { endLease, type LeaseDesk, moveLease, openLease } from './lease-life.ts';

let api: TestApi;
const bridge = new SigningBridge('roof-1');
let made = 0;

beforeAll(async () => {
  api = await openApiForTests();
  await api.setLedgerTime('2026-08-25T00:00:00.000Z');
  const site = { site: TEST_SITE, currency: 'CNY', zone: 'Asia/Shanghai' };
  await api.client.post('/v1/sites', api.tokens.admin, site);
  await post('/v1/tariffs', { tariff: TARIFF });
  const token = String(member(await post('/v1/bridges', { bridge: 'roof-1' }), 'token'));
  const enrolment = bridge.enrolment(token);
  expect((await api.client.post('/v1/bridges/roof-1/enrol', undefined, enrolment)).status).toBe(
    200,
  );
  await post('/v1/buildings', { building: 'A', name: 'Tower A' });
  await post('/v1/floors', { building: 'A', floor: '3' });
  for (const tenant of ['T-1', 'T-2']) {
    await post('/v1/tenants', { tenant, kind: 'company', name: `Company ${tenant}` });
  }
  await api.setLedgerTime('2026-09-01T00:00:00.000Z');
});
afterAll(async () => {
  const { findings } = await fsck({ dataDir: api.folder, threads: 1, deep: true });
  await api.close();
  expect(findings).toEqual([]);
});

test('a tenant comes in, moves, hands over to the next, is paid back, and the account is closed', async () => {
  const [one, two, three] = [await newRoom('m-1'), await newRoom(), await newRoom()];
  const { lease, account } = await newLease({ rooms: [one, two] });
  await act(lease, 'pre-open');
  expect(await metersOf(account)).toEqual([]);
  await post('/v1/top-ups', {
    ...{ account, wallet: 'electricity', amount: '50.000000', method: 'cash' },
  });
  expect(member(await act(lease, 'open'), 'state')).toBe('open');
  expect(await metersOf(account)).toEqual(['m-1', `m-${two}`]);
  await read('2026-09-01T00:15:00.000Z', '100.00');
  await read('2026-09-01T01:15:00.000Z', '101.00');

  const moved = await act(lease, 'move', { rooms: [one, three] });
  expect(member(moved, 'finalReadings')).toEqual([{ meter: `m-${two}` }]);
  expect(member(moved, 'lease/moves/0/from')).toEqual([one, two]);
  expect(await metersOf(account)).toEqual(['m-1', `m-${three}`]);
  expect(await roomState(two)).toBeUndefined();

  await post(`/v1/leases/${lease}`, { to: '2026-10-31' });
  const next = await newLease({ rooms: [one], tenant: 'T-2', from: '2026-11-01' });
  const late = { to: next.lease, readAfter: '2026-09-01T02:00:00.000Z' };
  expect(problem(await ask(lease, 'transfer', late))).toBe('409 final-reading-old');
  await read('2026-09-01T02:15:00.000Z', '101.50');
  const handed = await act(lease, 'transfer', { to: next.lease });
  expect(member(handed, 'finalReadings')).toEqual([
    { meter: 'm-1', at: '2026-09-01T02:15:00.000Z', value: '101.50' },
    { meter: `m-${three}` },
  ]);
  expect([member(handed, 'lease/state'), member(handed, 'next/state')]).toEqual(['ended', 'open']);
  expect(await metersOf(next.account)).toEqual(['m-1']);
  expect(await roomState(one)).toBe(next.lease);
  await read('2026-09-01T02:30:00.000Z', '101.60');
  await read('2026-09-01T02:45:00.000Z', '101.80');
  const [left, owed] = [await balance(account), await balance(next.account)];
  expect([left, owed]).toEqual(['48.609738', '-0.185368']);

  expect(problem(await ask(lease, 'close'))).toBe('409 account-has-money');
  const settled = await act(lease, 'settle', {});
  expect(member(settled, 'data/0/balance')).toBe(left);
  const approval = String(member(settled, 'data/0/approvals/0'));
  const decision = { agree: true };
  const path = `/v1/approvals/${approval}/decision`;
  const decided = await api.client.post(path, api.tokens.accountant, decision);
  expect(decided.status).toBe(201);
  expect(member(await act(lease, 'close'), 'state')).toBe('closed');
  expect(member(await act(lease, 'close'), 'state')).toBe('closed');
  expect(problem(await ask(lease, 'open'))).toBe('409 lease-over');
  const topUp = { account, wallet: 'electricity', amount: '1.000000', method: 'cash' };
  expect(problem(await api.client.post('/v1/top-ups', api.tokens.manager, topUp))).toBe(
    '409 account-closed',
  );
});

test('what is left is carried over to another account of the same tenant, and to no other', async () => {
  const first = await newLease({ rooms: [await newRoom()] });
  const second = await newLease({ rooms: [await newRoom()] });
  const other = await newLease({ rooms: [await newRoom()], tenant: 'T-2' });
  for (const { lease } of [first, second, other]) await act(lease, 'open');
  const paid = { account: first.account, wallet: 'electricity', amount: '7.000000' };
  await post('/v1/top-ups', { ...paid, method: 'cash' });
  const carry = { account: second.account };
  expect(problem(await ask(first.lease, 'settle', carry))).toBe('409 lease-not-ended');
  await act(first.lease, 'end');
  for (const account of [other.account, first.account]) {
    expect(problem(await ask(first.lease, 'settle', { account }))).toBe('409 account-of-other');
  }
  const path = `/v1/leases/${first.lease}/settle`;
  const request = { token: api.tokens.manager, json: carry, key: `carry-${first.lease}` };
  const settled = (await api.client.ask('POST', path, request)).body;
  const { approvals } = Object(member(settled, 'data/0'));
  expect(approvals.length).toBe(2);
  // Sent again it asks for nothing new; asked for anew it would carry the same money over twice.
  expect((await api.client.ask('POST', path, request)).body).toEqual(settled);
  for (const way of [carry, {}]) {
    expect(problem(await ask(first.lease, 'settle', way))).toBe('409 settlement-waiting');
  }
  for (const approval of [...approvals].reverse()) {
    expect(problem(await ask(first.lease, 'settle', carry))).toBe('409 settlement-waiting');
    const path = `/v1/approvals/${approval}/decision`;
    await api.client.post(path, api.tokens.accountant, { agree: true });
  }
  expect([await balance(first.account), await balance(second.account)]).toEqual([
    '0.000000',
    '7.000000',
  ]);
  expect(member(await act(first.lease, 'close'), 'state')).toBe('closed');
});

test('nobody moves in before the day, over somebody else, or with a meter that cannot be installed', async () => {
  const room = await newRoom();
  const early = await newLease({ rooms: [room], from: '2099-01-01' });
  expect(problem(await ask(early.lease, 'open'))).toBe('409 lease-not-begun');
  const now = await newLease({ rooms: [room], to: '2026-12-31' });
  await act(now.lease, 'open');
  expect(member(await act(early.lease, 'end'), 'lease/state')).toBe('cancelled');
  expect(problem(await ask(early.lease, 'end'))).toBe('409 lease-over');
  const bad = await newRoom(undefined, { tariff: 'none' });
  const stuck = await newLease({ rooms: [bad] });
  expect(problem(await ask(stuck.lease, 'open'))).toBe('404 tariff-unknown');
  // The room is taken meanwhile; what is mended goes on where it stopped, or is given up.
  expect(await roomState(bad)).toBe(stuck.lease);
  expect(member(await act(stuck.lease, 'end'), 'lease/state')).toBe('cancelled');
  expect(await roomState(bad)).toBeUndefined();
});

test('a renewal that is cancelled leaves the open lease of the same account its meters', async () => {
  const room = await newRoom();
  const { lease, account } = await newLease({ rooms: [room], to: '2098-12-31' });
  await act(lease, 'open');
  const renewal = { rooms: [room], from: '2099-01-01', account };
  const planned = await newLease(renewal);
  const cancelled = await act(planned.lease, 'end', { readAfter: '2026-09-02T00:00:00.000Z' });
  expect(cancelled).toMatchObject({ lease: { state: 'cancelled' }, finalReadings: [] });
  expect(await metersOf(account)).toEqual([`m-${room}`]);
  expect(await roomState(room)).toBe(lease);
});

test('an end or a transfer asked for again takes nothing from who has the rooms by now', async () => {
  const room = await newRoom();
  const { lease, account } = await newLease({ rooms: [room] });
  await act(lease, 'open');
  await post(`/v1/leases/${lease}`, { to: '2026-09-01' });
  const next = await newLease({ rooms: [room], from: '2026-09-02', account });
  // The test's clock stands still; that of the registry is past both days.
  const first = await act(lease, 'transfer', { to: next.lease });
  expect(member(first, 'finalReadings')).toEqual([{ meter: `m-${room}` }]);
  const again = await act(lease, 'transfer', { to: next.lease });
  expect(again).toMatchObject({ lease: { state: 'ended' }, next: { state: 'open' } });
  expect(
    member(await act(lease, 'end', { readAfter: '2098-01-01T00:00:00.000Z' }), 'lease'),
  ).toEqual(member(first, 'lease'));
  expect([await metersOf(account), await roomState(room)]).toEqual([[`m-${room}`], next.lease]);
});

test('a transfer that cannot be done to its end leaves the first lease as it is', async () => {
  const [room, other] = [await newRoom(), await newRoom()];
  const { lease, account } = await newLease({ rooms: [room], to: '2098-12-31' });
  await act(lease, 'open');
  const holder = await newLease({ rooms: [other], to: '2026-10-31' });
  await act(holder.lease, 'open');
  const late = await newLease({ rooms: [room], from: '2099-01-01' });
  // Its holder stays longer than was agreed.
  const taken = await newLease({ rooms: [other], from: '2026-11-01', tenant: 'T-2' });
  const refusals: [string, string][] = [
    [lease, '422 lease-to-itself'],
    [late.lease, '409 lease-not-begun'],
    [taken.lease, '409 room-taken'],
    ['nobody', '404 lease-unknown'],
  ];
  for (const [to, refusal] of refusals) {
    expect(problem(await ask(lease, 'transfer', { to }))).toBe(refusal);
    const found = await api.client.get(`/v1/leases/${lease}`, api.tokens.manager);
    expect([to, member(found.body, 'state')]).toEqual([to, 'open']);
    expect([await metersOf(account), await roomState(room)]).toEqual([[`m-${room}`], lease]);
  }
  expect(await roomState(other)).toBe(holder.lease);
});

test('of two steps at once the one that comes too late is refused and gives back what it took', async () => {
  const [one, two] = [await newRoom(), await newRoom()];
  const first = await newLease({ rooms: [one] });
  const overEnd = overtaken(() => endLease(desk(), first.lease));
  await expect(openLease(overEnd, first.lease)).rejects.toMatchObject({ code: 'lease-over' });
  expect(await stateOf(first.lease)).toBe('cancelled');
  expect([await metersOf(first.account), await roomState(one)]).toEqual([[], undefined]);

  const second = await newLease({ rooms: [one] });
  await act(second.lease, 'open');
  const overMove = overtaken(() => moveLease(desk(), second.lease, [two]));
  await expect(endLease(overMove, second.lease)).rejects.toMatchObject({ code: 'writer-busy' });
  expect([await stateOf(second.lease), await metersOf(second.account)]).toEqual([
    'open',
    [`m-${two}`],
  ]);
  expect([await roomState(one), await roomState(two)]).toEqual([undefined, second.lease]);

  const again = overtaken(() => endLease(desk(), second.lease));
  const move = moveLease(again, second.lease, [one]);
  await expect(move).rejects.toMatchObject({ code: 'lease-over' });
  expect([await stateOf(second.lease), await metersOf(second.account)]).toEqual(['ended', []]);
  expect([await roomState(one), await roomState(two)]).toEqual([undefined, undefined]);
});

test('a replaced meter is replaced in the room, too, once', async () => {
  const room = await newRoom();
  const { lease, account } = await newLease({ rooms: [room] });
  await act(lease, 'open');
  const facts = { by: connection('m-new'), closing: '5.00', opening: '0.00', reason: 'worn' };
  const path = `/v1/meters/m-${room}/replace`;
  const key = `replace-${room}`;
  for (const replayed of [null, 'true']) {
    const given = { token: api.tokens.engineer, json: facts, key };
    const answer = await api.client.ask('POST', path, given);
    expect([answer.status, answer.headers.get('idempotent-replayed')]).toEqual([200, replayed]);
  }
  expect(await metersOf(account)).toEqual(['m-new']);
  const found = await api.client.get(`/v1/rooms/${room}`, api.tokens.manager);
  expect(member(found.body, 'meters/0/meter')).toBe('m-new');
  const other = await newRoom();
  const there = { ...facts, by: connection(`m-${other}`) };
  const refused = await api.client.post('/v1/meters/m-new/replace', api.tokens.engineer, there);
  expect(problem(refused)).toBe('409 meter-connected');
  await act(lease, 'end');
  expect(await metersOf(account)).toEqual([]);
});

async function newRoom(meter?: string, change: object = {}): Promise<string> {
  made += 1;
  const room = `A-${300 + made}`;
  const meters = [{ ...connection(meter ?? `m-${room}`), ...change }];
  await post('/v1/rooms', { room, building: 'A', floor: '3', meters });
  return room;
}

async function newLease(fields: {
  rooms: string[];
  tenant?: string;
  account?: string;
  from?: string;
  to?: string;
}) {
  const body = await post('/v1/leases', { tenant: 'T-1', from: '2026-09-01', ...fields });
  return { lease: String(member(body, 'lease')), account: String(member(body, 'account')) };
}

function connection(meter: string) {
  return {
    ...{ meter, serial: '1', bridge: 'roof-1', register: '1-0:1.8.0', unit: 'kWh' },
    ...{ wallet: 'electricity', ct: '1', pt: '1', tariff: 'tou' },
  };
}

/** The one meter that is read. */
async function read(at: string, value: string): Promise<void> {
  await api.setLedgerTime(at);
  const record = bridge.record({ meter: 'm-1', serial: '1', at, value });
  const answer = await api.client.post('/v1/bridges/roof-1/batches', undefined, {
    ...bridge.batch([record], at),
  });
  expect([answer.status, answer.body]).toEqual([200, answer.body]);
}

async function ask(lease: string, step: string, json: object = {}): Promise<Answer> {
  return await api.client.post(`/v1/leases/${lease}/${step}`, api.tokens.manager, json);
}

async function act(lease: string, step: string, json: object = {}): Promise<unknown> {
  const answer = await ask(lease, step, json);
  expect([step, answer.status, answer.body]).toEqual([step, 200, answer.body]);
  return answer.body;
}

async function post(path: string, json: object): Promise<unknown> {
  const answer = await api.client.post(path, api.tokens.manager, json);
  expect([path, Math.floor(answer.status / 100), answer.body]).toEqual([path, 2, answer.body]);
  return answer.body;
}

async function metersOf(account: string): Promise<unknown> {
  const { body } = await api.client.get(`/v1/accounts/${account}`, api.tokens.manager);
  return member(body, 'meters');
}

async function balance(account: string): Promise<unknown> {
  const { body } = await api.client.get(`/v1/accounts/${account}/balance`, api.tokens.manager);
  return member(body, 'wallets/0/balance');
}

async function stateOf(lease: string): Promise<unknown> {
  const { body } = await api.client.get(`/v1/leases/${lease}`, api.tokens.manager);
  return member(body, 'state');
}

function desk(): LeaseDesk {
  return { registry: api.registry, ledger: api.ledger, site: TEST_SITE };
}

/** The same, but in the middle of the first step, as soon as it looks at a meter, another is done. */
function overtaken(by: () => Promise<unknown>): LeaseDesk {
  let isOver = false;
  const ledger = new Proxy<LedgerPort>(api.ledger, {
    get: (target, name) => {
      if (name === 'meter') {
        return async (site: string, meter: string) => {
          if (!isOver) {
            isOver = true;
            await by();
          }
          return await target.meter(site, meter);
        };
      }
      const found: unknown = Reflect.get(target, name);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  });
  return { ...desk(), ledger };
}

async function roomState(room: string): Promise<unknown> {
  const { body } = await api.client.get(`/v1/rooms/${room}`, api.tokens.manager);
  return member(body, 'lease');
}
