import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Refusal } from './core/refusal.ts';

const LEDGER = 'ledger.db';
const CHECKPOINTS = join('last-checkpoint', 'checkpoints.db');

export interface BackupOptions {
  readonly dataDir: string;
  /** File of the last signed checkpoints; beside the data unless given. */
  readonly checkpointPath?: string | undefined;
  /** A new folder. */
  readonly out: string;
}

/**
 * Copies a store, also while a service writes to it, as of one moment. The keys are not copied: keep
 * them apart, or whoever finds the backup reads every bill. Refuses `data-missing`, `target-exists`.
 */
export async function backup(options: BackupOptions): Promise<void> {
  const { dataDir, out } = options;
  const source = join(dataDir, LEDGER);
  if (!existsSync(source)) {
    throw new Refusal('data-missing', `There is no ledger in ${dataDir}.`, { path: dataDir });
  }
  if (existsSync(join(out, LEDGER))) throw targetExists(out);
  mkdirSync(join(out, 'last-checkpoint'), { recursive: true });
  // Checkpoints first: what was signed is committed, so the later copy of the events holds it.
  const checkpoints = options.checkpointPath ?? join(dataDir, CHECKPOINTS);
  if (existsSync(checkpoints)) await copyDatabase(checkpoints, join(out, CHECKPOINTS));
  await copyDatabase(source, join(out, LEDGER));
}

/**
 * Puts a backup into an empty data folder. A store of last checkpoints that is there already stays: it
 * is what keeps an older copy from publishing another history. Refuses `data-missing`,
 * `target-exists`.
 */
export function restore(options: {
  readonly from: string;
  readonly dataDir: string;
  readonly checkpointPath?: string | undefined;
}): void {
  const { from, dataDir } = options;
  if (!existsSync(join(from, LEDGER))) {
    throw new Refusal('data-missing', `There is no backup in ${from}.`, { path: from });
  }
  // A WAL that was left behind would be taken for the restored file's own.
  const old = [LEDGER, `${LEDGER}-wal`].find((name) => existsSync(join(dataDir, name)));
  if (old !== undefined) throw targetExists(dataDir);
  const checkpoints = options.checkpointPath ?? join(dataDir, CHECKPOINTS);
  mkdirSync(join(checkpoints, '..'), { recursive: true });
  mkdirSync(dataDir, { recursive: true });
  if (!existsSync(checkpoints) && existsSync(join(from, CHECKPOINTS))) {
    copyFileSync(join(from, CHECKPOINTS), checkpoints);
  }
  copyFileSync(join(from, LEDGER), join(dataDir, `${LEDGER}.new`));
  renameSync(join(dataDir, `${LEDGER}.new`), join(dataDir, LEDGER));
}

async function copyDatabase(from: string, to: string): Promise<void> {
  const db = new Database(from, { readonly: true });
  try {
    await db.backup(to);
  } finally {
    db.close();
  }
}

function targetExists(path: string): Refusal {
  return new Refusal(
    'target-exists',
    `There is a ledger in ${path} already; name an empty folder.`,
    {
      path,
    },
  );
}
