import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { textIn } from '../../ledger/store/postgres/columns.ts';
import { giveToServer, type PostgresServer } from './postgres-server.ts';

/** What a server has written, segment by segment, kept apart from it, and copies of its files. */
export class PostgresArchive {
  /** Segments in `wal`, copies beside it; the server's account reads and writes here. */
  readonly folder = mkdtempSync(join(tmpdir(), 'billproof-archive-'));
  readonly #wal = join(this.folder, 'wal');

  constructor() {
    mkdirSync(this.#wal);
    giveToServer(this.folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Settings of a server that hands each full segment to this archive. */
  get archiving(): readonly string[] {
    const kept = join(this.#wal, '%f');
    // A name is there only with all of its bytes, and what is kept is never written over.
    const copy = `test ! -f ${kept} && cp %p ${kept}.part && mv ${kept}.part ${kept}`;
    return ['archive_mode=on', `archive_command=${copy}`];
  }

  /** Names of the segments that are kept. */
  segments(): string[] {
    return readdirSync(this.#wal).sort();
  }

  /** Ends the current segment, as time does (`archive_timeout`), and waits until it is kept. */
  async archiveNow(server: PostgresServer): Promise<void> {
    const [row] = server.query('SELECT pg_walfile_name(pg_switch_wal()) AS name');
    const name = row === undefined ? '' : textIn(row, 'name');
    while (!this.segments().includes(name)) await new Promise((done) => setTimeout(done, 20));
  }

  /**
   * Copies a server's files while it works (PostgreSQL, "Making a Base Backup Using the Low Level
   * API"); `meanwhile` runs between two files. The copy is of no use without the archived segments.
   */
  baseBackup(server: PostgresServer, name: string, meanwhile: () => void = () => {}): string {
    const copy = join(this.folder, name);
    mkdirSync(copy, { mode: 0o700 });
    server.query(`SELECT pg_backup_start('${name}', true)`);
    // The control file says from where to read the log, so it may be newer than the rest, never older.
    const paths = [...pathsIn(server.dataDir, ''), join('global', 'pg_control')];
    for (const [i, path] of paths.entries()) {
      copyUnlessGone(join(server.dataDir, path), join(copy, path));
      if (i % 64 === 0) meanwhile();
    }
    const [ended] = server.query('SELECT labelfile, spcmapfile FROM pg_backup_stop()');
    if (ended === undefined) throw new Error('a backup that ends says what it is');
    writeFileSync(join(copy, 'backup_label'), textIn(ended, 'labelfile'));
    for (const folder of EMPTY) mkdirSync(join(copy, folder), { recursive: true });
    return copy;
  }

  /**
   * A server of its own with what `source` had at a moment, from a copy and the archive; it archives
   * nothing. `target` is a setting such as `recovery_target_lsn=0/1A2B`; all that is kept without it.
   */
  restore(source: PostgresServer, copy: string, target?: string): Promise<PostgresServer> {
    const make = (dataDir: string) => {
      cpSync(copy, dataDir, { recursive: true });
      writeFileSync(join(dataDir, 'recovery.signal'), '');
    };
    // Without it the server is up before it has read all that is kept.
    const settings = [`restore_command=cp ${join(this.#wal, '%f')} %p`, 'hot_standby=off'];
    if (target !== undefined) settings.push(target, 'recovery_target_action=promote');
    return source.startFrom(make, settings);
  }
}

/** A server that follows another one as it writes, and answers questions; started from a copy. */
export function followBy(
  primary: PostgresServer,
  archive: PostgresArchive,
  copy: string,
  name: string,
): Promise<PostgresServer> {
  const make = (dataDir: string) => {
    cpSync(copy, dataDir, { recursive: true });
    writeFileSync(join(dataDir, 'standby.signal'), '');
  };
  return primary.startFrom(make, [
    `primary_conninfo=${primary.primaryConnInfo} application_name=${name}`,
    `restore_command=cp ${join(archive.folder, 'wal', '%f')} %p`,
    'hot_standby=on',
  ]);
}

/** Where a server stands in its log of changes, as `recovery_target_lsn` takes it. */
export function placeInLog(server: PostgresServer): string {
  const [row] = server.query('SELECT pg_current_wal_insert_lsn()::text AS lsn');
  return row === undefined ? '' : textIn(row, 'lsn');
}

/** What a copy must not have: the log's own segments come from the archive, the rest is of one run. */
const EMPTY = [
  ...['pg_wal', 'pg_wal/archive_status', 'pg_replslot', 'pg_dynshmem', 'pg_notify', 'pg_serial'],
  ...['pg_snapshots', 'pg_stat_tmp', 'pg_subtrans'],
];
const NOT_COPIED = new Set([...EMPTY, 'postmaster.pid', 'postmaster.opts']);

/** Folders before what is in them. */
function* pathsIn(root: string, below: string): Generator<string> {
  for (const name of readdirSync(join(root, below))) {
    const path = join(below, name);
    if (NOT_COPIED.has(path) || name.startsWith('pgsql_tmp')) continue;
    if (path === join('global', 'pg_control')) continue;
    yield path;
    const found = statSync(join(root, path), { throwIfNoEntry: false });
    if (found?.isDirectory()) yield* pathsIn(root, path);
  }
}

/** A file that the server removes meanwhile is one that the log of changes says is removed. */
function copyUnlessGone(from: string, to: string): void {
  try {
    if (statSync(from).isDirectory()) mkdirSync(to, { mode: 0o700 });
    else copyFileSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
