import { afterAll, beforeAll, expect, test } from 'vitest';
import { DAY_MS, formatTime } from '../../ledger/core/time.ts';
import { StoreUnavailable } from '../../ledger/store/store-errors.ts';
import type { Command, CommandResult } from '../ledger-commands.ts';
import type { LedgerPort } from '../ledger-port.ts';
import { apiLog } from '../log.ts';
import { type Answer, member, problem } from '../test/api-client.ts';
import { openApiForTests, TEST_SITE, type TestApi } from '../test/open-api-for-tests.ts';
import { JobRunner } from './job-runner.ts';

const ACCOUNTS = Array.from({ length: 70 }, (_, i) => `A-${String(i).padStart(3, '0')}`);
let api: TestApi;
/** Long ago, since the tokens of the tests live for an hour from now on. */
let nowMs = Date.now() - 200 * DAY_MS;

beforeAll(async () => {
  api = await openApiForTests({}, () => nowMs);
  await api.setLedgerTime('2026-08-25T00:00:00.000Z');
  for (const site of [TEST_SITE, 'yard']) {
    const json = { site, currency: 'CNY', zone: 'Asia/Shanghai' };
    expect((await api.client.post('/v1/sites', api.tokens.admin, json)).status).toBe(201);
  }
  for (const account of ACCOUNTS) {
    await api.ledger.execute({ do: 'open-account', site: TEST_SITE, account });
  }
  // Money that waits opens an account of the house, which gets no bill.
  await api.ledger.execute({
    ...{ do: 'take-payment', site: TEST_SITE, provider: 'stripe', payment: 'P1', order: 'NONE01' },
    ...{ amount: '1.000000', currency: 'CNY', paidAt: '2026-08-25T00:00:00.000Z' },
  });
  await api.setLedgerTime('2026-12-05T00:00:00.000Z');
});
afterAll(async () => await api.close());

test('a month’s statements are issued for every account, and a second time for none', async () => {
  const taken = await begin('issue-statements', { period: '2026-08' }, 'august');
  expect([taken.status, taken.headers.get('location')]).toEqual([
    ...[202, `/v1/jobs/${member(taken.body, 'job')}`],
  ]);
  const again = await begin('issue-statements', { period: '2026-08' }, 'august');
  expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([
    ...[202, taken.body, 'true'],
  ]);
  const other = await begin('issue-statements', { period: '2026-09' }, 'august');
  expect(problem(other)).toBe('422 idempotency-mismatch');
  await api.jobs.round();
  expect(await read(taken)).toMatchObject({
    ...{ state: 'done', items: 70, waiting: 0, done: 70, refused: 0, failed: 0 },
    finishedAt: formatTime(nowMs),
  });
  const issued = await api.ledger.statements(TEST_SITE, { limit: 100 });
  expect(issued.map(({ account }) => account).sort()).toEqual(ACCOUNTS);
  const second = await begin('issue-statements', { period: '2026-08' });
  await api.jobs.round();
  expect(await read(second)).toMatchObject({ state: 'done', done: 0, refused: 70, failed: 0 });
  expect(await items(second, 'state=done')).toEqual([]);
  expect((await items(second, 'limit=1'))[0]).toMatchObject({
    ...{ item: 0, account: 'A-000', state: 'refused', code: 'statement-exists' },
  });
});

test('of accounts that are named each is done once, and one that there is not is refused', async () => {
  const accounts = ['A-001', 'nobody', 'A-002', 'A-001'];
  const taken = await begin('charge-fees', { period: '2026-09', accounts });
  await api.jobs.round();
  expect(await read(taken)).toMatchObject({ items: 3, done: 2, refused: 1 });
  const found = await items(taken, '');
  expect(found.map(({ account, state, code }) => [account, state, code])).toEqual([
    ['A-001', 'done', undefined],
    ['nobody', 'refused', 'account-unknown'],
    ['A-002', 'done', undefined],
  ]);
});

test('what failed is tried again, alone, and an answer that was lost is not done twice', async () => {
  let lost = 0;
  /** The ledger behind a connection that breaks: before the command for some, after it for others. */
  const broken =
    (execute: LedgerPort['execute']) =>
    async (command: Command): Promise<CommandResult> => {
      lost += 1;
      const turn = lost % 4;
      if (turn === 0) throw new StoreUnavailable('The database cannot be reached.');
      const result = await execute(command);
      if (turn === 1) throw new StoreUnavailable('The database cannot be reached.');
      return result;
    };
  const { ledger, access } = api;
  const port = {
    ...{ feed: ledger.feed, accounts: ledger.accounts.bind(ledger) },
    execute: broken((command) => ledger.execute(command)),
  };
  const log = apiLog('silent', { write: () => undefined });
  const taken = await begin('issue-statements', { period: '2026-09' });
  await new JobRunner({ access, ledger: port, log }).round();
  const before = await read(taken);
  expect(before['failed']).toBeGreaterThan(30);
  expect(before).toMatchObject({ state: 'done', refused: 0, items: 70 });
  expect((await items(taken, 'state=failed&limit=1'))[0]).toMatchObject({
    code: 'store-unavailable',
  });
  const retried = await post(`/v1/jobs/${String(before['job'])}/retry`, {});
  expect([retried.status, member(retried.body, 'waiting')]).toEqual([202, before['failed']]);
  await api.jobs.round();
  expect(await read(taken)).toMatchObject({ state: 'done', done: 70, refused: 0, failed: 0 });
  const issued = await ledger.statements(TEST_SITE, { period: '2026-09', limit: 100 });
  expect(issued.map(({ account }) => account).sort()).toEqual(ACCOUNTS);
});

test('many adjustments are asked for by a person, and decided by another', async () => {
  const goodwill = (account: string, amount: string) => ({
    ...{ account, kind: 'goodwill', reason: 'outage' },
    moves: [{ wallet: 'electricity', amount }],
  });
  const adjustments = [goodwill('A-001', '5.000000'), goodwill('A-002', '7.000000')];
  const taken = await begin('ask-adjustments', { adjustments });
  await api.jobs.round();
  const [first] = await items(taken, '');
  const approval = String(first?.result?.['approval']);
  const decided = await api.client.post(
    `/v1/approvals/${approval}/decision`,
    api.tokens.accountant,
    { agree: true },
  );
  expect([decided.status, member(decided.body, 'state')]).toEqual([201, 'done']);
  const view = await api.ledger.account(TEST_SITE, 'A-001');
  expect(view?.wallets).toEqual([{ wallet: 'electricity', balance: '5.000000' }]);
});

test('results come as CSV, and only the failed ones where those are asked for', async () => {
  const taken = await begin('issue-statements', {
    period: '2026-10',
    accounts: ['A-001', 'nobody'],
  });
  await api.jobs.round();
  const [done] = await items(taken, 'state=done');
  const path = `/v1/jobs/${String(member(taken.body, 'job'))}/items?format=csv`;
  const csv = String((await api.client.get(path, api.tokens.manager)).body).split('\r\n');
  expect(csv).toEqual([
    'item,account,state,code,detail,statement,total,approval',
    `0,A-001,done,,,${done?.result?.['statement']},${done?.result?.['total']},`,
    expect.stringMatching(/^1,nobody,refused,account-unknown,There is no account nobody/),
    '',
  ]);
  const some = await api.client.get(`${path}&state=failed`, api.tokens.manager);
  expect(String(some.body).split('\r\n').length).toBe(2);
});

test('a job of one site is none of another', async () => {
  const taken = await begin('charge-fees', { period: '2026-10', accounts: ['A-001'] });
  const job = String(member(taken.body, 'job'));
  for (const path of [`/v1/jobs/${job}`, `/v1/jobs/${job}/items`]) {
    const answer = await api.client.get(`${path}?site=yard`, api.tokens.admin);
    expect([path, problem(answer)]).toEqual([path, '404 job-unknown']);
  }
  const retry = await api.client.post(`/v1/jobs/${job}/retry`, api.tokens.admin, { site: 'yard' });
  expect(problem(retry)).toBe('404 job-unknown');
  await api.jobs.round();
});

test('a cashier may not try again what only an accountant may do', async () => {
  const taken = await begin('charge-fees', { period: '2026-10', accounts: ['nobody'] });
  const path = `/v1/jobs/${String(member(taken.body, 'job'))}/retry`;
  expect(problem(await api.client.post(path, api.tokens.cashier, {}))).toBe('403 forbidden');
});

test('jobs are listed with the newest first, and forgotten after 90 days', async () => {
  nowMs += 1;
  const taken = await begin('charge-fees', { period: '2026-11', accounts: ['A-003'] });
  await api.jobs.round();
  const list = async () => {
    const { body } = await api.client.get('/v1/jobs?state=done', api.tokens.auditor);
    const { data }: { data: { job: string }[] } = Object(body);
    return data.map(({ job }) => job);
  };
  const before = await list();
  expect([before[0], before.length]).toEqual([member(taken.body, 'job'), 9]);
  nowMs += 90 * DAY_MS - 1;
  await api.jobs.round();
  expect(await list()).toEqual([member(taken.body, 'job')]);
  const page = { prefix: `${before[1]}~`, limit: 1 };
  const { ITEM } = await import('./records.ts');
  expect(await api.access.page(ITEM, page)).toEqual([]);
});

interface Item {
  readonly item: number;
  readonly account: string;
  readonly state: string;
  readonly code?: string;
  readonly result?: Readonly<Record<string, string>>;
}

async function begin(does: string, json: object, key?: string): Promise<Answer> {
  return await post(`/v1/jobs/${does}`, json, key);
}

async function post(path: string, json: object, key?: string): Promise<Answer> {
  const token = api.tokens.manager;
  return await api.client.ask('POST', path, { token, json, ...(key !== undefined && { key }) });
}

async function read(taken: Answer): Promise<Record<string, unknown>> {
  const path = `/v1/jobs/${String(member(taken.body, 'job'))}`;
  return Object((await api.client.get(path, api.tokens.auditor)).body);
}

async function items(taken: Answer, query: string): Promise<Item[]> {
  const path = `/v1/jobs/${String(member(taken.body, 'job'))}/items?${query}`;
  const { data }: { data: Item[] } = Object((await api.client.get(path, api.tokens.auditor)).body);
  return data;
}
