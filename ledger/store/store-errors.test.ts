import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { SqlError } from './postgres/bridge.ts';
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

  it.each([
    ['53100', 'storage-full'],
    ['53200', 'store-unavailable'],
    ['57P01', 'store-unavailable'],
    ['57P03', 'store-unavailable'],
    ['57014', 'store-unavailable'],
    ['08006', 'store-unavailable'],
    ['28P01', 'store-unavailable'],
    ['40001', 'store-unavailable'],
    ['55P03', 'store-unavailable'],
    ['25006', 'store-unavailable'],
    ['58030', 'store-unavailable'],
    ['XX001', 'store-damaged'],
  ])('PostgreSQL: %s is our %s, with its cause', (driver, code) => {
    const cause = new SqlError({ kind: 'refused', code: driver, message: 'as the server says' });
    expect(storeError(cause)).toMatchObject({ code, cause });
  });

  it('of PostgreSQL is passed on when it is our own mistake', () => {
    for (const code of ['23505', '42601', '22021', '']) {
      const mistake = new SqlError({ kind: 'refused', code, message: 'as the server says' });
      expect(storeError(mistake)).toBe(mistake);
    }
  });

  it('is passed on when it is our own mistake', () => {
    const constraint = new Database.SqliteError('UNIQUE failed', 'SQLITE_CONSTRAINT_UNIQUE');
    expect(storeError(constraint)).toBe(constraint);
    const assertion = new Error('assertion failed: x');
    expect(storeError(assertion)).toBe(assertion);
  });
});
