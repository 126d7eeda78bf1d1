/** No room: nothing was written. Free space and send again; nothing acknowledged is lost. */
export class StoreFull extends Error {
  readonly code = 'storage-full';
}

/** The store did not take the write, for another reason than room: nothing was written. */
export class StoreUnavailable extends Error {
  readonly code = 'store-unavailable';
}

/** Turns what a database driver throws into one of the two, keeping the cause. */
export function storeError(error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'SQLITE_FULL' || code === 'ENOSPC') {
    return new StoreFull('The disk is full; free space and send again.', { cause: error });
  }
  if (code.startsWith('SQLITE_')) {
    return new StoreUnavailable(`The database refused to write (${code}).`, { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}
