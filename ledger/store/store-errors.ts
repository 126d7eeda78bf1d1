import { Refusal } from '../core/refusal.ts';

/** No room: nothing was written. Free space and send again; nothing acknowledged is lost. */
export class StoreFull extends Error {
  readonly code = 'storage-full';
}

/** The store did not take the write, for another reason than room: nothing was written. */
export class StoreUnavailable extends Error {
  readonly code = 'store-unavailable';
}

/** What a database driver throws as one of ours, with its cause; our own mistakes as they are. */
export function storeError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
    return new StoreFull('The disk is full; free space and send again.', { cause: error });
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    const advice = 'The database file is damaged; run billproof fsck and restore a backup.';
    return Object.assign(new Refusal('store-damaged', advice), { cause: error });
  }
  if (!UNAVAILABLE.test(code)) return error;
  return new StoreUnavailable(`The database refused to write (${code}).`, { cause: error });
}

const UNAVAILABLE = /^SQLITE_(BUSY|CANTOPEN|IOERR|LOCKED|NOMEM|PERM|PROTOCOL|READONLY)/;
