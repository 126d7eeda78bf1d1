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
  /** Goes on as a new writer after this one was taken over; answers its number. */
  | { readonly kind: 'rejoin' }
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

/** A request before it has a number. */
export type Body = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

/** What the thread is started with. Secrets stay in the process. */
export interface WriterSetup {
  readonly dataDir: string;
  readonly checkpointPath: string;
  readonly keysDir: string;
  readonly kek: Uint8Array;
  /** A database to write to instead of files in the data folder. */
  readonly database?: SharedDatabase | undefined;
  readonly checkpointMs: number;
  readonly simulatedClock: boolean;
}

/** The URL holds a password: it is never told in a message. */
export interface SharedDatabase {
  /** `postgres://` URL of the events, and of the last signed checkpoints: best another server. */
  readonly url: string;
  readonly checkpointUrl: string;
  /** Where other processes reach this one. */
  readonly address: string;
  /** How long the database may take for one answer. */
  readonly deadlineMs?: number | undefined;
}
