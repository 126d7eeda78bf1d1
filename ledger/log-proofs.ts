import type { CheckpointRow } from './store/port.ts';

/**
 * What witnesses and chains need of the logs. Asynchronous, since the logs may be in a database that only
 * a thread of its own may wait for. Each call sees one moment, two calls may see two. Throws what the
 * store throws.
 */
export interface LogProofs {
  /** The latest signed checkpoint. */
  latest(site: string): Promise<CheckpointRow | undefined>;
  /** The signed note of exactly this size, if there is one. */
  noteAt(site: string, size: number): Promise<string | undefined>;
  /** RFC 6962 consistency proof between two sizes of the tree as it is stored. */
  prove(site: string, from: number, to: number): Promise<readonly Uint8Array[]>;
  /** Root of the first `size` events; undefined when there are not so many. */
  rootAt(site: string, size: number): Promise<Uint8Array | undefined>;
  /** Whether anything but news of anchors was logged in `[from, to)`. */
  hasNews(site: string, from: number, to: number): Promise<boolean>;
}
