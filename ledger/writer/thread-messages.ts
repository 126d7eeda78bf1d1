import type { BridgeKeyRow } from '../bridge-keys.ts';
import type { DirectoryRow } from '../store/port.ts';
import type { VerifiedBatch } from './accept-batch.ts';
import type { Command } from './messages.ts';
import type { Query } from './queries.ts';

/** What the ledger asks of its writer thread; each is answered once, by `id`. */
export type Request = { readonly id: number } & (
  | { readonly kind: 'batch'; readonly batch: VerifiedBatch }
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'query'; readonly query: Query }
  | { readonly kind: 'create-site'; readonly site: NewSite }
  /** Answered once the projections hold everything. Of all sites unless one is named, as below. */
  | { readonly kind: 'settle'; readonly site?: string }
  | { readonly kind: 'checkpoint'; readonly site?: string }
  | { readonly kind: 'take-sites'; readonly sites: readonly string[] }
  | { readonly kind: 'release-sites'; readonly sites: readonly string[] }
  | { readonly kind: 'clock'; readonly nowMs: number | undefined }
  | { readonly kind: 'health' }
  | { readonly kind: 'directory'; readonly site: string; readonly row: DirectoryRow }
  | { readonly kind: 'close' }
);

export interface NewSite {
  readonly site: string;
  readonly origin: string;
  readonly currency: string;
  readonly zone: string;
}

/** What came of `take-sites`. */
export interface TakenSites {
  readonly taken: readonly string[];
  readonly keys: readonly BridgeKeyRow[];
  /** Sites of this writer that are refused until people have looked at them. */
  readonly barred: readonly string[];
}

/** What the thread is started with. Secrets stay in the process. */
export interface WriterSetup {
  readonly dataDir: string;
  readonly checkpointPath: string;
  readonly keysDir: string;
  readonly kek: Uint8Array;
  readonly checkpointMs: number;
  readonly simulatedClock: boolean;
}
