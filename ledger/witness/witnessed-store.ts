/** A checkpoint with the quorum's cosignatures. */
export interface WitnessedCheckpoint {
  readonly size: number;
  readonly note: string;
}

/** One note in so much time is enough to date a price list that is published some hours ahead. */
export const KEEP_EVERY_MS = 600_000;

/**
 * What is kept of cosigned checkpoints. All of it can be had again or is missed for dates only, so nobody
 * waits for it, and what a machine wrote last may be lost with it. A method that rejects may be called
 * again as it was.
 */
export interface WitnessedStore {
  /** The note that was put last, not yet believed; undefined when there is nothing that can be read. */
  last(site: string): Promise<string | undefined>;
  /** A smaller tree than the one that is there changes nothing. */
  putLast(site: string, checkpoint: WitnessedCheckpoint): Promise<void>;
  /** Keeps it for dates, unless one was kept less than `KEEP_EVERY_MS` ago. */
  keep(site: string, checkpoint: WitnessedCheckpoint, nowMs: number): Promise<void>;
  /** The smallest kept checkpoint with at least `size` events. */
  covering(site: string, size: number): Promise<WitnessedCheckpoint | undefined>;
  close(): Promise<void>;
}
