import { Refusal } from '../core/refusal.ts';

/** No room: nothing was written. Free space and send again; nothing acknowledged is lost. */
export class StoreFull extends Error {
  readonly code = 'storage-full';
}

/** The store did not take the write, for another reason than room: nothing was written. */
export class StoreUnavailable extends Error {
  readonly code = 'store-unavailable';
}

/**
 * Another process has taken this ledger over: nothing that is asked of this one is written any more,
 * and what it has in memory may be behind. It ends; the other one goes on.
 */
export class StoreFenced extends Error {
  readonly code = 'store-fenced';
}

/** What a database driver throws as one of ours, with its cause; our own mistakes as they are. */
export function storeError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === DISK_FULL) {
    return new StoreFull('The disk is full; free space and send again.', { cause: error });
  }
  if (code === 'XX001' || code === 'XX002') {
    const advice = 'PostgreSQL finds its own files damaged; restore a backup.';
    return Object.assign(new Refusal('store-damaged', advice), { cause: error });
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    const advice = 'The database file is damaged; run billproof fsck and restore a backup.';
    return Object.assign(new Refusal('store-damaged', advice), { cause: error });
  }
  if (!UNAVAILABLE.test(code) && !SQLSTATE_UNAVAILABLE.test(code)) return error;
  return new StoreUnavailable(`The database refused to write (${code}).`, { cause: error });
}

/** SQLSTATE, as PostgreSQL's manual lists them in appendix A. */
const DISK_FULL = '53100';
/**
 * No connection (08, 57P), no right to log in (28), no such database (3D000), out of something (53), a
 * conflict or a time-out (40, 55P03, 57014), a read-only standby (25006), no right (42501), its own
 * input or output (58). A lost connection is another matter: `postgres/postgres-reader.ts`.
 */
const SQLSTATE_UNAVAILABLE = /^(?:(?:08|28|40|53|57|58)[0-9A-Z]{3}|3D000|25006|42501|55P03)$/;

const UNAVAILABLE = /^SQLITE_(BUSY|CANTOPEN|IOERR|LOCKED|NOMEM|PERM|PROTOCOL|READONLY)/;
