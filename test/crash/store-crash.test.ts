import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { PostgresStore } from '../../ledger/store/postgres/postgres-store.ts';
import { SqliteStore } from '../../ledger/store/sqlite/sqlite-store.ts';
import { PostgresServer } from '../support/postgres-server.ts';
import { chosenStores } from './crash-place.ts';
import { expectSurvivesKills } from './killed-store.ts';

const ASKED = process.env['STORE_CRASH_ROUNDS'];
const ROUNDS = Number(ASKED ?? 24);
const POSTGRES_ROUNDS = ASKED === undefined ? 12 : ROUNDS;
/** A server takes a second to come back. */
const SERVER_ROUNDS = Math.ceil(ROUNDS / 6);
const stores = chosenStores();

it.runIf(stores.includes('sqlite'))(
  `loses nothing acknowledged and keeps no half of a group, killed ${ROUNDS} times`,
  {
    timeout: 300_000 + ROUNDS * 3_000,
  },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'billproof-store-crash-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const place = join(folder, 'ledger.db');
    await expectSurvivesKills({ place, rounds: ROUNDS, open: () => new SqliteStore(place) });
  },
);

it.runIf(stores.includes('postgres'))(
  `and so does a store in PostgreSQL, its process killed ${POSTGRES_ROUNDS} times`,
  {
    timeout: 300_000 + POSTGRES_ROUNDS * 5_000,
  },
  async () => {
    const server = await PostgresServer.start();
    onTestFinished(() => server.stop());
    const place = server.makeDatabase();
    const open = () => new PostgresStore({ url: place });
    await expectSurvivesKills({ place, rounds: POSTGRES_ROUNDS, open });
  },
);

it.runIf(stores.includes('postgres'))(
  `whose server was killed ${SERVER_ROUNDS} times, while the store waited for it and went on`,
  {
    timeout: 300_000 + SERVER_ROUNDS * 20_000,
  },
  async () => {
    const server = await PostgresServer.start();
    onTestFinished(() => server.stop());
    const place = server.makeDatabase();
    const open = () => new PostgresStore({ url: place });
    let killed = 0;
    const disturb = async () => {
      server.kill();
      killed += 1;
      await server.run();
      // Time to find the server again, and to write more.
      await new Promise((resolve) => setTimeout(resolve, 300));
    };
    await expectSurvivesKills({ place, rounds: SERVER_ROUNDS, open, disturb });
    expect(killed).toBe(SERVER_ROUNDS);
  },
);
