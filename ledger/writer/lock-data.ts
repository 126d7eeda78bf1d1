import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Refusal } from '../core/refusal.ts';

/**
 * Makes this process the only one that writes in a data folder, until it closes what this answers: the
 * lock is a database transaction, so it dies with its process. Refuses `data-in-use`.
 */
export function lockData(dataDir: string): { close(): void } {
  const path = join(dataDir, 'writer.lock');
  const db = new Database(path, { timeout: 0 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
  } catch {
    db.close();
    throw new Refusal(
      'data-in-use',
      'Another Billproof writes in this data folder; stop it first.',
      { path },
    );
  }
  return db;
}
