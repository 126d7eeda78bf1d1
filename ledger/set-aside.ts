import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { anchorStorePath } from './anchor/anchoring.ts';
import { SqliteAnchorStore } from './anchor/sqlite-anchor-store.ts';
import { logFileName } from './log-keys.ts';
import { witnessedPath } from './witness/witnessed-file.ts';
import { WitnessedNotes } from './witness/witnessed-notes.ts';

/**
 * Keeps what chains and witnesses have said of a site's log under that log's own name, so that nothing of
 * it is taken for the log that comes after. To be done before that one is; twice does no harm.
 */
export function setAsideLog(dataDir: string, site: string, origin: string): void {
  const anchors = anchorStorePath(dataDir);
  if (existsSync(anchors)) {
    const store = new SqliteAnchorStore(anchors);
    store.setAside(site, origin);
    store.close();
  }
  const notes = join(dataDir, 'witnessed', 'notes.db');
  if (existsSync(notes)) {
    const store = new WitnessedNotes(notes);
    store.setAside(site, origin);
    store.close();
  }
  const newest = witnessedPath(dataDir, site);
  const aside = witnessedPath(dataDir, logFileName(site, origin));
  if (existsSync(newest)) renameSync(newest, aside);
}
