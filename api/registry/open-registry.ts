import { join } from 'node:path';
import { KeyWrap } from '../../ledger/account-keys.ts';
import { fromHex } from '../../ledger/core/bytes.ts';
import { readOrMakeKek } from '../../ledger/log-keys.ts';
import { PersonalData } from '../../ledger/registry/personal-data.ts';
import { REGISTRY_FILE, type RegistryStore } from '../../ledger/registry/registry-store.ts';
import { SqliteRegistryStore } from '../../ledger/registry/sqlite-registry-store.ts';
import type { Config } from '../config.ts';
import { Registry } from './registry.ts';

type Settings = Pick<Config, 'dataFolder' | 'database' | 'keyFolder' | 'kek'>;

/** Where the settings have it, under the same key-encryption key as the ledger. */
export async function openRegistry(settings: Settings, nowMs: () => number): Promise<Registry> {
  const { kek, keyFolder } = settings;
  const wrap = new KeyWrap(kek === undefined ? readOrMakeKek(keyFolder) : fromHex(kek));
  const store = await registryStore(settings);
  return new Registry({ store, personal: new PersonalData(store, wrap), nowMs });
}

/** The clients of a pool are loaded only for a database. */
async function registryStore({ dataFolder, database }: Settings): Promise<RegistryStore> {
  if (database === undefined) return new SqliteRegistryStore(join(dataFolder, REGISTRY_FILE));
  const { PostgresRegistryStore } = await import(
    '../../ledger/registry/postgres-registry-store.ts'
  );
  return new PostgresRegistryStore({ url: database.url, deadlineMs: database.deadlineMs });
}
