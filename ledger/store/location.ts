import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '../core/refusal.ts';
import type { StoreReader } from './port.ts';
import { SqlError } from './postgres/bridge.ts';
import { type PostgresOptions, PostgresReader } from './postgres/postgres-reader.ts';
import { SqliteReader } from './sqlite/sqlite-reader.ts';

/** Where a ledger's store is. The URL holds a password: it is never told in a message. */
export type StoreLocation =
  | { readonly kind: 'sqlite'; readonly dataDir: string }
  | {
      readonly kind: 'postgres';
      /** `postgres://user:password@host:port/database` */
      readonly url: string;
      /** How long one request may take before it is given up. */
      readonly deadlineMs?: number | undefined;
    };

/** In the data folder, or in a database when there is one. */
export function storeLocation(
  dataDir: string,
  database: { readonly url: string; readonly deadlineMs?: number | undefined } | undefined,
): StoreLocation {
  if (database === undefined) return { kind: 'sqlite', dataDir };
  const { url, deadlineMs } = database;
  return { kind: 'postgres', url, deadlineMs };
}

/** The events' file of a data folder. */
export function ledgerPath(dataDir: string): string {
  return join(dataDir, 'ledger.db');
}

/**
 * A reader with a connection of its own. Throws `StoreUnavailable` while a database cannot be reached;
 * one that was opened connects anew by itself.
 */
export function openReader(location: StoreLocation): StoreReader {
  return location.kind === 'sqlite'
    ? new SqliteReader(ledgerPath(location.dataDir))
    : new PostgresReader(location);
}

/** The same where a ledger was before. Refuses `data-missing`. */
export function openExisting(location: StoreLocation): StoreReader {
  if (location.kind === 'postgres') return openDatabase(location);
  const { dataDir } = location;
  if (existsSync(ledgerPath(dataDir))) return new SqliteReader(ledgerPath(dataDir));
  throw new Refusal('data-missing', `There is no ledger in ${dataDir}.`, { path: dataDir });
}

/** A reader of a database that has a ledger. Refuses `data-missing`. */
export function openDatabase(options: PostgresOptions): PostgresReader {
  const reader = new PostgresReader(options);
  try {
    reader.sites();
    return reader;
  } catch (error) {
    reader.close();
    if (!(error instanceof SqlError) || !NOT_MADE.has(error.code)) throw error;
    throw new Refusal('data-missing', 'There is no ledger in the database yet.', {});
  }
}

/** SQLSTATE: no such table, no such schema. */
const NOT_MADE: ReadonlySet<string> = new Set(['42P01', '3F000']);
