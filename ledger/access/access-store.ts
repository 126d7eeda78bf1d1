/** A JSON document about who may do what, as it was when it was read. */
export interface AccessRecord {
  readonly id: string;
  /** Counts from 1 by each change. */
  readonly version: number;
  readonly doc: unknown;
}

/** One document of a write, and what it has to be before. */
export interface AccessChange {
  readonly kind: string;
  readonly id: string;
  /** The version that was read; 0 where there was none. */
  readonly was: number;
  /** Absent: it is taken away. */
  readonly doc?: object;
}

export interface AccessPage {
  /** What the ids begin with. */
  readonly prefix?: string;
  /** The last id of the page before. */
  readonly after?: string;
  readonly limit: number;
}

/**
 * People, sessions, keys, invitations and the audit log: what belongs to the whole server and to no
 * site's log, since it is secret or has to be forgotten. Several processes work on one store; each sees at
 * once what another has written.
 */
export interface AccessStore {
  find(kind: string, id: string): Promise<AccessRecord | undefined>;
  /** In the order of the ids' UTF-8 bytes. */
  page(kind: string, page: AccessPage): Promise<AccessRecord[]>;
  /**
   * All of the changes, durable when it resolves to true; none, and false, when one of the documents is
   * not as it was read. After `StoreUnavailable` all or none of it may be there.
   */
  write(changes: readonly AccessChange[]): Promise<boolean>;
  /** Every kind there is, for copies. */
  kinds(): Promise<string[]>;
  close(): Promise<void>;
}

/** Where a data folder has it. */
export const ACCESS_FILE = 'access.db';
