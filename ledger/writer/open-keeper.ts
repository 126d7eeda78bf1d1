import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { KeyWrap } from '../account-keys.ts';
import { SqliteCheckpointStore } from '../checkpoint-store.ts';
import { realClock } from '../clock.ts';
import { Refusal } from '../core/refusal.ts';
import { readOrMakeLogKey } from '../log-keys.ts';
import { SqliteStore } from '../store/sqlite/sqlite-store.ts';
import { Keeper } from './keeper.ts';
import type { WriterSetup } from './thread-messages.ts';

/** Opens what a writer works with. What refuses to start lets go of its files, the lock last. */
export function openKeeper(setup: WriterSetup): Keeper {
  const { dataDir, keysDir, kek, checkpointPath, checkpointMs, simulatedClock } = setup;
  mkdirSync(dataDir, { recursive: true });
  const opened = new DisposableStack();
  try {
    const keep = <T extends { close(): void }>(part: T) => opened.adopt(part, (it) => it.close());
    keep(lockData(join(dataDir, 'writer.lock')));
    const store = keep(new SqliteStore(join(dataDir, 'ledger.db')));
    const last = keep(new SqliteCheckpointStore(checkpointPath));
    return new Keeper({
      ...{ store, last, checkpointMs, simulatedClock, clock: realClock, wrap: new KeyWrap(kek) },
      signerOf: ({ site, origin }) => readOrMakeLogKey(keysDir, site, origin),
      close: () => opened.dispose(),
    });
  } catch (error) {
    opened.dispose();
    throw error;
  }
}

/** One writer a data folder: the lock is a database transaction, so it dies with its process. */
function lockData(path: string): Database.Database {
  const db = new Database(path, { timeout: 0 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
  } catch {
    db.close();
    throw new Refusal(
      'data-in-use',
      'Another Billproof writes in this data folder; stop it first.',
      {
        path,
      },
    );
  }
  return db;
}
