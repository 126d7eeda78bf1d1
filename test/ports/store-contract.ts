import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { Projection, Segment, SiteRow, Store, StoreReader } from '../../ledger/store/port.ts';
import { type GroupShape, SampleLog } from './sample-log.ts';

/** One kept place for a store's bytes, such as a folder. */
export interface StorePlace {
  /** Opens the one writing store; the place outlives it. */
  open(): Store;
  /** A second connection, as readers in other threads have. */
  openReader(): StoreReader;
  /** A path beside the store where nothing is yet. */
  freePath(): string;
  openFile(path: string): StoreReader;
  remove(): void;
}

const NOTHING: Projection = {
  ...{ leaf: 0, record: 0, accounts: new Map(), meters: new Map(), bridges: new Map() },
  ...{ balances: new Map(), accountIndex: new Map(), meterIndex: new Map() },
};
const TEN: GroupShape = { lead: 1, batches: [{ records: 6, events: 9 }] };

const shapes = fc.record({
  lead: fc.nat({ max: 5 }),
  batches: fc.array(
    fc.record({ records: fc.integer({ min: 1, max: 400 }), events: fc.nat({ max: 600 }) }),
    { maxLength: 3 },
  ),
});

/** What every adapter of the store port promises (`port.ts`). */
export function storeContract(name: string, makePlace: () => StorePlace): void {
  describe(`${name}, as a store`, () => {
    let place: StorePlace;
    let store: Store;
    const reopen = () => {
      store.close();
      store = place.open();
    };

    beforeEach(() => {
      place = makePlace();
      store = place.open();
    });
    afterEach(() => {
      store.close();
      place.remove();
    });

    const now = () => ({ place, store, reopen });
    describe('the log', () => describeLog(now));
    describe('the projection', () => describeProjection(now));
    describe('the side tables', () => describeSideTables(now));
  });
}

/** The store of the running test, which a reopening replaces. */
type Now = () => { readonly place: StorePlace; readonly store: Store; reopen(): void };

function describeLog(now: Now): void {
  it('begins empty and knows its sites after a start', () => {
    now().store.createSite(row('tower-b'), 1);
    now().store.createSite(row('tower-a'), 2);
    now().reopen();
    const { store } = now();
    expect(store.sites()).toEqual([row('tower-a'), row('tower-b')]);
    expect(store.size('tower-a')).toEqual({ leaves: 0, records: 0 });
    expect([...store.segments('tower-a', 0, 0)]).toEqual([]);
  });

  it('refuses a second site of the same id or the same origin', () => {
    const { store } = now();
    store.createSite(row('tower-a'), 1);
    const sameOrigin = { ...row('tower-b'), origin: row('tower-a').origin };
    for (const taken of [row('tower-a'), sameOrigin]) {
      expect(refusalOf(() => store.createSite(taken, 2))).toBe('site-exists');
    }
    expect(store.sites()).toEqual([row('tower-a')]);
  });

  it('gives back, in any order and across restarts, every byte that was committed', () => {
    let made = 0;
    fc.assert(
      fc.property(fc.array(shapes, { minLength: 1, maxLength: 5 }), fc.boolean(), (list, again) => {
        const log = new SampleLog(`site-${made++}`);
        now().store.createSite(row(log.site), 1);
        for (const shape of list) now().store.commit([log.grow(shape)], 1);
        if (again) now().reopen();
        expectHolds(now().store, log);
      }),
      { numRuns: 25 },
    );
  });

  it('gives a site another log with a group, and forgets what the one before has signed', () => {
    const logs = ['tower-a', 'tower-b'].map((site) => new SampleLog(site));
    for (const { site } of logs) {
      now().store.createSite(row(site), 1);
      now().store.addCheckpoint(site, { size: 0, note: 'signed', atMs: 1 });
    }
    const renamed = { origin: 'ledger.example/log/next', vkey: 'next+12345678+key' };
    const groups = logs.map((log) => log.grow(TEN));
    const [first, second] = groups;
    if (first === undefined || second === undefined) throw new Error('two logs grow');
    now().store.commit([{ ...first, renamed }, second], 1);
    now().reopen();
    const { store } = now();
    expect(store.sites()).toEqual([{ ...row('tower-a'), ...renamed }, row('tower-b')]);
    expect(store.checkpoint('tower-a')).toBeUndefined();
    expect(store.checkpoint('tower-b')).toEqual({ size: 0, note: 'signed', atMs: 1 });
    for (const log of logs) expectHolds(store, log);
  });

  it('commits the groups of several sites in one step and keeps them apart', () => {
    const { store } = now();
    const logs = ['tower-a', 'tower-b'].map((site) => new SampleLog(site));
    for (const { site } of logs) store.createSite(row(site), 1);
    store.commit(
      logs.map((log) => log.grow(TEN)),
      1,
    );
    store.commit(
      logs.map((log) => log.grow({ lead: 300, batches: [] })),
      1,
    );
    for (const log of logs) expectHolds(store, log);
  });

  it('stops at a group that leaves a gap, overlaps or was written already, and writes none', () => {
    const { store } = now();
    const log = new SampleLog('tower-a');
    store.createSite(row(log.site), 1);
    const first = log.grow(TEN);
    store.commit([first], 1);
    const other = new SampleLog('tower-b');
    store.createSite(row(other.site), 1);
    const second = new SampleLog('tower-a');
    second.grow(TEN);
    const next = second.grow(TEN);
    const wrong = [
      first,
      { ...next, firstLeaf: next.firstLeaf + 1 },
      { ...next, firstLeaf: next.firstLeaf - 1 },
      { ...next, firstRecord: next.firstRecord + 1 },
      { ...next, commitments: next.commitments.subarray(32) },
    ];
    for (const group of wrong) {
      const good = new SampleLog('tower-b').grow(TEN);
      expect(() => store.commit([good, group], 1)).toThrow('assertion failed');
    }
    expectHolds(store, log);
    expectHolds(store, other);
  });

  it('writes nothing of a step whose last row cannot be written', () => {
    const { store } = now();
    const log = new SampleLog('tower-a');
    store.createSite(row(log.site), 1);
    const evidence = { id: 'e-1', kind: 'equivocation', at: '2026-01-01T00:00:00.000Z', doc: '{}' };
    const group = log.grow(TEN, { evidence: [evidence, evidence] });
    expect(() => store.commit([group], 1)).toThrow();
    expect(store.size(log.site)).toEqual({ leaves: 0, records: 0 });
    expect(store.evidence(log.site, '', 9)).toEqual([]);
    store.commit([{ ...group, evidence: [evidence] }], 1);
    expectHolds(store, log);
    expect(store.evidence(log.site, '', 9)).toEqual([evidence]);
  });

  it('goes on with the log from any place between two groups', () => {
    const { store } = now();
    const log = new SampleLog('tower-a');
    store.createSite(row(log.site), 1);
    const places: { leaf: number; record: number }[] = [];
    const list: GroupShape[] = [TEN, { lead: 0, batches: [{ records: 3, events: 0 }] }, TEN];
    for (const shape of [...list, { lead: 700, batches: [] }, TEN]) {
      places.push({ leaf: log.events.length, record: log.records.length });
      store.commit([log.grow(shape)], 1);
    }
    for (const { leaf, record } of places) {
      const tail = [...store.segments(log.site, leaf, record)];
      expect(tail.flatMap(({ events }) => events)).toEqual(log.events.slice(leaf));
      expect(recordsOf(tail)).toEqual(log.records.slice(record));
    }
  });

  it('refuses to read what the log does not hold', () => {
    const { store } = now();
    const log = new SampleLog('tower-a');
    store.createSite(row(log.site), 1);
    const readings = [
      () => [...store.readEvents(log.site, [log.events.length])],
      () => [...store.readRecords(log.site, [log.records.length])],
      () => store.batchOf(log.site, log.records.length),
      () => store.commitments(log.site, 0, log.events.length + 1),
    ];
    expect(readings.map(refusalOf)).toEqual(readings.map(() => 'store-damaged'));
    store.commit([log.grow(TEN)], 1);
    expect(readings.map(refusalOf)).toEqual(readings.map(() => 'store-damaged'));
  });

  it('shows another reader what is committed, while writing goes on', () => {
    const { store, place } = now();
    const log = new SampleLog('tower-a');
    store.createSite(row(log.site), 1);
    store.commit([log.grow(TEN)], 1);
    const reader = place.openReader();
    expectHolds(reader, log);
    const walk = reader.segments(log.site, 0, 0)[Symbol.iterator]();
    walk.next();
    store.commit([log.grow({ lead: 300, batches: [] })], 1);
    expectHolds(reader, log);
    reader.close();
  });

  it('joins small segments unseen, whatever a reader is about to read', () => {
    let made = 0;
    const small = fc.record({
      lead: fc.nat({ max: 3 }),
      batches: fc.array(
        fc.record({ records: fc.integer({ min: 1, max: 60 }), events: fc.nat({ max: 90 }) }),
        { maxLength: 2 },
      ),
    });
    const { place } = now();
    const reader = place.openReader();
    fc.assert(
      fc.property(fc.array(small, { minLength: 2, maxLength: 40 }), fc.nat(), (list, chosen) => {
        const { store } = now();
        const log = new SampleLog(`small-${made++}`);
        store.createSite(row(log.site), 1);
        const places: { leaf: number; record: number }[] = [];
        for (const shape of list) {
          places.push({ leaf: log.events.length, record: log.records.length });
          store.commit([log.grow(shape)], 1);
        }
        const mark = places[chosen % places.length] ?? { leaf: 0, record: 0 };
        store.saveProjection(log.site, { ...NOTHING, ...mark });
        const before = [...store.segments(log.site, 0, 0)].length;
        const walk = reader.segments(log.site, 0, 0)[Symbol.iterator]();
        const head = walk.next();
        [...reader.readEvents(log.site, log.events.length > 0 ? [0] : [])];
        let steps = 0;
        while (store.compact(log.site)) expect(steps++).toBeLessThan(1000);
        const rest: Segment[] = head.done === true ? [] : [head.value];
        for (let next = walk.next(); next.done !== true; next = walk.next()) rest.push(next.value);
        expect(rest.flatMap(({ events }) => events)).toEqual(log.events);
        expect(recordsOf(rest)).toEqual(log.records);
        for (const { leaf, record } of places) {
          const tail = [...reader.segments(log.site, leaf, record)];
          expect(tail.flatMap(({ events }) => events)).toEqual(log.events.slice(leaf));
          expect(recordsOf(tail)).toEqual(log.records.slice(record));
        }
        expectHolds(store, log);
        expectHolds(reader, log);
        expect([...store.segments(log.site, 0, 0)].length).toBeLessThanOrEqual(before);
        expect(store.compact(log.site)).toBe(false);
      }),
      { numRuns: 25 },
    );
    reader.close();
  });

  it('leaves few segments of many single readings, and goes on where it stopped', () => {
    const log = new SampleLog('tower-a');
    now().store.createSite(row(log.site), 1);
    const trickle = (groups: number) => {
      for (let i = 0; i < groups; i += 1) {
        now().store.commit([log.grow({ lead: 0, batches: [{ records: 1, events: 1 }] })], 1);
      }
      const mark = { leaf: log.events.length, record: log.records.length };
      now().store.saveProjection(log.site, { ...NOTHING, ...mark });
      while (now().store.compact(log.site));
    };
    trickle(600);
    expect([...now().store.segments(log.site, 0, 0)].length).toBe(2 + (600 - 512));
    now().reopen();
    trickle(200);
    expect([...now().store.segments(log.site, 0, 0)].length).toBe(3 + (800 - 768));
    expectHolds(now().store, log);
  });

  it('copies itself as of one moment into a new file', async () => {
    const { store, place } = now();
    const log = new SampleLog('tower-a');
    store.createSite(row(log.site), 1);
    store.commit([log.grow({ lead: 900, batches: [{ records: 500, events: 500 }] })], 1);
    const path = place.freePath();
    await store.backup(path);
    const copy = place.openFile(path);
    expectHolds(copy, log);
    store.commit([log.grow(TEN)], 1);
    expect(copy.size(log.site)).toEqual({ leaves: 1400, records: 500 });
    copy.close();
  });
}

function describeProjection(now: Now): void {
  it('keeps the newest document, balance and place of everything that changed', () => {
    const log = new SampleLog('tower-a');
    now().store.createSite(row(log.site), 1);
    now().store.commit([log.grow(TEN)], 1);
    now().store.saveProjection(log.site, {
      ...{ leaf: 10, record: 6 },
      accounts: new Map([
        ['a-1', '{"n":3}'],
        ['site', '{"n":1}'],
      ]),
      meters: new Map([['m-1', '{"seq":2}']]),
      bridges: new Map([['b-1', '{"epoch":1}']]),
      balances: new Map([
        ['wallet:a-1', 90_000_000_000_000_000_000n],
        ['cash', -5n],
      ]),
      accountIndex: new Map([['a-1', [place(0, 2), place(1, 5), place(2, 9)]]]),
      meterIndex: new Map([['m-1', [0, 3, 4]]]),
    });
    now().store.commit([log.grow(TEN)], 1);
    now().store.saveProjection(log.site, {
      ...{ leaf: 20, record: 12 },
      accounts: new Map([['a-1', '{"n":5}']]),
      meters: new Map(),
      bridges: new Map([['b-2', '{"epoch":7}']]),
      balances: new Map([['cash', 0n]]),
      accountIndex: new Map([['a-1', [place(3, 12), place(4, 18)]]]),
      meterIndex: new Map([
        ['m-1', [9]],
        ['m-2', [7, 11]],
      ]),
    });
    now().reopen();
    const { store } = now();
    expect(store.loadProjection(log.site)).toEqual({
      ...{ leaf: 20, record: 12 },
      accounts: new Map([
        ['a-1', '{"n":5}'],
        ['site', '{"n":1}'],
      ]),
      meters: new Map([['m-1', '{"seq":2}']]),
      bridges: new Map([
        ['b-1', '{"epoch":1}'],
        ['b-2', '{"epoch":7}'],
      ]),
      balances: new Map([
        ['cash', 0n],
        ['wallet:a-1', 90_000_000_000_000_000_000n],
      ]),
    });
    expect(store.accountLeaves(log.site, 'a-1', 0, 9)).toEqual([2, 5, 9, 12, 18]);
    expect(store.accountLeaves(log.site, 'a-1', 2, 4)).toEqual([9, 12]);
    expect(store.accountLeaves(log.site, 'a-2', 0, 9)).toEqual([]);
    expect(store.meterRecords(log.site, 'm-1')).toEqual([0, 3, 4, 9]);
    expect(store.meterRecords(log.site, 'm-2')).toEqual([7, 11]);
    expect(store.balances(log.site)).toEqual([
      { book: 'cash', micros: 0n },
      { book: 'wallet:a-1', micros: 90_000_000_000_000_000_000n },
    ]);
  });

  it('finds every place again however the flushes cut them', () => {
    let made = 0;
    const flushes = fc.array(fc.array(fc.integer({ min: 1, max: 90_000 }), { maxLength: 300 }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(flushes, fc.nat({ max: 400 }), fc.nat({ max: 400 }), (list, from, count) => {
        const site = `site-${made++}`;
        const { store } = now();
        store.createSite(row(site), 1);
        const leaves: number[] = [];
        for (const steps of list) {
          const fresh = steps.map((step) => {
            const leaf = (leaves.at(-1) ?? -1) + step;
            leaves.push(leaf);
            return place(leaves.length - 1, leaf);
          });
          const index = fresh.length === 0 ? [] : [fresh];
          store.saveProjection(site, {
            ...NOTHING,
            accountIndex: new Map(index.map((places) => ['a-1', places])),
            meterIndex: new Map(index.map((places) => ['m-1', places.map(({ leaf }) => leaf)])),
          });
        }
        expect(store.accountLeaves(site, 'a-1', from, from + count)).toEqual(
          leaves.slice(from, from + count),
        );
        expect(store.meterRecords(site, 'm-1')).toEqual(leaves);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses the projection of a site that does not exist', () => {
    const { store } = now();
    expect(refusalOf(() => store.loadProjection('nowhere'))).toBe('site-unknown');
    expect(refusalOf(() => store.saveProjection('nowhere', NOTHING))).toBe('site-unknown');
  });

  it('never takes a projection back, nor beyond the log', () => {
    const { store } = now();
    const log = new SampleLog('tower-a');
    store.createSite(row(log.site), 1);
    store.commit([log.grow(TEN)], 1);
    store.saveProjection(log.site, { ...NOTHING, leaf: 10, record: 6 });
    for (const [leaf, record] of [
      [9, 6],
      [10, 5],
      [11, 6],
      [10, 7],
    ] as const) {
      const wrong = { ...NOTHING, leaf, record, accounts: new Map([['a-1', '{}']]) };
      expect(() => store.saveProjection(log.site, wrong)).toThrow('assertion failed');
    }
    expect(store.loadProjection(log.site)).toEqual({
      ...{ leaf: 10, record: 6, accounts: new Map(), meters: new Map() },
      ...{ bridges: new Map(), balances: new Map() },
    });
  });
}

function describeSideTables(now: Now): void {
  const statements = ['s-1', 's-2', 's-3'].map((id, i) => ({
    ...{ id, account: i === 1 ? 'a-2' : 'a-1', period: `2026-0${i + 1}`, n: i, leaf: i },
  }));

  beforeEach(() => now().store.createSite(row('tower-a'), 1));

  it('pages statements by id, all or those of one account', () => {
    const { store } = now();
    store.commit([new SampleLog('tower-a').grow(TEN, { statements })], 1);
    expect(store.statement('tower-a', 's-2')).toEqual(statements[1]);
    expect(store.statement('tower-a', 's-9')).toBeUndefined();
    expect(store.statement('tower-b', 's-2')).toBeUndefined();
    expect(store.statements('tower-a', { limit: 2 })).toEqual(statements.slice(0, 2));
    expect(store.statements('tower-a', { after: 's-2', limit: 2 })).toEqual(statements.slice(2));
    const own = statements.filter(({ account }) => account === 'a-1');
    expect(store.statements('tower-a', { account: 'a-1', limit: 9 })).toEqual(own);
    for (const { period } of statements) {
      expect(store.statements('tower-a', { period, limit: 9 })).toEqual(
        statements.filter((row) => row.period === period),
      );
      expect(store.statements('tower-a', { account: 'a-1', period, limit: 9 })).toEqual(
        own.filter((row) => row.period === period),
      );
    }
    expect(store.statements('tower-a', { period: '1999-01', limit: 9 })).toEqual([]);
    expect(store.statements('tower-a', { account: 'a-1', after: 's-1', limit: 9 })).toEqual(
      own.slice(1),
    );
  });

  it('answers a repeated request from what was kept with its group', () => {
    const replay = { key: 'k-1', requestHash: 'ab', response: '{"ok":true}' };
    const group = new SampleLog('tower-a').grow(TEN, { idempotency: [replay] });
    now().store.commit([group], 1);
    now().reopen();
    expect(now().store.idempotent('tower-a', 'k-1')).toEqual(replay);
    expect(now().store.idempotent('tower-a', 'k-2')).toBeUndefined();
    expect(now().store.idempotent('tower-b', 'k-1')).toBeUndefined();
  });

  it('forgets answers that are old, step by step, of one site, and none of those that stay', () => {
    const replays = ['anchor/1', 'k-1', 'k-2', 'k-3', 'k-4'].map((key) => {
      return { key, requestHash: 'ab', response: '{}' };
    });
    const young = { key: 'k-0', requestHash: 'cd', response: '{}' };
    now().store.createSite(row('tower-b'), 1);
    for (const site of ['tower-a', 'tower-b']) {
      const log = new SampleLog(site);
      now().store.commit([log.grow(TEN, { idempotency: replays })], 1_000);
      if (site === 'tower-a') now().store.commit([log.grow(TEN, { idempotency: [young] })], 2_000);
    }
    const keys = (site: string) =>
      [...replays, young]
        .map(({ key }) => key)
        .filter((key) => now().store.idempotent(site, key) !== undefined);
    const forget = (after: string, beforeMs: number) => {
      return now().store.forgetReplays('tower-a', { after, limit: 2, beforeMs, but: 'anchor/' });
    };
    expect(forget('', 1_000)).toBe('k-0');
    expect(keys('tower-a').length).toBe(6);
    // Two a step: the anchor and the young one stay, then two go, then the last two.
    expect(forget('', 2_000)).toBe('k-0');
    expect(keys('tower-a').length).toBe(6);
    expect(forget('k-0', 2_000)).toBe('k-2');
    expect(keys('tower-a')).toEqual(['anchor/1', 'k-3', 'k-4', 'k-0']);
    expect(forget('k-2', 2_000)).toBe('k-4');
    expect(forget('k-4', 2_000)).toBeUndefined();
    now().reopen();
    expect(keys('tower-a')).toEqual(['anchor/1', 'k-0']);
    expect(keys('tower-b').length).toBe(5);
  });

  it('keeps wrapped keys byte for byte', () => {
    const keys = [
      { account: 'a-1', year: 2025, wrapped: Uint8Array.of(0, 255, 0, 7) },
      { account: 'a-1', year: 2026, wrapped: Uint8Array.of() },
      { account: 'site', year: 2026, wrapped: new Uint8Array(60).fill(9) },
    ];
    now().store.commit([new SampleLog('tower-a').grow(TEN, { keys })], 1);
    now().reopen();
    const found = now().store.accountKeys('tower-a');
    expect(found.map((key) => ({ ...key, wrapped: Uint8Array.from(key.wrapped) }))).toEqual(keys);
    expect(now().store.accountKeys('tower-b')).toEqual([]);
  });

  it('forgets an erased key and no other', () => {
    const { store } = now();
    const [gone, kept] = [2025, 2026].map((year) => ({
      ...{ account: 'a-1', year, wrapped: new Uint8Array(60).fill(year % 256) },
    }));
    if (gone === undefined || kept === undefined) throw new Error('two keys');
    store.commit([new SampleLog('tower-a').grow(TEN, { keys: [gone, kept] })], 1);
    expect(store.eraseAccountKey('tower-a', 'a-1', 2024)).toBe(false);
    expect(store.eraseAccountKey('tower-a', 'a-1', 2025)).toBe(true);
    expect(store.eraseAccountKey('tower-a', 'a-1', 2025)).toBe(false);
    expect(store.accountKeys('tower-a').map(({ year }) => year)).toEqual([2026]);
  });

  it('overwrites directory rows and pages them by id within a kind', () => {
    const { store } = now();
    const doc = (name: string) => JSON.stringify({ name });
    const directory = [
      { kind: 'account', id: 'a-2', doc: doc('B') },
      { kind: 'account', id: 'a-1', doc: doc('A') },
      { kind: 'bridge', id: 'a-1', doc: doc('other kind') },
    ];
    store.commit([new SampleLog('tower-a').grow(TEN, { directory })], 1);
    store.putDirectory('tower-a', { kind: 'account', id: 'a-1', doc: doc('A, renamed') });
    expect(store.directory('tower-a', 'account', 'a-1')).toBe(doc('A, renamed'));
    expect(store.directory('tower-a', 'bridge', 'a-1')).toBe(doc('other kind'));
    expect(store.directory('tower-a', 'account', 'a-3')).toBeUndefined();
    expect(store.directoryPage('tower-a', 'account', '', 9)).toEqual([
      { kind: 'account', id: 'a-1', doc: doc('A, renamed') },
      { kind: 'account', id: 'a-2', doc: doc('B') },
    ]);
    expect(store.directoryPage('tower-a', 'account', 'a-1', 1)).toEqual([directory[0]]);
  });

  it('gives the latest checkpoint, or the one of a size', () => {
    const [small, large] = [3, 11].map((size) => ({ size, note: `note of ${size}\n`, atMs: size }));
    const { store } = now();
    expect(store.checkpoint('tower-a')).toBeUndefined();
    for (const checkpoint of [large, small]) {
      if (checkpoint !== undefined) store.addCheckpoint('tower-a', checkpoint);
    }
    expect(store.checkpoint('tower-a')).toEqual(large);
    expect(store.checkpoint('tower-a', 3)).toEqual(small);
    expect(store.checkpoint('tower-a', 4)).toBeUndefined();
    store.addCheckpoint('tower-a', { size: 3, note: 'signed again\n', atMs: 20 });
    expect(store.checkpoint('tower-a', 3)).toEqual({ size: 3, note: 'signed again\n', atMs: 20 });
  });
}

/** Compares all that can be read with what the sample remembers. */
export function expectHolds(store: StoreReader, log: SampleLog): void {
  const { site, events, records } = log;
  expect(store.size(site)).toEqual({ leaves: events.length, records: records.length });
  const all = Buffer.concat(log.commitments);
  expect(Buffer.from(store.commitments(site, 0, events.length))).toEqual(all);
  const third = Math.floor(events.length / 3);
  expect(Buffer.from(store.commitments(site, third, 2 * third))).toEqual(
    all.subarray(third * 32, 2 * third * 32),
  );
  const backwards = events.map((_, i) => events.length - 1 - i);
  expect([...store.readEvents(site, backwards)]).toEqual(backwards.map((i) => events[i]));
  const scattered = records.map((_, i) => (i * 7919) % records.length);
  expect([...store.readRecords(site, scattered)]).toEqual(scattered.map((i) => records[i]));
  for (const { firstRecord, batch } of log.batches) {
    const last = firstRecord + batch.records.length - 1;
    const { jws, records: texts } = batch;
    expect(store.batchOf(site, last)).toEqual({ jws, firstRecord, records: texts });
  }
  for (const { level, index, hash } of log.nodes) {
    expect(Buffer.from(store.nodes(site, level, index, index + 1))).toEqual(Buffer.from(hash));
  }
  expectWalk([...store.segments(site, 0, 0)], log);
}

function expectWalk(segments: readonly Segment[], log: SampleLog): void {
  let [leaf, record] = [0, 0];
  const batches = [];
  for (const segment of segments) {
    const { firstLeaf, firstRecord, events, commitments } = segment;
    expect({ firstLeaf, firstRecord }).toEqual({ firstLeaf: leaf, firstRecord: record });
    expect(Buffer.from(commitments)).toEqual(
      Buffer.concat(log.commitments.slice(leaf, leaf + events.length)),
    );
    expect(events).toEqual(log.events.slice(leaf, leaf + events.length));
    for (const { jws, records, eventsBefore } of segment.batches) {
      batches.push({ jws, records, leaf: leaf + eventsBefore });
      record += records.length;
    }
    leaf += events.length;
  }
  expect({ leaf, record }).toEqual({ leaf: log.events.length, record: log.records.length });
  expect(batches.map(({ jws, records }) => ({ jws, records }))).toEqual(
    log.batches.map(({ batch: { jws, records } }) => ({ jws, records })),
  );
  expect(batches.map((batch) => batch.leaf)).toEqual(log.batchLeaves);
}

function recordsOf(segments: readonly Segment[]): string[] {
  return segments.flatMap(({ batches }) => batches.flatMap(({ records }) => records));
}

function place(n: number, leaf: number) {
  return { n, leaf };
}

function row(site: string): SiteRow {
  const origin = `bills.example/log/${site}`;
  return { site, origin, currency: 'CNY', zone: 'Asia/Shanghai', vkey: `${origin}+00000000+AQ==` };
}

function refusalOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return 'no refusal';
}
