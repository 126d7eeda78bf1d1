import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { putAccess } from './access/copy-access.ts';
import { KeyWrap } from './account-keys.ts';
import { anchorStorePath } from './anchor/anchoring.ts';
import { ANCHOR_TABLES, NOTE_TABLES, notesPath } from './attested-tables.ts';
import { CHECKPOINTS } from './backup.ts';
import { readLastCheckpoint } from './checkpoint-store.ts';
import { parseCheckpoint } from './core/checkpoint.ts';
import { SITE_ACCOUNT } from './core/event.ts';
import { Refusal } from './core/refusal.ts';
import { ED25519_NOTE, formatVerifierKey } from './core/signed-note.ts';
import { readLogSeed, wrapLogSeed } from './log-keys.ts';
import { noteSigner } from './note-signer.ts';
import { putRegistry } from './registry/copy-registry.ts';
import { endedLog } from './set-aside.ts';
import { ledgerPath, openExisting } from './store/location.ts';
import { PostgresBridge } from './store/postgres/bridge.ts';
import type { Statement } from './store/postgres/bridge-messages.ts';
import { type CopiedTable, copyFromTable, LEDGER_TABLES } from './store/postgres/copy-table.ts';
import { PostgresCheckpointStore } from './store/postgres/postgres-checkpoint-store.ts';
import { DEADLINE_MS, type PostgresOptions, sqlErrorOf } from './store/postgres/postgres-reader.ts';
import { PostgresStore } from './store/postgres/postgres-store.ts';
import { SCHEMA_VERSION } from './store/sqlite/migrate.ts';

export interface RestoreDatabaseOptions {
  /** A folder that `backup` made. */
  readonly from: string;
  readonly url: string;
  /** Of the last signed checkpoints; the same unless given. */
  readonly checkpointUrl?: string | undefined;
  readonly deadlineMs?: number | undefined;
  /** Has the keys of the logs. */
  readonly keysDir: string;
  readonly kek: Uint8Array;
}

/**
 * Puts a backup into an empty database, all of it or nothing, and the keys of its logs, wrapped. Last
 * checkpoints that are there stay, as `restore` leaves them. Refuses `data-missing`, `target-exists`,
 * `data-in-use`, `schema-older`, `schema-newer`, `key-file`, `log-key-differs`, `kek-wrong`.
 */
export async function restoreToDatabase(options: RestoreDatabaseOptions): Promise<void> {
  const { from, url, checkpointUrl = url, deadlineMs } = options;
  const keys = keysOf(options);
  // Its owner: no service begins meanwhile.
  const joining = { alone: 'when-free', waitMs: 0 } as const;
  const store = new PostgresStore({ url, deadlineMs, joining });
  try {
    if (store.sites().length > 0) {
      throw new Refusal(
        'target-exists',
        'There is a ledger in the database already; name an empty one.',
        {},
      );
    }
    putCheckpoints(join(from, CHECKPOINTS), { url: checkpointUrl, deadlineMs });
    await copyAll({ url, deadlineMs }, from, keys);
    await putAccess({ url, deadlineMs }, from);
    await putRegistry({ url, deadlineMs }, from);
  } finally {
    store.close();
  }
}

/** Statements that keep the logs' keys, after all was looked at that can be wrong. */
function keysOf({ from, keysDir, kek }: RestoreDatabaseOptions): Statement[] {
  refuseOtherSchema(from);
  const reader = openExisting({ kind: 'sqlite', dataDir: from });
  const wrap = new KeyWrap(kek);
  try {
    return reader.sites().map(({ site, origin, vkey }) => {
      const own = reader.accountKeys(site).find(({ account }) => account !== SITE_ACCOUNT);
      if (own !== undefined) wrap.unwrap(site, own.account, own.year, own.wrapped);
      const seed = readLogSeed(keysDir, site, origin);
      if (formatVerifierKey(noteSigner(origin, ED25519_NOTE, seed).key) !== vkey) {
        throw new Refusal(
          'log-key-differs',
          `The key of log ${site} in ${keysDir} is not the one that signed it.`,
          { site },
        );
      }
      const values = [origin, wrapLogSeed(origin, wrap, seed)];
      return { text: 'INSERT INTO log_keys VALUES ($1, $2)', values };
    });
  } finally {
    reader.close();
  }
}

function refuseOtherSchema(from: string): void {
  const path = ledgerPath(from);
  if (!existsSync(path)) {
    throw new Refusal('data-missing', `There is no backup in ${from}.`, { path: from });
  }
  const db = new Database(path, { readonly: true });
  const found = Number(db.pragma('user_version', { simple: true }));
  db.close();
  if (found === SCHEMA_VERSION) return;
  const isNewer = found > SCHEMA_VERSION;
  const advice = isNewer
    ? 'The backup is of a newer Billproof; use that one.'
    : 'The backup is of an older Billproof: restore it into a folder, start it once, and copy that.';
  throw new Refusal(isNewer ? 'schema-newer' : 'schema-older', advice, {
    found,
    expected: SCHEMA_VERSION,
  });
}

function putCheckpoints(path: string, options: PostgresOptions): void {
  const last = new PostgresCheckpointStore(options);
  try {
    for (const [origin, next] of readLastCheckpoint(path)) {
      if (last.fetch(origin) === undefined) last.replace(origin, undefined, next);
    }
  } finally {
    last.close();
  }
}

async function copyAll(
  { url, deadlineMs = DEADLINE_MS }: PostgresOptions,
  from: string,
  keys: readonly Statement[],
): Promise<void> {
  const bridge = new PostgresBridge(url, deadlineMs);
  const files: [string, readonly CopiedTable[]][] = [
    [ledgerPath(from), LEDGER_TABLES],
    [anchorStorePath(from), ANCHOR_TABLES],
    [notesPath(from), NOTE_TABLES],
  ];
  try {
    bridge.connect();
    bridge.run('bare', [{ text: 'BEGIN' }]);
    for (const [path, tables] of files) {
      if (!existsSync(path)) continue;
      const db = new Database(path, { readonly: true });
      try {
        for (const table of tables) await copyFromTable(db, bridge, table);
      } finally {
        db.close();
      }
    }
    bridge.run('bare', [...keys, ...lastWitnessed(from), { text: 'COMMIT' }]);
  } catch (error) {
    throw sqlErrorOf(error);
  } finally {
    bridge.close();
  }
}

/** The newest cosigned checkpoints, which a folder has in files; one that is damaged is none. */
function lastWitnessed(from: string): Statement[] {
  const folder = dirname(notesPath(from));
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.flatMap((name) => {
    if (!name.endsWith('.note')) return [];
    try {
      const note = readFileSync(join(folder, name), 'utf8');
      const { origin, size } = parseCheckpoint(note);
      const site = basename(name, '.note');
      // Of a log that has ended: `witnessedPath`.
      const values = [site.includes('.') ? endedLog(origin) : site, size, note];
      const text = 'INSERT INTO witnessed_last VALUES ($1, $2, $3) ON CONFLICT DO NOTHING';
      return [{ text, values }];
    } catch (error) {
      if (error instanceof Refusal) return [];
      throw error;
    }
  });
}
