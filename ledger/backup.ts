import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { ACCESS_FILE } from './access/access-store.ts';
import { SqliteCheckpointStore } from './checkpoint-store.ts';
import { hex } from './core/bytes.ts';
import { parseCheckpoint } from './core/checkpoint.ts';
import { Refusal } from './core/refusal.ts';
import { REGISTRY_FILE } from './registry/registry-store.ts';
import { SqliteReader } from './store/sqlite/sqlite-reader.ts';

const LEDGER = 'ledger.db';
/** Where a copy has the last checkpoints. */
export const CHECKPOINTS = join('last-checkpoint', 'checkpoints.db');
/** What others have said of the log, each in a file of its own: receipts of chains, cosignatures. */
const ANCHORS = join('anchors', 'anchors.db');
const WITNESSED = 'witnessed';
const NOTES = join(WITNESSED, 'notes.db');

export interface BackupOptions {
  readonly dataDir: string;
  /** File of the last signed checkpoints; beside the data unless given. */
  readonly checkpointPath?: string | undefined;
  /** A new folder. */
  readonly out: string;
}

/**
 * Copies a store, also while a service writes to it: each file as of one moment, and what is about
 * events before the events themselves, so the copy holds all that it speaks of. The keys are not
 * copied: keep them apart, or whoever finds the backup reads every bill. Refuses `data-missing`,
 * `target-exists`.
 */
export async function backup(options: BackupOptions): Promise<void> {
  const { dataDir, out } = options;
  const source = join(dataDir, LEDGER);
  if (!existsSync(source)) {
    throw new Refusal('data-missing', `There is no ledger in ${dataDir}.`, { path: dataDir });
  }
  if (existsSync(join(out, LEDGER))) throw targetExists(out);
  mkdirSync(out, { recursive: true });
  // What is anchored or cosigned was signed before, and what was signed was committed before.
  for (const name of witnessedNotes(dataDir)) copyOver(dataDir, out, name);
  for (const name of [ANCHORS, NOTES]) await copyDatabase(join(dataDir, name), join(out, name));
  for (const name of [ACCESS_FILE, REGISTRY_FILE]) {
    await copyDatabase(join(dataDir, name), join(out, name));
    if (existsSync(join(out, name))) chmodSync(join(out, name), 0o600);
  }
  const checkpoints = options.checkpointPath ?? join(dataDir, CHECKPOINTS);
  await copyDatabase(checkpoints, join(out, CHECKPOINTS));
  await copyDatabase(source, join(out, LEDGER));
  rememberSigned(out);
}

/**
 * Puts a backup into an empty data folder. A store of last checkpoints that is there already stays: it
 * is what keeps an older copy from publishing another history. So do receipts, cosignatures and rights,
 * which are no older than those of the backup. Refuses `data-missing`, `target-exists`.
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
  for (const name of [ANCHORS, NOTES, ACCESS_FILE, REGISTRY_FILE, ...witnessedNotes(from)])
    copyOver(from, dataDir, name);
  if (!existsSync(checkpoints) && existsSync(join(from, CHECKPOINTS))) {
    copyFileSync(join(from, CHECKPOINTS), checkpoints);
  }
  copyFileSync(join(from, LEDGER), join(dataDir, `${LEDGER}.new`));
  renameSync(join(dataDir, `${LEDGER}.new`), join(dataDir, LEDGER));
}

/** What was signed between the two copies is in the later one: it is made the last signed in both. */
export function rememberSigned(out: string): void {
  const store = new SqliteReader(new Database(join(out, LEDGER)));
  const last = new SqliteCheckpointStore(join(out, CHECKPOINTS));
  try {
    for (const { site, origin } of store.sites()) {
      const newest = store.checkpoint(site);
      const known = last.fetch(origin);
      if (newest === undefined || newest.size <= (known?.size ?? -1)) continue;
      const { size, note } = newest;
      last.replace(origin, known, { size, root: hex(parseCheckpoint(note).root), note });
    }
  } finally {
    last.close();
    store.close();
  }
}

/** The last cosigned checkpoint of each site (`ledger/witness/witnessed-files.ts`). */
function witnessedNotes(folder: string): string[] {
  const path = join(folder, WITNESSED);
  const names = existsSync(path) ? readdirSync(path) : [];
  return names.filter((name) => name.endsWith('.note')).map((name) => join(WITNESSED, name));
}

/** What is there stays, and what is not to be had is none. */
function copyOver(from: string, to: string, name: string): void {
  if (!existsSync(join(from, name)) || existsSync(join(to, name))) return;
  mkdirSync(dirname(join(to, name)), { recursive: true });
  copyFileSync(join(from, name), join(to, name));
}

async function copyDatabase(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return;
  mkdirSync(dirname(to), { recursive: true });
  const db = new Database(from, { readonly: true });
  try {
    await db.backup(to);
  } finally {
    db.close();
  }
}

/** Of a folder that is not empty. */
export function targetExists(path: string): Refusal {
  return new Refusal(
    'target-exists',
    `There is a ledger in ${path} already; name an empty folder.`,
    {
      path,
    },
  );
}
