import type { KeyWrap } from '../account-keys.ts';
import { wrappedLogKey } from '../log-keys.ts';
import { PostgresCheckpointStore } from '../store/postgres/postgres-checkpoint-store.ts';
import { PostgresStore } from '../store/postgres/postgres-store.ts';
import type { Keep, Opened } from './open-keeper.ts';
import type { SharedDatabase } from './thread-messages.ts';

/** Any process may have to sign a log, so its key is in the database, under the key-encryption key. */
export function openInDatabase(database: SharedDatabase, wrap: KeyWrap, keep: Keep): Opened {
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
