import { hasNews } from './anchor/news.ts';
import { proveGrowth, rootIfStored } from './log-reader.ts';
import type { CheckpointRow, StoreReader } from './store/port.ts';

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

/** The same over a store that answers at once. */
export function logProofsOf(store: StoreReader): LogProofs {
  return {
    latest: async (site) => store.checkpoint(site),
    noteAt: async (site, size) => store.checkpoint(site, size)?.note,
    prove: async (site, from, to) => proveGrowth(store, site, from, to),
    rootAt: async (site, size) => rootIfStored(store, site, size),
    hasNews: async (site, from, to) => hasNews(store, site, from, to),
  };
}
