import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { KeyWrap } from '../../ledger/account-keys.ts';
import type { AnchorStore } from '../../ledger/anchor/anchor-store.ts';
import { anchorStorePath } from '../../ledger/anchor/anchoring.ts';
import { SqliteAnchorStore } from '../../ledger/anchor/sqlite-anchor-store.ts';
import { type CheckpointStore, SqliteCheckpointStore } from '../../ledger/checkpoint-store.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { makeLogKey, readOrMakeKek, wrappedLogKey } from '../../ledger/log-keys.ts';
import type { NoteSigner } from '../../ledger/note-signer.ts';
import { ledgerPath, openDatabase, openExisting } from '../../ledger/store/location.ts';
import type { Store, StoreReader } from '../../ledger/store/port.ts';
import { PostgresCheckpointStore } from '../../ledger/store/postgres/postgres-checkpoint-store.ts';
import { PostgresStore } from '../../ledger/store/postgres/postgres-store.ts';
import { SqliteStore } from '../../ledger/store/sqlite/sqlite-store.ts';
import { WitnessedFiles } from '../../ledger/witness/witnessed-files.ts';
import type { WitnessedStore } from '../../ledger/witness/witnessed-store.ts';
import { lockData } from '../../ledger/writer/lock-data.ts';
import { type DataBase, type DataFolder, kekOf, locationOf } from './data-folder.ts';

// What commands open of the data of a service, wherever they are.

/** Beside a running service. Refuses `data-missing`. */
export function openStore(folder: DataFolder): StoreReader {
  return openExisting(locationOf(folder));
}

/** Beside a running service. Refuses `anchors-missing`. */
export async function openAnchors(folder: DataFolder): Promise<AnchorStore> {
  const { dataDir, database } = folder;
  const path = anchorStorePath(dataDir);
  if (database !== undefined || existsSync(path)) return await anchorsOf(folder);
  throw new Refusal(
    'anchors-missing',
    `Nothing was ever anchored in ${dataDir}. Set BILLPROOF_FABRIC or BILLPROOF_ETHEREUM for the service, or name another --data.`,
    { path },
  );
}

/** The same, made where there is none. The clients of a pool are loaded only for a database. */
export async function anchorsOf({ dataDir, database }: DataFolder): Promise<AnchorStore> {
  if (database === undefined) return new SqliteAnchorStore(anchorStorePath(dataDir));
  const { PostgresAnchorStore } = await import('../../ledger/anchor/postgres-anchor-store.ts');
  return new PostgresAnchorStore(database);
}

export async function witnessedOf({ dataDir, database }: DataFolder): Promise<WitnessedStore> {
  if (database === undefined) return new WitnessedFiles(dataDir);
  const { PostgresWitnessedStore } = await import(
    '../../ledger/witness/postgres-witnessed-store.ts'
  );
  return new PostgresWitnessedStore(database);
}

/** All of the data for one who writes, while no service does. */
export interface OwnedData {
  readonly store: Store;
  readonly last: CheckpointStore;
  readonly kek: Uint8Array;
  /** A new key for the log of this name, kept where the service finds it. */
  readonly makeKey: (site: string, origin: string) => NoteSigner;
}

/** Refuses `data-missing`, `data-in-use`, and in a database `kek-wrong`. */
export function openOwned(folder: DataFolder, opened: DisposableStack): OwnedData {
  if (folder.database !== undefined) return inDatabase(folder, folder.database, opened);
  const { dataDir, keysDir, checkpointPath } = folder;
  if (!existsSync(ledgerPath(dataDir))) throw missing(dataDir);
  opened.adopt(lockData(dataDir), close);
  const checkpoints = checkpointPath ?? join(dataDir, 'last-checkpoint', 'checkpoints.db');
  return {
    store: opened.adopt(new SqliteStore(ledgerPath(dataDir)), close),
    last: opened.adopt(new SqliteCheckpointStore(checkpoints), close),
    kek: folder.kek ?? readOrMakeKek(keysDir),
    makeKey: (site, origin) => makeLogKey(keysDir, site, origin),
  };
}

function inDatabase(
  folder: DataFolder,
  { url, checkpointUrl = url, deadlineMs }: DataBase,
  opened: DisposableStack,
): OwnedData {
  // Nothing is made where nothing is.
  const reader = openDatabase({ url, deadlineMs });
  const keys = reader.logKeys();
  reader.close();
  const kek = kekOf(folder);
  const wrap = new KeyWrap(kek);
  // A key that was wrapped under another key than the service's would be lost.
  for (const [origin, wrapped] of keys) wrappedLogKey(origin, wrap, () => wrapped);
  const joining = { alone: 'when-free', waitMs: OWNER_WAIT_MS } as const;
  const store = opened.adopt(new PostgresStore({ url, deadlineMs, joining }), close);
  return {
    ...{ store, kek },
    last: opened.adopt(new PostgresCheckpointStore({ url: checkpointUrl, deadlineMs }), close),
    makeKey: (_, origin) => wrappedLogKey(origin, wrap, (make) => store.logKey(origin, make)),
  };
}

/** The session of one who was stopped just now may not have ended yet. */
const OWNER_WAIT_MS = 1_000;

function close(part: { close(): void }): void {
  part.close();
}

function missing(dataDir: string): Refusal {
  return new Refusal('data-missing', `There is no ledger in ${dataDir}.`, { path: dataDir });
}
