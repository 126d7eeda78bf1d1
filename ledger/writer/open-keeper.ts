import { mkdirSync } from 'node:fs';
import { KeyWrap } from '../account-keys.ts';
import { SqliteCheckpointStore } from '../checkpoint-store.ts';
import { realClock } from '../clock.ts';
import { readOrMakeLogKey, wrappedLogKey } from '../log-keys.ts';
import { ledgerPath } from '../store/location.ts';
import { PostgresCheckpointStore } from '../store/postgres/postgres-checkpoint-store.ts';
import { PostgresStore } from '../store/postgres/postgres-store.ts';
import { SqliteStore } from '../store/sqlite/sqlite-store.ts';
import { Keeper } from './keeper.ts';
import type { KeeperParts } from './keeper-parts.ts';
import { lockData } from './lock-data.ts';
import type { SharedDatabase, WriterSetup } from './thread-messages.ts';

type Keep = <T extends { close(): void }>(part: T) => T;
type Opened = Pick<KeeperParts, 'store' | 'shared' | 'last' | 'signerOf'>;

/** Opens what a writer works with. What refuses to start lets go of what it has, the lock last. */
export function openKeeper(setup: WriterSetup): Keeper {
  const { kek, database, checkpointMs, simulatedClock } = setup;
  const opened = new DisposableStack();
  const wrap = new KeyWrap(kek);
  try {
    const keep: Keep = (part) => opened.adopt(part, (it) => it.close());
    return new Keeper({
      ...(database === undefined ? inFolder(setup, keep) : inDatabase(database, wrap, keep)),
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

/** Any process may have to sign a log, so its key is in the database, under the key-encryption key. */
function inDatabase(database: SharedDatabase, wrap: KeyWrap, keep: Keep): Opened {
  const { url, checkpointUrl, address, deadlineMs } = database;
  const store = keep(new PostgresStore({ url, deadlineMs, joining: { shared: address } }));
  // One that opens none of the data must make none, or nobody else could open that.
  const [known] = store.logKeys();
  if (known !== undefined) wrappedLogKey(known[0], wrap, () => known[1]);
  return {
    ...{ store, shared: store },
    last: keep(new PostgresCheckpointStore({ url: checkpointUrl, deadlineMs })),
    signerOf: ({ origin }) => wrappedLogKey(origin, wrap, (make) => store.logKey(origin, make)),
  };
}
