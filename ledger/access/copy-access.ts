import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresOptions } from '../store/postgres/postgres-reader.ts';
import { ACCESS_FILE, type AccessStore } from './access-store.ts';
import { PostgresAccessStore } from './postgres-access-store.ts';
import { SqliteAccessStore } from './sqlite-access-store.ts';

const AT_ONCE = 500;

/** Every record, into a store that has none: one that has some stays as it is, since it is no older. */
export async function copyAccess(from: AccessStore, to: AccessStore): Promise<void> {
  if ((await to.kinds()).length > 0) return;
  for (const kind of await from.kinds()) {
    for (let after: string | undefined, isMore = true; isMore; ) {
      const records = await from.page(kind, { limit: AT_ONCE, ...(after && { after }) });
      const changes = records.flatMap(({ id, doc }) => {
        return typeof doc === 'object' && doc !== null ? [{ kind, id, was: 0, doc }] : [];
      });
      if (changes.length > 0) await to.write(changes);
      after = records.at(-1)?.id;
      isMore = records.length === AT_ONCE;
    }
  }
}

/** From a database into the folder of a backup. */
export async function saveAccess(options: PostgresOptions, folder: string): Promise<void> {
  await between(options, folder, (database, file) => copyAccess(database, file));
}

/** From the folder of a backup into a database; a backup from before there was any has none. */
export async function putAccess(options: PostgresOptions, folder: string): Promise<void> {
  if (!existsSync(join(folder, ACCESS_FILE))) return;
  await between(options, folder, (database, file) => copyAccess(file, database));
}

async function between(
  options: PostgresOptions,
  folder: string,
  copy: (database: AccessStore, file: AccessStore) => Promise<void>,
): Promise<void> {
  const database = new PostgresAccessStore(options);
  const file = new SqliteAccessStore(join(folder, ACCESS_FILE));
  try {
    await copy(database, file);
  } finally {
    await database.close();
    await file.close();
  }
}
