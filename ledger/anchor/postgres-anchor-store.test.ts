import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  anchor,
  anchorStoreContract,
  pending,
  receipt,
} from '../../test/ports/anchor-store-contract.ts';
import { FAULTS, FaultyProxy } from '../../test/support/faulty-proxy.ts';
import { migratedDatabase } from '../../test/support/migrated-database.ts';
import { PostgresServer } from '../../test/support/postgres-server.ts';
import { StoreUnavailable } from '../store/store-errors.ts';
import type { AnchorStore } from './anchor-store.ts';
import { PostgresAnchorStore } from './postgres-anchor-store.ts';

const PLACE = { site: 'tower', chain: 'fabric/anchors/anchor/0123' };

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

anchorStoreContract('PostgreSQL', () => {
  const url = migratedDatabase(server);
  return { open: () => new PostgresAnchorStore({ url }), remove: () => undefined };
});

describe('when the connection is lost in the middle of a write', () => {
  interface Write {
    readonly name: string;
    before?(store: AnchorStore): Promise<unknown>;
    write(store: AnchorStore): Promise<unknown>;
    after(store: AnchorStore): Promise<void>;
  }
  const writes: readonly Write[] = [
    {
      name: 'keep',
      write: (store) => store.keep(PLACE, pending(3, 'a')),
      async after(store) {
        expect(await store.keep(PLACE, pending(3, 'a'))).toBe(true);
        expect(await store.keep(PLACE, pending(3, 'b'))).toBe(false);
      },
    },
    {
      name: 'record',
      before: (store) => store.keep(PLACE, pending(3, 'a')),
      write: (store) => store.record(PLACE, anchor(3), receipt(3)),
      async after(store) {
        expect(await store.pending(PLACE)).toBeUndefined();
        expect(await store.unconfirmed(PLACE)).toEqual([anchor(3)]);
        expect(await store.receipt(PLACE, 3)).toBe(receipt(3));
      },
    },
    {
      name: 'confirm',
      before: (store) => store.record(PLACE, anchor(3), receipt(3)),
      write: (store) => store.confirm(PLACE, 3),
      after: async (store) => expect(await store.unconfirmed(PLACE)).toEqual([]),
    },
    {
      name: 'drop',
      before: (store) => store.keep(PLACE, pending(3, 'a')),
      write: (store) => store.drop(PLACE, 'a'),
      after: async (store) => expect(await store.pending(PLACE)).toBeUndefined(),
    },
    {
      name: 'follow',
      before: (store) => store.follow('tower', ['old']),
      write: (store) => store.follow('tower', [PLACE.chain]),
      after: async (store) => expect(await store.followed()).toEqual([PLACE]),
    },
    {
      name: 'askForRound',
      write: (store) => store.askForRound(),
      after: async (store) => expect(await store.askedRounds()).toBeGreaterThan(0),
    },
  ];
  const faults = ['cutBeforeCommit', 'loseAnswer', 'cutInCommit', 'hang'] as const;

  for (const { name, before, write, after } of writes) {
    it(`says of ${name} that nobody knows, and does it when it is called again`, async () => {
      for (const fault of faults) {
        const proxy = await FaultyProxy.start(migratedDatabase(server));
        const store = new PostgresAnchorStore({ url: proxy.url, deadlineMs: 1_000 });
        await before?.(store);
        proxy.next(FAULTS[fault]);
        await expect(write(store), fault).rejects.toBeInstanceOf(StoreUnavailable);
        await write(store);
        await after(store);
        await store.close();
        await proxy.stop();
      }
    });
  }
});

it('is refused while there is no server, by the deadline, and goes on when it is back', async () => {
  const store = new PostgresAnchorStore({ url: migratedDatabase(server), deadlineMs: 2_000 });
  await store.keep(PLACE, pending(3, 'a'));
  server.kill();
  // Sessions end a moment after the server.
  await expect.poll(() => store.askedRounds().catch(() => 'away')).toBe('away');
  for (const asked of [
    () => store.pending(PLACE),
    () => store.drop(PLACE, 'a'),
    () => store.askedRounds(),
  ]) {
    const failed = await asked().catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(StoreUnavailable);
    expect(String(failed)).not.toMatch(/postgres:\/\/|password/);
  }
  await server.run();
  expect(await store.pending(PLACE)).toEqual(pending(3, 'a'));
  await store.drop(PLACE, 'a');
  await store.close();
});
