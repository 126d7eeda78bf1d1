import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { SampleLog } from '../../../test/ports/sample-log.ts';
import { expectHolds } from '../../../test/ports/store-contract.ts';
import { PostgresServer } from '../../../test/support/postgres-server.ts';
import { startThread } from '../../start-thread.ts';
import { StoreFenced } from '../store-errors.ts';
import { PostgresReader } from './postgres-reader.ts';
import { PostgresStore, type PostgresStoreOptions } from './postgres-store.ts';

const SITE = 'tower-a';
const TEN = { lead: 1, batches: [{ records: 6, events: 9 }] };

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

const SHARED = { shared: '127.0.0.1:1' };

function open(
  url: string,
  joining: PostgresStoreOptions['joining'] = { alone: 'when-free', waitMs: 300 },
): PostgresStore {
  const store = new PostgresStore({ url, deadlineMs: 5_000, joining });
  onTestFinished(() => store.close());
  return store;
}

/** A store with one group, and its log. */
function begun() {
  const url = server.makeDatabase();
  const store = open(url);
  const origin = `bills.example/log/${SITE}`;
  store.createSite({ site: SITE, origin, currency: 'CNY', zone: 'UTC', vkey: 'v' }, 1);
  const log = new SampleLog(SITE);
  store.commit([log.grow(TEN)], 1);
  return { url, store, log };
}

describe('a second writer', () => {
  it('is refused while the first one lives, and lets it be', () => {
    const { url, store, log } = begun();
    expect(() => open(url)).toThrow(expect.objectContaining({ code: 'data-in-use' }));
    store.commit([log.grow(TEN)], 2);
    expectHolds(store, log);
  });

  it('gets its turn once the first one has closed', () => {
    const { url, store, log } = begun();
    store.close();
    const second = open(url);
    second.commit([log.grow(TEN)], 2);
    expectHolds(second, log);
  });

  it('takes over by force from one that sleeps, which then writes nothing whatever it tries', () => {
    const { url, store, log } = begun();
    const second = open(url, { alone: 'by-force', waitMs: 300 });
    const late = new SampleLog(SITE);
    late.grow(TEN);
    const lateGroup = late.grow({ lead: 3, batches: [] });
    expect(() => store.commit([lateGroup], 2)).toThrow(StoreFenced);
    expectHolds(second, log);
    second.commit([log.grow(TEN)], 3);
    const attempts = [
      () => store.commit([lateGroup], 4),
      () => store.addCheckpoint(SITE, { size: 3, note: 'n\n', atMs: 1 }),
      () => store.putDirectory(SITE, { kind: 'account', id: 'a-1', doc: '{}' }),
      () => store.release([SITE]) ?? store.commit([lateGroup], 5),
    ];
    for (const attempt of attempts) expect(attempt).toThrow(StoreFenced);
    const reader = new PostgresReader({ url });
    onTestFinished(() => reader.close());
    expectHolds(reader, log);
    expect(reader.checkpoint(SITE)).toBeUndefined();
    expect(reader.directory(SITE, 'account', 'a-1')).toBeUndefined();
  });
});

describe('two writers', () => {
  it('that start at once on an empty database, in threads, both come up: one after the other', async () => {
    const url = server.makeDatabase();
    const sizes = ['tower-a', 'tower-b'].map(async (site) => {
      const script = new URL('../../../test/support/store-in-a-thread.ts', import.meta.url);
      const thread = startThread(script, { workerData: { url, site } });
      const [size] = await once(thread, 'message');
      await once(thread, 'exit');
      return size;
    });
    const three = { leaves: 3, records: 0 };
    expect(await Promise.all(sizes)).toEqual([three, three]);
    expect(server.query('SELECT site FROM owners ORDER BY site', url)).toEqual([
      { site: 'tower-a' },
      { site: 'tower-b' },
    ]);
  });
});

describe('the epoch', () => {
  it('fences an owner whose connection, row and lock are as they were', () => {
    const { url, store, log } = begun();
    server.query(`UPDATE owners SET epoch = epoch + 1`, url);
    const late = new SampleLog(SITE);
    late.grow(TEN);
    expect(() => store.commit([late.grow(TEN)], 2)).toThrow(StoreFenced);
    expect(store.owned()).toEqual([]);
    const reader = new PostgresReader({ url });
    onTestFinished(() => reader.close());
    expectHolds(reader, log);
  });

  it('grows with every owner', () => {
    const { url, store } = begun();
    const epoch = () => server.query('SELECT epoch FROM owners', url)[0]?.['epoch'];
    expect(epoch()).toBe(1);
    store.close();
    open(url).close();
    open(url);
    expect(epoch()).toBe(3);
  });

  it('fences a writer whose row is gone for all that it writes, until it comes again', () => {
    const { url, store, log } = begun();
    server.query('DELETE FROM writers', url);
    const row = { site: 'b', origin: 'b', currency: 'CNY', zone: 'UTC', vkey: 'v' };
    expect(() => store.createSite(row, 2)).toThrow(StoreFenced);
    expect(server.query(`SELECT count(*) AS n FROM sites WHERE site = 'b'`, url)).toEqual([
      { n: 0 },
    ]);
    store.rejoin();
    expect(store.owned()).toEqual([]);
    expect(store.take([SITE])).toEqual([SITE]);
    store.commit([log.grow(TEN)], 3);
    expectHolds(store, log);
  });
});

describe('writers that share a database', () => {
  it('write each to what it has taken, and give a site on whole', () => {
    const url = server.makeDatabase();
    const [first, second] = [open(url, SHARED), open(url, SHARED)];
    const row = (site: string) => ({ site, origin: site, currency: 'CNY', zone: 'UTC', vkey: 'v' });
    first.createSite(row('a'), 1);
    second.createSite(row('b'), 1);
    const [a, b] = [new SampleLog('a'), new SampleLog('b')];
    first.commit([a.grow(TEN)], 1);
    second.commit([b.grow(TEN)], 1);
    expect(first.take(['a', 'b'])).toEqual(['a']);
    expect([first, second].map((store) => store.owned())).toEqual([['a'], ['b']]);
    expect(() => first.commit([b.grow(TEN)], 2)).toThrow(StoreFenced);
    first.release(['a']);
    expect(second.take(['a'])).toEqual(['a']);
    expect(() => first.commit([a.grow(TEN)], 2)).toThrow(StoreFenced);
    const reader = new PostgresReader({ url });
    onTestFinished(() => reader.close());
    expect(reader.size('a')).toEqual({ leaves: 10, records: 6 });
    expect(reader.size('b')).toEqual({ leaves: 10, records: 6 });
  });

  it('take what belonged to one that has left, and nothing of one that is there', () => {
    const { url, store } = begun();
    store.close();
    const [first, second] = [open(url, SHARED), open(url, SHARED)];
    expect(first.take([SITE])).toEqual([SITE]);
    expect(second.take([SITE])).toEqual([]);
    first.close();
    expect(second.take([SITE])).toEqual([SITE]);
  });

  it('do not come beside one that is alone, nor one that is alone beside them', () => {
    const { url, store } = begun();
    const inUse = expect.objectContaining({ code: 'data-in-use' });
    expect(() => open(url, SHARED)).toThrow(inUse);
    store.close();
    open(url, SHARED);
    expect(() => open(url)).toThrow(inUse);
  });

  it('share one signing key of a log, whoever made it', () => {
    const url = server.makeDatabase();
    const [first, second] = [open(url, SHARED), open(url, SHARED)];
    const mine = first.logKey('bills.example/log/a', () => Buffer.from('first'));
    expect(Buffer.from(mine).toString()).toBe('first');
    const same = second.logKey('bills.example/log/a', () => Buffer.from('second'));
    expect(Buffer.from(same).toString()).toBe('first');
  });
});
