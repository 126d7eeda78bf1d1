import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SampleLog } from '../../../test/ports/sample-log.ts';
import { expectHolds } from '../../../test/ports/store-contract.ts';
import { FAULTS, FaultyProxy } from '../../../test/support/faulty-proxy.ts';
import { PostgresServer } from '../../../test/support/postgres-server.ts';
import type { Group, Projection } from '../port.ts';
import { StoreUnavailable } from '../store-errors.ts';
import { PostgresCheckpointStore } from './postgres-checkpoint-store.ts';
import { PostgresReader } from './postgres-reader.ts';
import { PostgresStore } from './postgres-store.ts';

const SITE = 'tower-a';
const ROW = { site: SITE, origin: `bills.example/log/${SITE}`, currency: 'CNY', zone: 'UTC' };
const TEN = { lead: 1, batches: [{ records: 6, events: 9 }] };
const DEADLINE_MS = 2_500;

let server: PostgresServer;
let url: string;
let proxy: FaultyProxy;
let store: PostgresStore;
let log: SampleLog;

beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());
beforeEach(async () => {
  url = server.makeDatabase();
  proxy = await FaultyProxy.start(url);
  store = new PostgresStore({ url: proxy.url, deadlineMs: DEADLINE_MS });
  store.createSite({ ...ROW, vkey: 'v' }, 1);
  log = new SampleLog(SITE);
  store.commit([log.grow(TEN)], 1);
});
afterEach(async () => {
  proxy.open(true);
  store.close();
  await proxy.stop();
});

/** What anybody else finds in the database is exactly what the sample says, and the store goes on. */
function expectAllOnce(): void {
  const other = new PostgresReader({ url });
  expectHolds(other, log);
  other.close();
  store.commit([log.grow(TEN)], 9);
  expectHolds(store, log);
}

/** Each write of evidence runs this: what happens to it inside the server. */
function onEvidence(body: string, when = 'AFTER INSERT'): void {
  server.query('CREATE SEQUENCE times', url);
  const deferred = when.startsWith('CONSTRAINT');
  server.query(
    `CREATE FUNCTION mischief() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN IF nextval('times') = 1 THEN ${body}; END IF; RETURN NEW; END $$`,
    url,
  );
  server.query(
    deferred
      ? `CREATE CONSTRAINT TRIGGER m AFTER INSERT ON evidence DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION mischief()`
      : `CREATE TRIGGER m ${when} ON evidence FOR EACH ROW EXECUTE FUNCTION mischief()`,
    url,
  );
}

function groupWithEvidence(): Group {
  const evidence = [{ id: 'e-1', kind: 'equivocation', at: '2026-01-01T00:00:00.000Z', doc: '{}' }];
  return log.grow(TEN, { evidence });
}

describe('a connection that is lost in a commit', () => {
  it.each(['cutBeforeCommit', 'loseAnswer', 'cutInCommit', 'hang'] as const)(
    '(%s) costs nothing and doubles nothing',
    (fault) => {
      proxy.next(FAULTS[fault]);
      store.commit([log.grow(TEN)], 2);
      expect(proxy.done).toBe(true);
      expectAllOnce();
    },
  );

  it('is waited for on the server: what it still commits is not written again', () => {
    onEvidence('PERFORM pg_sleep(1)', 'CONSTRAINT');
    proxy.next(FAULTS.cutInCommit);
    store.commit([groupWithEvidence()], 2);
    expectAllOnce();
    expect(store.evidence(SITE, '', 9)).toHaveLength(1);
  });

  it('is no matter when the session was ended on the server', () => {
    onEvidence('PERFORM pg_terminate_backend(pg_backend_pid())');
    store.commit([groupWithEvidence()], 2);
    expectAllOnce();
  });

  it('is no matter while nothing was asked', () => {
    server.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'billproof'
       AND pid <> pg_backend_pid()`,
    );
    store.commit([log.grow(TEN)], 2);
    expectAllOnce();
  });

  it.each(['cutBeforeCommit', 'loseAnswer'] as const)(
    '(%s) is told when nobody can find out, and found out as soon as there is a way',
    (fault) => {
      proxy.next(FAULTS[fault]);
      proxy.closeAfterFault();
      const before = { leaves: log.events.length, records: log.records.length };
      const ahead = new SampleLog(SITE);
      ahead.grow(TEN);
      const group = ahead.grow(TEN);
      expect(() => store.commit([group], 2)).toThrow(StoreUnavailable);
      expect(() => store.size(SITE)).toThrow(StoreUnavailable);
      proxy.open(true);
      const isThere = fault === 'loseAnswer';
      if (isThere) log = ahead;
      const after = { leaves: ahead.events.length, records: ahead.records.length };
      expect(store.size(SITE)).toEqual(isThere ? after : before);
      expectAllOnce();
    },
  );

  it('leaves no place twice when a projection is saved again', () => {
    const projection = (leaf: number, record: number, from: number): Projection => ({
      ...{ leaf, record, meters: new Map(), bridges: new Map(), balances: new Map() },
      accounts: new Map([['a-1', `{"n":${leaf}}`]]),
      accountIndex: new Map([['a-1', numbers(from, leaf).map((n) => ({ n, leaf: n }))]]),
      meterIndex: new Map([['m-1', numbers(0, record)]]),
    });
    proxy.next(FAULTS.loseAnswer);
    proxy.closeAfterFault();
    expect(() => store.saveProjection(SITE, projection(8, 4, 0))).toThrow(StoreUnavailable);
    proxy.open(true);
    store.saveProjection(SITE, projection(10, 6, 0));
    expect(store.accountLeaves(SITE, 'a-1', 0, 99)).toEqual(numbers(0, 10));
    expect(store.meterRecords(SITE, 'm-1')).toEqual(numbers(0, 6));
    expect(store.loadProjection(SITE).leaf).toBe(10);
  });
});

describe('a refusing server', () => {
  it('that is full refuses the group, keeps what is there, and takes the same group later', () => {
    onEvidence(`RAISE EXCEPTION 'no space' USING ERRCODE = 'disk_full'`);
    const group = groupWithEvidence();
    const before = store.size(SITE);
    const full = expect.objectContaining({ code: 'storage-full' });
    expect(() => store.commit([group], 2)).toThrow(full);
    expect(store.size(SITE)).toEqual(before);
    store.commit([group], 2);
    expectAllOnce();
  });

  it('that takes too long is given up, and nothing was written', () => {
    onEvidence('PERFORM pg_sleep(60)');
    const group = groupWithEvidence();
    const before = store.size(SITE);
    expect(() => store.commit([group], 2)).toThrow(StoreUnavailable);
    expect(store.size(SITE)).toEqual(before);
    store.commit([group], 2);
    expectAllOnce();
  });

  it('that was killed and comes back has everything that it acknowledged', async () => {
    server.kill();
    expect(() => store.commit([log.grow(TEN)], 2)).toThrow(StoreUnavailable);
    log = new SampleLog(SITE);
    log.grow(TEN);
    await server.run();
    expectHolds(store, log);
    expectAllOnce();
  });
});

describe('a store of last checkpoints', () => {
  it('says after a lost connection what is there', () => {
    const checkpoint = (size: number) => ({ size, root: 'ab', note: `note of ${size}\n` });
    const last = new PostgresCheckpointStore({ url: proxy.url, deadlineMs: DEADLINE_MS });
    expect(last.replace('o', undefined, checkpoint(1))).toBe(true);
    server.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'billproof'
       AND pid <> pg_backend_pid()`,
    );
    expect(last.fetch('o')).toEqual(checkpoint(1));
    expect(last.replace('o', checkpoint(1), checkpoint(2))).toBe(true);
    proxy.open(false);
    server.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'billproof'
       AND pid <> pg_backend_pid()`,
    );
    expect(() => last.replace('o', checkpoint(2), checkpoint(3))).toThrow(StoreUnavailable);
    proxy.open(true);
    expect(last.fetch('o')).toEqual(checkpoint(2));
    last.close();
  });
});

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
