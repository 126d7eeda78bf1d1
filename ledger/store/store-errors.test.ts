import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { storeError } from './store-errors.ts';

describe('what a driver throws', () => {
  it.each([
    ['SQLITE_FULL', 'storage-full'],
    ['ENOSPC', 'storage-full'],
    ['SQLITE_IOERR_FSYNC', 'store-unavailable'],
    ['SQLITE_BUSY', 'store-unavailable'],
    ['SQLITE_READONLY', 'store-unavailable'],
    ['SQLITE_CORRUPT', 'store-damaged'],
    ['SQLITE_NOTADB', 'store-damaged'],
  ])('%s is our %s, with its cause', (driver, code) => {
    const cause = new Database.SqliteError('as the driver says', driver);
    expect(storeError(cause)).toMatchObject({ code, cause });
  });

  it('is passed on when it is our own mistake', () => {
    const constraint = new Database.SqliteError('UNIQUE failed', 'SQLITE_CONSTRAINT_UNIQUE');
    expect(storeError(constraint)).toBe(constraint);
    const assertion = new Error('assertion failed: x');
    expect(storeError(assertion)).toBe(assertion);
  });
});
