import { afterAll, beforeAll, expect, it } from 'vitest';
import { anchor, receipt } from '../../../test/ports/anchor-store-contract.ts';
import { migratedDatabase } from '../../../test/support/migrated-database.ts';
import { PostgresServer } from '../../../test/support/postgres-server.ts';
import { PostgresAnchorStore } from '../../anchor/postgres-anchor-store.ts';
import { PostgresWitnessedStore } from '../../witness/postgres-witnessed-store.ts';
import { StoreUnavailable } from '../store-errors.ts';
import { PostgresDatedCheckpoints } from './dated-checkpoints.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.stop());

it('reads what witnesses and chains have dated, also after the server was away', async () => {
  const url = migratedDatabase(server);
  const anchors = new PostgresAnchorStore({ url });
  const witnessed = new PostgresWitnessedStore({ url });
  const dated = new PostgresDatedCheckpoints({ url, deadlineMs: 2_000 });
  expect([dated.kept('tower', 0), dated.anchored('tower', ['a', 'b'], 0)]).toEqual([undefined, []]);

  await witnessed.keep('tower', { size: 4, note: 'four' }, 1_700_000_000_000);
  for (const size of [3, 9])
    await anchors.record({ site: 'tower', chain: 'a' }, anchor(size), receipt(size));
  await anchors.record({ site: 'tower', chain: 'b' }, anchor(5), receipt(5));
  // Of a network that was given up, and of another site.
  await anchors.record({ site: 'tower', chain: 'old' }, anchor(6), receipt(6));
  await anchors.record({ site: 'yard', chain: 'a' }, anchor(7), receipt(7));
  await Promise.all([anchors.close(), witnessed.close()]);

  const told = (size: number) => {
    const { kind, note, atMs } = anchor(size);
    return { kind, size, note, atMs, receipt: receipt(size) };
  };
  expect(dated.kept('tower', 4)).toEqual({ size: 4, note: 'four' });
  expect(dated.kept('tower', 5)).toBeUndefined();
  expect(dated.anchored('tower', ['a', 'b'], 4)).toEqual([told(9), told(5)]);
  expect(dated.anchored('tower', ['b', 'a'], 6)).toEqual([told(9)]);
  server.kill();
  expect(() => {
    // Sessions end a moment after the server.
    for (;;) dated.kept('tower', 4);
  }).toThrow(StoreUnavailable);
  await server.run();
  expect(dated.anchored('tower', ['a', 'b'], 0)).toEqual([told(3), told(5)]);
  dated.close();
});
