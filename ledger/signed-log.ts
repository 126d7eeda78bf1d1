import type { SiteRow, StoreReader } from './store/port.ts';

/** A site's log as its latest checkpoint has it. */
export interface SignedLog {
  readonly site: string;
  readonly origin: string;
  readonly zone: string;
  /** Events under that checkpoint. */
  readonly size: number;
  /** When it was signed, by the ledger's clock; undefined while there is none. */
  readonly atMs: number | undefined;
}

export function signedLog(store: StoreReader, { site, origin, zone }: SiteRow): SignedLog {
  const checkpoint = store.checkpoint(site);
  return { site, origin, zone, size: checkpoint?.size ?? 0, atMs: checkpoint?.atMs };
}
