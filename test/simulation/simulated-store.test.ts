import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SharedStore, SiteRow } from '../../ledger/store/port.ts';
import { SqliteReader } from '../../ledger/store/sqlite/sqlite-reader.ts';
import { SampleLog } from '../ports/sample-log.ts';
import { expectHolds, storeContract } from '../ports/store-contract.ts';
import { SimulatedDatabase } from './simulated-store.ts';

storeContract('The simulated store', () => {
  const folder = mkdtempSync(join(tmpdir(), 'billproof-simulated-'));
  const database = new SimulatedDatabase();
  return {
    open() {
      const store = database.open();
      store.take(store.sites().map(({ site }) => site));
      return store;
    },
    openReader: () => database.reader(),
    freePath: () => join(folder, 'copy.db'),
    openFile: (path) => new SqliteReader(path),
    remove: () => rmSync(folder, { recursive: true }),
  };
});

describe('a site of two processes', () => {
  const row: SiteRow = {
    ...{ site: 'tower-a', origin: 'bills.example/log/tower-a', vkey: 'v' },
    ...{ currency: 'CNY', zone: 'Asia/Shanghai' },
  };
  const owned = (store: SharedStore) => store.owned();

  it('belongs to one of them until that is gone, whose writes are then refused', () => {
    const database = new SimulatedDatabase();
    let isGone = false;
    const first = database.open({}, () => isGone);
    const second = database.open();
    const log = new SampleLog('tower-a');
    first.createSite(row, 1);
    first.commit([log.grow({ lead: 3, batches: [] })], 1);
    expect(second.take(['tower-a', 'nowhere'])).toEqual([]);
    isGone = true;
    expect(second.take(['tower-a'])).toEqual(['tower-a']);
    expect([owned(first), owned(second)]).toEqual([[], ['tower-a']]);
    const next = log.grow({ lead: 2, batches: [] });
    expect(() => first.commit([next], 2)).toThrow(
      expect.objectContaining({ code: 'store-fenced' }),
    );
    second.commit([next], 2);
    second.release(['tower-a']);
    expect(first.take(['tower-a'])).toEqual(['tower-a']);
    first.commit([log.grow({ lead: 1, batches: [] })], 3);
    expectHolds(first, log);
  });

  it('comes back as it was copied', () => {
    const database = new SimulatedDatabase();
    const store = database.open();
    const log = new SampleLog('tower-a');
    store.createSite(row, 1);
    store.commit([log.grow({ lead: 3, batches: [] })], 1);
    const copy = database.copy();
    database.restore(copy);
    expectHolds(database.reader(), log);
    expect(owned(database.open())).toEqual([]);
  });
});
