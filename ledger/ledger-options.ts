import type { DatabaseOptions } from './cluster/cluster.ts';

export interface LedgerOptions {
  /** Folder of the events' database. */
  readonly dataDir: string;
  /** A database instead, that other processes may work on too. */
  readonly database?: DatabaseOptions | undefined;
  /** Folder of secrets: log keys, and the key-encryption key unless `kek` gives it. */
  readonly keysDir?: string | undefined;
  /** File of the last signed checkpoints; best on another disk. */
  readonly checkpointPath?: string | undefined;
  readonly kek?: Uint8Array | undefined;
  /** Longest time from a commit to its signed checkpoint. */
  readonly checkpointMs?: number | undefined;
  /** Lets `setClock` move the ledger's time: for the demonstration and tests only. */
  readonly simulatedClock?: boolean | undefined;
}
