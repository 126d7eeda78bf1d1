import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { saveAccess } from './access/copy-access.ts';
import { copyAttested } from './attested-tables.ts';
import { CHECKPOINTS, rememberSigned, targetExists } from './backup.ts';
import { copyCheckpoints } from './fsck-database.ts';
import { namesOf } from './log-successions.ts';
import { saveRegistry } from './registry/copy-registry.ts';
import { ledgerPath, openDatabase } from './store/location.ts';
import { copyToFile } from './store/postgres/backup-file.ts';

export interface BackupDatabaseOptions {
  readonly url: string;
  /** Of the last signed checkpoints; the same unless given. */
  readonly checkpointUrl?: string | undefined;
  readonly deadlineMs?: number | undefined;
  /** A new folder. */
  readonly out: string;
}

/**
 * Copies the ledger in a database into a folder as `backup` makes it, also while services write: what is
 * about events before the events themselves. The keys are not copied, neither those that files have nor
 * those of the logs, which the database has wrapped. Refuses `data-missing`, `target-exists`.
 */
export async function backupDatabase(options: BackupDatabaseOptions): Promise<void> {
  const { url, checkpointUrl = url, deadlineMs, out } = options;
  if (existsSync(ledgerPath(out))) throw targetExists(out);
  const reader = openDatabase({ url, deadlineMs });
  // Of logs that have ended too: their names are never given again.
  const origins = reader.sites().flatMap((row) => namesOf(reader, row).map(({ origin }) => origin));
  reader.close();
  mkdirSync(out, { recursive: true });
  await copyAttested({ url, deadlineMs }, out);
  await saveAccess({ url, deadlineMs }, out);
  await saveRegistry({ url, deadlineMs }, out);
  rmSync(join(out, CHECKPOINTS), { force: true });
  copyCheckpoints({ url: checkpointUrl, deadlineMs }, out, origins);
  await copyToFile({ url, deadlineMs }, ledgerPath(out));
  rememberSigned(out);
}
