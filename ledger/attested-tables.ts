import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { anchorStorePath } from './anchor/anchoring.ts';
import { SqliteAnchorStore } from './anchor/sqlite-anchor-store.ts';
import { PostgresBridge } from './store/postgres/bridge.ts';
import { textIn } from './store/postgres/columns.ts';
import { type CopiedTable, copyToTable } from './store/postgres/copy-table.ts';
import { DEADLINE_MS, type PostgresOptions, sqlErrorOf } from './store/postgres/postgres-reader.ts';
import { witnessedPath } from './witness/witnessed-files.ts';
import { WitnessedNotes } from './witness/witnessed-notes.ts';

// What chains and witnesses have said: tables of a database, files of a data folder.

/** What a database and `anchors.db` have of anchors. */
export const ANCHOR_TABLES: readonly CopiedTable[] = [
  {
    ...{ inDatabase: 'anchors', inFile: 'anchors', booleans: ['told'] },
    columns: [
      ...['site', 'chain', 'size', 'note', 'kind', 'network'],
      ...['at_ms', 'place', 'receipt', 'told'],
    ],
  },
  { inDatabase: 'anchor_parts', inFile: 'parts', columns: ['hash', 'bytes'] },
  {
    ...{ inDatabase: 'pending_anchors', inFile: 'outbox' },
    columns: ['site', 'chain', 'size', 'note', 'id', 'bytes'],
  },
  { inDatabase: 'followed_chains', inFile: 'followed', columns: ['site', 'chain'] },
];

/** The same of `notes.db`. */
export const NOTE_TABLES: readonly CopiedTable[] = [
  {
    ...{ inDatabase: 'witnessed_notes', inFile: 'notes' },
    columns: ['site', 'size', 'at_ms', 'note'],
  },
];

/** Where a data folder has the notes of the past. */
export function notesPath(dataDir: string): string {
  return join(dataDir, 'witnessed', 'notes.db');
}

/** Copies all of it, as of one moment, into a folder that has none of it or less. */
export async function copyAttested(options: PostgresOptions, dataDir: string): Promise<void> {
  const anchors = anchorStorePath(dataDir);
  const notes = notesPath(dataDir);
  for (const path of [anchors, notes]) {
    mkdirSync(dirname(path), { recursive: true });
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  }
  await new SqliteAnchorStore(anchors).close();
  new WitnessedNotes(notes).close();
  const bridge = new PostgresBridge(options.url, options.deadlineMs ?? DEADLINE_MS);
  try {
    bridge.connect();
    bridge.run('bare', [{ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' }]);
    await copyInto(anchors, bridge, ANCHOR_TABLES);
    await copyInto(notes, bridge, NOTE_TABLES);
    const [last] = bridge.run('bare', [{ text: 'SELECT site, note FROM witnessed_last' }]);
    for (const row of last?.rows ?? []) {
      writeFileSync(witnessedPath(dataDir, textIn(row, 'site')), textIn(row, 'note'));
    }
  } catch (error) {
    throw sqlErrorOf(error);
  } finally {
    bridge.close();
  }
}

async function copyInto(
  path: string,
  bridge: PostgresBridge,
  tables: readonly CopiedTable[],
): Promise<void> {
  const db = new Database(path);
  try {
    db.exec('BEGIN');
    for (const table of tables) await copyToTable(bridge, db, table);
    db.exec('COMMIT');
  } finally {
    db.close();
  }
}
