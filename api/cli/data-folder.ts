import { join } from 'node:path';
import { fromHex } from '../../ledger/core/bytes.ts';
import type { Policies } from '../../ledger/witness/site-policy.ts';
import type { ChainSettings } from '../anchor/anchoring-options.ts';
import { readConfig } from '../config.ts';
import type { Environment } from './command.ts';

/** Where the data of a service lies: as its environment says, `--data` over it. */
export interface DataFolder {
  readonly dataDir: string;
  readonly keysDir: string;
  readonly checkpointPath: string | undefined;
  readonly kek: Uint8Array | undefined;
  readonly policies: Policies | undefined;
  /** Chains that the logs are anchored on. */
  readonly chains: Pick<ChainSettings, 'fabric' | 'ethereum'>;
}

/** Option of every command that works on the store itself. */
export const DATA_OPTION = { data: { type: 'string' } } as const;

/** Throws `ConfigError` with all mistakes of the environment at once. */
export function dataFolder(data: string | undefined, env: Environment): DataFolder {
  const given = data === undefined ? env : { ...env, BILLPROOF_DATA: data };
  const config = readConfig(given);
  const { dataFolder: dataDir, keyFolder, checkpointFolder, kek, policies } = config;
  return {
    dataDir,
    keysDir: keyFolder,
    checkpointPath: checkpointFolder && join(checkpointFolder, 'checkpoints.db'),
    kek: kek === undefined ? undefined : fromHex(kek),
    policies,
    chains: config,
  };
}
