import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyWrap } from './account-keys.ts';
import { SqliteCheckpointStore } from './checkpoint-store.ts';
import { formatVerifierKey } from './core/signed-note.ts';
import { type FsckOptions, type FsckReport, fsck } from './fsck.ts';
import { wrappedLogKey } from './log-keys.ts';
import { ledgerPath, openDatabase } from './store/location.ts';
import { copyToFile } from './store/postgres/backup-file.ts';
import { PostgresCheckpointStore } from './store/postgres/postgres-checkpoint-store.ts';
import type { PostgresOptions } from './store/postgres/postgres-reader.ts';

export interface FsckDatabaseOptions extends Pick<FsckOptions, 'deep' | 'threads' | 'onProgress'> {
  readonly url: string;
  /** Of the last signed checkpoints; the same unless given. */
  readonly checkpointUrl?: string | undefined;
  readonly kek: Uint8Array;
  readonly deadlineMs?: number | undefined;
  /** Where the copy may lie meanwhile: it needs as much room as the database. */
  readonly folder?: string | undefined;
}

/**
 * Checks the ledger in a database as `fsck` checks one in a folder: a copy of it as of one moment, which is
 * removed afterwards. Services may go on. Refuses `data-missing`, `kek-wrong`.
 */
export async function fsckDatabase(options: FsckDatabaseOptions): Promise<FsckReport> {
  const { url, checkpointUrl = url, kek, deadlineMs, deep, threads, onProgress } = options;
  const dataDir = mkdtempSync(join(options.folder ?? tmpdir(), 'billproof-fsck-'));
  try {
    const reader = openDatabase({ url, deadlineMs });
    const keys = reader.logKeys();
    const origins = reader.sites().map(({ origin }) => origin);
    reader.close();
    // Checkpoints first: what was signed is committed, so the later copy of the events holds it.
    copyCheckpoints({ url: checkpointUrl, deadlineMs }, dataDir, origins);
    await copyToFile({ url, deadlineMs }, ledgerPath(dataDir));
    const wrap = new KeyWrap(kek);
    const vkeyOf = (_: string, origin: string) => {
      const wrapped = keys.get(origin);
      if (wrapped === undefined) return undefined;
      return formatVerifierKey(wrappedLogKey(origin, wrap, () => wrapped).key);
    };
    return await fsck({ dataDir, kek, vkeyOf, deep, threads, onProgress });
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

/** The last signed checkpoints of these logs, into the file that a data folder has for them. */
export function copyCheckpoints(
  options: PostgresOptions,
  dataDir: string,
  origins: readonly string[],
): void {
  mkdirSync(join(dataDir, 'last-checkpoint'), { recursive: true });
  const from = new PostgresCheckpointStore(options);
  const to = new SqliteCheckpointStore(join(dataDir, 'last-checkpoint', 'checkpoints.db'));
  for (const origin of origins) {
    const last = from.fetch(origin);
    if (last !== undefined) to.replace(origin, undefined, last);
  }
  from.close();
  to.close();
}
