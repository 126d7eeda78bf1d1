// The port between the ledger and whatever keeps its bytes. Methods are synchronous: the writer has a
// thread of its own, and readers elsewhere open a reader of their own. Leaf, record and event numbers
// are safe integers; commitments and hashes are 32 bytes; money is micros.

export interface SiteRow {
  readonly site: string;
  readonly origin: string;
  readonly currency: string;
  readonly zone: string;
  readonly vkey: string;
}

export interface StoredBatch {
  readonly jws: string;
  readonly records: readonly string[];
  /** Events of its group or segment that stand before it. */
  readonly eventsBefore: number;
}

/** A stretch of the log: events and batches in the order in which they were taken. */
export interface Segment {
  readonly firstLeaf: number;
  readonly firstRecord: number;
  /** 32 bytes an event. */
  readonly commitments: Uint8Array;
  /** Canonical texts, hence without line breaks. */
  readonly events: readonly string[];
  readonly batches: readonly StoredBatch[];
}

/** What one site adds in one durable step. */
export interface Group extends Segment {
  readonly site: string;
  /** Subtrees that these leaves complete, on levels 8, 16, 24… */
  readonly nodes: readonly TreeNode[];
  readonly keys: readonly WrappedKey[];
  readonly statements: readonly StatementRow[];
  readonly idempotency: readonly Replay[];
  readonly directory: readonly DirectoryRow[];
  readonly evidence: readonly EvidenceRow[];
  /**
   * From this group on the site has another log, under this name and key: the checkpoints that the one
   * before has signed are forgotten, since this one has not signed them.
   */
  readonly renamed?: Pick<SiteRow, 'origin' | 'vkey'> | undefined;
}

export interface TreeNode {
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
}
export interface WrappedKey {
  readonly account: string;
  readonly year: number;
  /** As `ledger/account-keys.ts` wrapped it. */
  readonly wrapped: Uint8Array;
}
/** A row for look-ups; its truth is the event at `leaf`. */
export interface StatementRow {
  readonly id: string;
  readonly account: string;
  readonly period: string;
  readonly n: number;
  readonly leaf: number;
}
/** What a request was answered, for when it is sent again. */
export interface Replay {
  readonly key: string;
  readonly requestHash: string;
  readonly response: string;
}
/** Display data that is in no event. */
export interface DirectoryRow {
  readonly kind: string;
  readonly id: string;
  readonly doc: string;
}
export interface EvidenceRow {
  readonly id: string;
  readonly kind: string;
  readonly at: string;
  readonly doc: string;
}
export interface CheckpointRow {
  readonly size: number;
  /** The signed note. */
  readonly note: string;
  readonly atMs: number;
}

/** Of so many keys after one, those whose answer is older than a time and that do not begin so. */
export interface ForgetStep {
  readonly after: string;
  readonly limit: number;
  readonly beforeMs: number;
  readonly but: string;
}

/** What changed since the projection before. Documents are texts that only the writer reads. */
export interface Projection {
  /** It holds everything before this leaf and this record. */
  readonly leaf: number;
  readonly record: number;
  readonly accounts: ReadonlyMap<string, string>;
  readonly meters: ReadonlyMap<string, string>;
  readonly bridges: ReadonlyMap<string, string>;
  readonly balances: ReadonlyMap<string, bigint>;
  /** New events of each account, gapless. */
  readonly accountIndex: ReadonlyMap<
    string,
    readonly { readonly n: number; readonly leaf: number }[]
  >;
  /** Numbers of each meter's new records, rising. */
  readonly meterIndex: ReadonlyMap<string, readonly number[]>;
}

/**
 * What is durable. Two calls may see two moments, one call sees one; the log itself only grows. Asking
 * for a leaf or record that the log does not hold is refused as `store-damaged`.
 */
export interface StoreReader {
  sites(): SiteRow[];
  /** Leaves and records of a site. */
  size(site: string): { readonly leaves: number; readonly records: number };
  /** The whole projection as it was saved last. Refuses `site-unknown`. */
  loadProjection(site: string): Omit<Projection, 'accountIndex' | 'meterIndex'>;
  /**
   * The log from a place between two groups, one segment at a time: 0 and 0, or the leaf and record of
   * a projection, or the end of a segment.
   */
  segments(site: string, fromLeaf: number, fromRecord: number): Iterable<Segment>;
  /** 32 bytes for each of the leaves `[from, to)`. */
  commitments(site: string, from: number, to: number): Uint8Array;
  /** Hashes `[from, to)` of a level (8, 16, 24…), joined. All of them are complete subtrees. */
  nodes(site: string, level: number, from: number, to: number): Uint8Array;
  /** Texts in the order asked for; cheapest when that is rising. */
  readEvents(site: string, leaves: readonly number[]): Iterable<string>;
  readRecords(site: string, indexes: readonly number[]): Iterable<string>;
  /** The batch that a record came in. */
  batchOf(
    site: string,
    record: number,
  ): { readonly jws: string; readonly records: readonly string[]; readonly firstRecord: number };
  /** Leaves of an account's events `[fromN, toN)`, in order, as far as the projection has them. */
  accountLeaves(site: string, account: string, fromN: number, toN: number): number[];
  /** Numbers of a meter's records, rising, as far as the projection has them. */
  meterRecords(site: string, meter: string): number[];
  accountKeys(site: string): WrappedKey[];
  /** The latest checkpoint, or that of exactly `size` leaves. */
  checkpoint(site: string, size?: number): CheckpointRow | undefined;
  statement(site: string, id: string): StatementRow | undefined;
  /** By id, those after `after`; of one account or month when it is given. */
  statements(
    site: string,
    page: {
      readonly account?: string | undefined;
      readonly period?: string | undefined;
      readonly after?: string | undefined;
      readonly limit: number;
    },
  ): StatementRow[];
  idempotent(site: string, key: string): Replay | undefined;
  directory(site: string, kind: string, id: string): string | undefined;
  directoryPage(site: string, kind: string, after: string, limit: number): DirectoryRow[];
  evidence(site: string, after: string, limit: number): EvidenceRow[];
  balances(site: string): { readonly book: string; readonly micros: bigint }[];
  close(): void;
}

/**
 * One thread of one process writes. What a method wrote is on disk when it returns, all of it; when it
 * throws `StoreFull` or `StoreUnavailable` nothing of it was written and it may be called again as it
 * was. When the machine dies during a call, either all or nothing of it is there afterwards.
 */
export interface Store extends StoreReader {
  /** Sites that this store may write to, as far as it knows: all, unless others write to them too. */
  owned(): string[];
  /** Refuses `site-exists`. */
  createSite(row: SiteRow, nowMs: number): void;
  /**
   * Appends to the logs of one or more sites, each exactly where it ends, in one transaction. A group
   * that leaves a gap or was written already is an assertion.
   */
  commit(groups: readonly Group[], nowMs: number): void;
  /** The projection at a place between two groups, not before the last one. */
  saveProjection(site: string, projection: Projection): void;
  /** Written over one of the same size. */
  addCheckpoint(site: string, row: CheckpointRow): void;
  putDirectory(site: string, row: DirectoryRow): void;
  /** Forgets a key so that no file of the store holds it any more; false when there was none. */
  eraseAccountKey(site: string, account: string, year: number): boolean;
  /**
   * One step, of some milliseconds, of joining the small segments that the projection covers. Readers
   * see no difference. Answers whether the next step may find more; call it when there is time.
   */
  compact(site: string): boolean;
  /** One step of forgetting answers; the last key that was looked at, undefined after the last of all. */
  forgetReplays(site: string, step: ForgetStep): string | undefined;
  /** Copies the store as of one moment into a new file, while writing goes on. */
  backup(path: string): Promise<void>;
}

/**
 * A store that several processes write to, each to the sites that it owns. What another process has
 * taken over is not written to any more: such a call throws `StoreFenced`, and `owned` knows.
 */
export interface SharedStore extends Store {
  /** Becomes the owner of those that nobody owns, or that belong to a process that is gone; says which. */
  take(sites: readonly string[]): string[];
  /** Lets others have them. */
  release(sites: readonly string[]): void;
  /** Number of this writer among those of the database, never used twice. */
  readonly writer: number;
  /** Goes on as a new writer, without sites, after all of them were taken over. */
  rejoin(): void;
}
