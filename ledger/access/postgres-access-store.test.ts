import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessStoreContract } from '../../test/ports/access-store-contract.ts';
import { FAULTS, FaultyProxy } from '../../test/support/faulty-proxy.ts';
import { PostgresServer } from '../../test/support/postgres-server.ts';
import { StoreUnavailable } from '../store/store-errors.ts';
import { PostgresAccessStore } from './postgres-access-store.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

accessStoreContract('PostgreSQL', () => {
  const url = server.makeDatabase();
  return { open: () => new PostgresAccessStore({ url }), remove: () => undefined };
});

describe('when the connection is lost in the middle of a write', () => {
  it('says that nobody knows, and all or none of it is there', async () => {
    for (const fault of ['cutBeforeCommit', 'loseAnswer', 'cutInCommit', 'hang'] as const) {
      const proxy = await FaultyProxy.start(server.makeDatabase());
      const store = new PostgresAccessStore({ url: proxy.url, deadlineMs: 1_000 });
      await store.write([{ kind: 'person', id: 'otto', was: 0, doc: {} }]);
      proxy.next(FAULTS[fault]);
      const both = ['anna', 'berta'].map((id) => ({ kind: 'person', id, was: 0, doc: { id } }));
      await expect(store.write(both), fault).rejects.toBeInstanceOf(StoreUnavailable);
      const found = (await store.page('person', { limit: 9 })).map(({ id }) => id);
      expect([['otto'], ['anna', 'berta', 'otto']]).toContainEqual(found);
      expect(await store.write(both)).toBe(found.length === 1);
      await store.close();
      await proxy.stop();
    }
  });
});
