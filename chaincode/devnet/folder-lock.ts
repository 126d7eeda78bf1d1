import { join } from 'node:path';
import Database from 'better-sqlite3';

/**
 * Keeps every other process, and this one, from opening the folder a second time; answers how to
 * let go. SQLite's lock ends with its process, however that ends, which no lock file of our own
 * would.
 */
export function lockFolder(folder: string): () => void {
  const database = new Database(join(folder, 'lock'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new Error(`The network in ${folder} is in use by another process.`, { cause: error });
  }
  return () => database.close();
}
