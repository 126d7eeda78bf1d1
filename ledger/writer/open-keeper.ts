import { mkdirSync } from 'node:fs';
import { KeyWrap } from '../account-keys.ts';
import { SqliteCheckpointStore } from '../checkpoint-store.ts';
import { realClock } from '../clock.ts';
import { readOrMakeLogKey } from '../log-keys.ts';
import { ledgerPath } from '../store/location.ts';
import { SqliteStore } from '../store/sqlite/sqlite-store.ts';
import { Keeper } from './keeper.ts';
import type { KeeperParts } from './keeper-parts.ts';
import { lockData } from './lock-data.ts';
import type { SharedDatabase, WriterSetup } from './thread-messages.ts';

export type Keep = <T extends { close(): void }>(part: T) => T;
export type Opened = Pick<KeeperParts, 'store' | 'shared' | 'last' | 'signerOf'>;

/** Opens what a writer works with. What refuses to start lets go of what it has, the lock last. */
export async function openKeeper(setup: WriterSetup): Promise<Keeper> {
  const { kek, database, checkpointMs, simulatedClock } = setup;
  const opened = new DisposableStack();
  const wrap = new KeyWrap(kek);
  try {
    const keep: Keep = (part) => opened.adopt(part, (it) => it.close());
    return new Keeper({
      ...(database === undefined ? inFolder(setup, keep) : await inDatabase(database, wrap, keep)),
      ...{ checkpointMs, simulatedClock, clock: realClock, wrap, close: () => opened.dispose() },
    });
  } catch (error) {
    opened.dispose();
    throw error;
  }
}

function inFolder({ dataDir, keysDir, checkpointPath }: WriterSetup, keep: Keep): Opened {
  mkdirSync(dataDir, { recursive: true });
  keep(lockData(dataDir));
  return {
    store: keep(new SqliteStore(ledgerPath(dataDir))),
    last: keep(new SqliteCheckpointStore(checkpointPath)),
    signerOf: ({ site, origin }) => readOrMakeLogKey(keysDir, site, origin),
  };
}

/** What a database needs is loaded only for one: it takes longer than all the rest of a start. */
async function inDatabase(database: SharedDatabase, wrap: KeyWrap, keep: Keep): Promise<Opened> {
  const { openInDatabase } = await import('./open-in-database.ts');
  return openInDatabase(database, wrap, keep);
}
