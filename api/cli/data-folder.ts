import { join } from 'node:path';
import { fromHex } from '../../ledger/core/bytes.ts';
import { readKek } from '../../ledger/log-keys.ts';
import { type StoreLocation, storeLocation } from '../../ledger/store/location.ts';
import type { Policies } from '../../ledger/witness/site-policy.ts';
import type { ChainSettings } from '../anchor/anchoring-options.ts';
import { readConfig } from '../config.ts';
import type { Environment } from './command.ts';

/** Where the data of a service are: as its environment says, `--data` over it. */
export interface DataFolder {
  readonly dataDir: string;
  readonly keysDir: string;
  readonly checkpointPath: string | undefined;
  readonly kek: Uint8Array | undefined;
  readonly policies: Policies | undefined;
  /** Chains that the logs are anchored on. */
  readonly chains: Pick<ChainSettings, 'fabric' | 'ethereum'>;
  /** In place of the folder and the file of checkpoints. Its URLs hold passwords. */
  readonly database: DataBase | undefined;
}

export interface DataBase {
  readonly url: string;
  /** Of the last signed checkpoints; the same unless given. */
  readonly checkpointUrl: string | undefined;
  readonly deadlineMs: number;
}

/** Option of every command that works on the store itself. */
export const DATA_OPTION = { data: { type: 'string' } } as const;

/** Throws `ConfigError` with all mistakes of the environment at once. */
export function dataFolder(data: string | undefined, env: Environment): DataFolder {
  const given = data === undefined ? env : { ...env, BILLPROOF_DATA: data };
  const config = readConfig(given);
  const { dataFolder: dataDir, keyFolder, checkpointFolder, kek, policies, database } = config;
  return {
    dataDir,
    keysDir: keyFolder,
    checkpointPath: checkpointFolder && join(checkpointFolder, 'checkpoints.db'),
    kek: kek === undefined ? undefined : fromHex(kek),
    policies,
    chains: config,
    database: data === undefined ? database : undefined,
  };
}

export function locationOf({ dataDir, database }: DataFolder): StoreLocation {
  return storeLocation(dataDir, database);
}

/** The key-encryption key of data that are there. Refuses `key-file`. */
export function kekOf({ kek, keysDir }: DataFolder): Uint8Array {
  return kek ?? readKek(keysDir);
}

/** What a command tells where the data are; no URL, since that holds a password. */
export function nameOf({ dataDir, database }: DataFolder): string {
  return database === undefined ? dataDir : 'the database';
}
