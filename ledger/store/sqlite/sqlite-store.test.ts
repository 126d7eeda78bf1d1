import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';
import { SampleLog } from '../../../test/ports/sample-log.ts';
import { expectHolds, storeContract } from '../../../test/ports/store-contract.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { SqliteStore } from './sqlite-store.ts';

storeContract('SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-store-'));
  const file = join(folder, 'ledger.db');
  return {
    open: () => new SqliteStore(file),
    openReader: () => new SqliteReader(file),
    freePath: () => join(folder, 'copy.db'),
    openFile: (path) => new SqliteReader(path),
    remove: () => rmSync(folder, { recursive: true }),
  };
});

const SITE = { site: 'tower-a', origin: 'bills.example/log/tower-a', currency: 'CNY' };
const ROW = { ...SITE, zone: 'Asia/Shanghai', vkey: 'v' };

class TestStore extends SqliteStore {
  run(sql: string): void {
    this.db.exec(sql);
  }

  /** A disk that ends: SQLite answers the same as when the file system is full. */
  allowPages(more: number): void {
    const pages = Number(this.db.pragma('page_count', { simple: true }));
    this.db.pragma(`max_page_count = ${pages + more}`);
  }
}

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-sqlite-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('a full disk', () => {
  it('refuses the group, keeps what is there, and takes the same group once there is room', () => {
    const store = new TestStore(join(freshFolder(), 'ledger.db'));
    onTestFinished(() => store.close());
    const log = new SampleLog('tower-a');
    store.createSite(ROW, 1);
    store.commit([log.grow({ lead: 50, batches: [{ records: 20, events: 20 }] })], 1);
    const before = store.size('tower-a');
    store.allowPages(3);
    const group = log.grow({ lead: 4000, batches: [{ records: 300, events: 300 }] });
    expect(() => store.commit([group], 2)).toThrow(
      expect.objectContaining({ code: 'storage-full' }),
    );
    expect(store.size('tower-a')).toEqual(before);
    expect([...store.segments('tower-a', 0, 0)].flatMap(({ events }) => events)).toEqual(
      log.events.slice(0, 70),
    );
    store.allowPages(10_000);
    store.commit([group], 3);
    expectHolds(store, log);
  });
});

describe('an erased key', () => {
  it('is in no file of the store any more', () => {
    const folder = freshFolder();
    const store = new SqliteStore(join(folder, 'ledger.db'));
    onTestFinished(() => store.close());
    const wrapped = randomBytes(60);
    store.createSite(ROW, 1);
    const keys = [{ account: 'a-1', year: 2026, wrapped }];
    store.commit([new SampleLog('tower-a').grow({ lead: 1, batches: [] }, { keys })], 1);
    const holdsKey = () =>
      readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(wrapped));
    expect(holdsKey()).toEqual(['ledger.db-wal']);
    store.eraseAccountKey('tower-a', 'a-1', 2026);
    expect(holdsKey()).toEqual([]);
  });
});

describe('a lost segment', () => {
  it.each([0, 300, 600])('is noticed by every reading that needs leaf %i', (leaf) => {
    const store = new TestStore(join(freshFolder(), 'ledger.db'));
    onTestFinished(() => store.close());
    store.createSite(ROW, 1);
    const log = new SampleLog('tower-a');
    for (let i = 0; i < 3; i += 1) store.commit([log.grow({ lead: 256, batches: [] })], 1);
    store.run(`DELETE FROM segments WHERE first_leaf <= ${leaf} AND first_leaf + 256 > ${leaf}`);
    const readings = [
      () => [...store.segments('tower-a', 0, 0)],
      () => [...store.readEvents('tower-a', [leaf])],
      () => store.commitments('tower-a', 0, 768),
    ];
    // Of the newest segment only the size could tell, which the signed checkpoint does.
    for (const read of leaf === 600 ? readings.slice(1) : readings) {
      expect(read).toThrow(expect.objectContaining({ code: 'store-damaged' }));
    }
  });
});
