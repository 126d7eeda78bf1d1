import { sql } from 'drizzle-orm';
import { bigint, boolean, customType, index, pgTable, primaryKey } from 'drizzle-orm/pg-core';

/**
 * Tables of the ledger in PostgreSQL, the same as in `../sqlite/schema.ts`, two of its own, and those of
 * what chains and witnesses keep, which without a database is in files beside the store. `migrate.ts`
 * makes them; a test holds all of it against each other. `docs/storage.md` says how a table is written
 * for both.
 */

/** Compared by bytes as in SQLite, whatever language the database was made for. */
const text = customType<{ data: string }>({ dataType: () => 'text' });
const bytea = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' });
const integer = (name: string) => bigint(name, { mode: 'number' });

export const sites = pgTable('sites', {
  site: text('site').primaryKey(),
  origin: text('origin').notNull().unique(),
  currency: text('currency').notNull(),
  zone: text('zone').notNull(),
  vkey: text('vkey').notNull(),
  createdMs: integer('created_ms').notNull(),
  projectedLeaf: integer('projected_leaf').notNull().default(0),
  projectedRecord: integer('projected_record').notNull().default(0),
});

export const segments = pgTable(
  'segments',
  {
    site: text('site').notNull(),
    firstLeaf: integer('first_leaf').notNull(),
    firstRecord: integer('first_record').notNull(),
    leafCount: integer('leaf_count').notNull(),
    recordCount: integer('record_count').notNull(),
    commitments: bytea('commitments').notNull(),
    events: bytea('events').notNull(),
    batches: bytea('batches').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.site, table.firstLeaf, table.firstRecord] }),
    index('segments_by_record').on(table.site, table.firstRecord),
  ],
);

export const nodes = pgTable(
  'nodes',
  {
    site: text('site').notNull(),
    level: integer('level').notNull(),
    idx: integer('idx').notNull(),
    hash: bytea('hash').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.level, table.idx] })],
);

export const accountKeys = pgTable(
  'account_keys',
  {
    site: text('site').notNull(),
    account: text('account').notNull(),
    year: integer('year').notNull(),
    wrapped: bytea('wrapped').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.account, table.year] })],
);

export const states = pgTable(
  'states',
  {
    site: text('site').notNull(),
    kind: text('kind').notNull(),
    id: text('id').notNull(),
    doc: text('doc').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.kind, table.id] })],
);

export const balances = pgTable(
  'balances',
  {
    site: text('site').notNull(),
    book: text('book').notNull(),
    micros: text('micros').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.book] })],
);

export const places = pgTable(
  'places',
  {
    site: text('site').notNull(),
    kind: text('kind').notNull(),
    id: text('id').notNull(),
    first: integer('first').notNull(),
    count: integer('count').notNull(),
    numbers: bytea('numbers').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.kind, table.id, table.first] })],
);

export const checkpoints = pgTable(
  'checkpoints',
  {
    site: text('site').notNull(),
    size: integer('size').notNull(),
    note: text('note').notNull(),
    atMs: integer('at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.size] })],
);

export const statements = pgTable(
  'statements',
  {
    site: text('site').notNull(),
    id: text('id').notNull(),
    account: text('account').notNull(),
    period: text('period').notNull(),
    n: integer('n').notNull(),
    leaf: integer('leaf').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.site, table.id] }),
    index('statements_by_account').on(table.site, table.account, table.id),
  ],
);

export const idempotency = pgTable(
  'idempotency',
  {
    site: text('site').notNull(),
    key: text('key').notNull(),
    requestHash: text('request_hash').notNull(),
    response: text('response').notNull(),
    atMs: integer('at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.key] })],
);

export const directory = pgTable(
  'directory',
  {
    site: text('site').notNull(),
    kind: text('kind').notNull(),
    id: text('id').notNull(),
    doc: text('doc').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.kind, table.id] })],
);

export const evidence = pgTable(
  'evidence',
  {
    site: text('site').notNull(),
    id: text('id').notNull(),
    kind: text('kind').notNull(),
    at: text('at').notNull(),
    doc: text('doc').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.id] })],
);

/** Only here: processes that write (`ownership.ts`). */
export const writers = pgTable('writers', {
  /** Never used twice. */
  writer: integer('writer').primaryKey().generatedAlwaysAsIdentity(),
  /** Where other processes reach it; null for one that is alone. */
  address: text('address'),
  /** Grows while it lives. */
  beats: integer('beats').notNull().default(0),
  /** Its transactions: tells whether the last one was committed. */
  writes: integer('writes').notNull().default(0),
});

/** Only here: which of them writes to a site. */
export const owners = pgTable('owners', {
  site: text('site').primaryKey(),
  /** Grows by one with every owner. */
  epoch: integer('epoch').notNull(),
  /** Null, or a writer that is not there any more: nobody's. */
  writer: integer('writer'),
});

/** Only here: what SQLite's service has in files. Wrapped under the key-encryption key. */
export const logKeys = pgTable('log_keys', {
  origin: text('origin').primaryKey(),
  wrapped: bytea('wrapped').notNull(),
});

/** Only here: what SQLite keeps as `user_version`. One row a version, the largest counts. */
export const schemaVersion = pgTable('schema_version', {
  version: integer('version').primaryKey(),
});

/** Only here, as all below: checkpoints with a receipt of a chain (`../../anchor/anchor-store.ts`). */
export const anchors = pgTable(
  'anchors',
  {
    site: text('site').notNull(),
    chain: text('chain').notNull(),
    size: integer('size').notNull(),
    note: text('note').notNull(),
    kind: text('kind').notNull(),
    network: text('network').notNull(),
    atMs: integer('at_ms').notNull(),
    place: text('place').notNull(),
    receipt: bytea('receipt').notNull(),
    told: boolean('told').notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.site, table.chain, table.size] }),
    index('anchors_untold').on(table.site, table.chain, table.size).where(sql`NOT told`),
  ],
);

/** Transactions that may have been sent, one a log and chain. */
export const pendingAnchors = pgTable(
  'pending_anchors',
  {
    site: text('site').notNull(),
    chain: text('chain').notNull(),
    size: integer('size').notNull(),
    note: text('note').notNull(),
    id: text('id').notNull(),
    bytes: bytea('bytes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.chain] })],
);

/** Long texts that receipts share, by their SHA-256. */
export const anchorParts = pgTable('anchor_parts', {
  hash: text('hash').primaryKey(),
  bytes: bytea('bytes').notNull(),
});

/** Where each log is anchored now. */
export const followedChains = pgTable(
  'followed_chains',
  { site: text('site').notNull(), chain: text('chain').notNull() },
  (table) => [primaryKey({ columns: [table.site, table.chain] })],
);

/** How often all were asked to anchor at once. One row, scope `*`. */
export const askedRounds = pgTable('asked_rounds', {
  scope: text('scope').primaryKey(),
  count: integer('count').notNull(),
});

/** The last checkpoint of each log that a quorum cosigned (`../../witness/witnessed-store.ts`). */
export const witnessedLast = pgTable('witnessed_last', {
  site: text('site').primaryKey(),
  size: integer('size').notNull(),
  note: text('note').notNull(),
});

/** Cosigned checkpoints of the past, thinned out. */
export const witnessedNotes = pgTable(
  'witnessed_notes',
  {
    site: text('site').notNull(),
    size: integer('size').notNull(),
    atMs: integer('at_ms').notNull(),
    note: text('note').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.site, table.size] }),
    index('witnessed_notes_by_time').on(table.site, table.atMs),
  ],
);
