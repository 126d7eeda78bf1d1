import { afterAll, beforeAll, expect, it } from 'vitest';
import { noteOf, witnessedStoreContract } from '../../test/ports/witnessed-store-contract.ts';
import { migratedDatabase } from '../../test/support/migrated-database.ts';
import { PostgresServer } from '../../test/support/postgres-server.ts';
import { PostgresWitnessedStore } from './postgres-witnessed-store.ts';
import { KEEP_EVERY_MS } from './witnessed-store.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

witnessedStoreContract('PostgreSQL', () => {
  const url = migratedDatabase(server);
  return { open: () => new PostgresWitnessedStore({ url }), remove: () => undefined };
});

it('keeps one in ten minutes, whichever machine comes first', async () => {
  const url = migratedDatabase(server);
  const [first, second] = [
    new PostgresWitnessedStore({ url }),
    new PostgresWitnessedStore({ url }),
  ];
  const startMs = 1_700_000_000_000;
  const halfMs = KEEP_EVERY_MS / 2;
  for (let i = 0; i < 6; i += 1) {
    const note = noteOf(i + 1);
    await (i % 2 === 0 ? first : second).keep('tower', { size: i + 1, note }, startMs + i * halfMs);
  }
  const covering = await Promise.all([1, 2, 4, 6].map((size) => first.covering('tower', size)));
  expect(covering.map((found) => found?.size)).toEqual([1, 3, 5, undefined]);
  for (const store of [first, second]) await store.close();
});
