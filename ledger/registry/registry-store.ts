/** A JSON document of a site, as it was when it was read. */
export interface RegistryRecord {
  readonly id: string;
  /** Counts from 1 by each change. */
  readonly version: number;
  readonly doc: unknown;
}

/** A word by which records are found, and its value: `['building', 'A']`. */
export type Mark = readonly [name: string, value: string];

/** One document of a write, and what it has to be before. */
export interface RegistryChange {
  readonly kind: string;
  readonly id: string;
  /** The version that was read; 0 where there was none. */
  readonly was: number;
  /** Absent: it is taken away, with its marks. */
  readonly doc?: object;
  /** All that it is found by from now on; a name may have several values. */
  readonly marks?: readonly Mark[];
}

export interface RegistryPage {
  /** Those with this mark; else all of the kind. */
  readonly mark?: Mark | undefined;
  /** The last id of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A key under which what is personal of one subject is kept, itself wrapped. */
export interface SubjectKey {
  readonly subject: string;
  readonly wrapped: Uint8Array;
}

/**
 * Buildings, rooms, tenants and leases of each site: what is in no event, since it changes, is personal, or
 * is nobody's business but the house's. Several processes work on one store; each sees at once what another
 * has written.
 */
export interface RegistryStore {
  find(site: string, kind: string, id: string): Promise<RegistryRecord | undefined>;
  /** Those of the ids that there are, in any order. */
  several(site: string, kind: string, ids: readonly string[]): Promise<RegistryRecord[]>;
  /** In the order of the ids' UTF-8 bytes. */
  page(site: string, kind: string, page: RegistryPage): Promise<RegistryRecord[]>;
  /**
   * All of the changes, durable when it resolves to true; none, and false, when one of the documents is
   * not as it was read. Each document once. After `StoreUnavailable` all or none of it may be there.
   */
  write(site: string, changes: readonly RegistryChange[]): Promise<boolean>;
  /** Keeps keys, but of subjects that have one or had one that was erased; those that are kept then. */
  keepKeys(site: string, keys: readonly SubjectKey[]): Promise<SubjectKey[]>;
  keys(site: string, subjects: readonly string[]): Promise<SubjectKey[]>;
  /** Forgets a key so that no file of the store holds it any more, for ever; false when there was none. */
  eraseKey(site: string, subject: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Where a data folder has it. */
export const REGISTRY_FILE = 'registry.db';

/** The tables, with their columns in order: for copies between the two dialects. */
export const REGISTRY_TABLES = {
  registry_records: ['site', 'kind', 'id', 'version', 'doc'],
  registry_marks: ['site', 'kind', 'mark', 'value', 'id'],
  registry_keys: ['site', 'subject', 'wrapped'],
} as const;
