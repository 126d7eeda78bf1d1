import { blob, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Tables of the ledger. `migrate.ts` makes them; a test holds the two against each other. */

export const sites = sqliteTable('sites', {
  site: text('site').primaryKey(),
  origin: text('origin').notNull().unique(),
  currency: text('currency').notNull(),
  zone: text('zone').notNull(),
  vkey: text('vkey').notNull(),
  createdMs: integer('created_ms').notNull(),
  /** Leaves and records that the projections below already hold. */
  projectedLeaf: integer('projected_leaf').notNull().default(0),
  projectedRecord: integer('projected_record').notNull().default(0),
});

/** The log itself: up to 256 events a row. Rows are joined; what they hold is never changed. */
export const segments = sqliteTable(
  'segments',
  {
    site: text('site').notNull(),
    firstLeaf: integer('first_leaf').notNull(),
    firstRecord: integer('first_record').notNull(),
    leafCount: integer('leaf_count').notNull(),
    recordCount: integer('record_count').notNull(),
    commitments: blob('commitments', { mode: 'buffer' }).notNull(),
    events: blob('events', { mode: 'buffer' }).notNull(),
    batches: blob('batches', { mode: 'buffer' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.site, table.firstLeaf, table.firstRecord] }),
    index('segments_by_record').on(table.site, table.firstRecord),
  ],
);

export const nodes = sqliteTable(
  'nodes',
  {
    site: text('site').notNull(),
    level: integer('level').notNull(),
    idx: integer('idx').notNull(),
    hash: blob('hash', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.level, table.idx] })],
);

export const accountKeys = sqliteTable(
  'account_keys',
  {
    site: text('site').notNull(),
    account: text('account').notNull(),
    year: integer('year').notNull(),
    wrapped: blob('wrapped', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.account, table.year] })],
);

/** Projections: state documents by kind (`account`, `meter`, `bridge`). */
export const states = sqliteTable(
  'states',
  {
    site: text('site').notNull(),
    kind: text('kind').notNull(),
    id: text('id').notNull(),
    doc: text('doc').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.kind, table.id] })],
);

export const balances = sqliteTable(
  'balances',
  {
    site: text('site').notNull(),
    book: text('book').notNull(),
    micros: text('micros').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.book] })],
);

/** Where an account's events (`kind` account) or a meter's records (`kind` meter) stand, in chunks. */
export const places = sqliteTable(
  'places',
  {
    site: text('site').notNull(),
    kind: text('kind').notNull(),
    id: text('id').notNull(),
    /** Of accounts: `n` of the first event; of meters: position of the first record. */
    first: integer('first').notNull(),
    count: integer('count').notNull(),
    numbers: blob('numbers', { mode: 'buffer' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.kind, table.id, table.first] })],
);

export const checkpoints = sqliteTable(
  'checkpoints',
  {
    site: text('site').notNull(),
    size: integer('size').notNull(),
    note: text('note').notNull(),
    atMs: integer('at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.size] })],
);

export const statements = sqliteTable(
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

export const idempotency = sqliteTable(
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

/** What is shown but is in no event: names, share keys. */
export const directory = sqliteTable(
  'directory',
  {
    site: text('site').notNull(),
    kind: text('kind').notNull(),
    id: text('id').notNull(),
    doc: text('doc').notNull(),
  },
  (table) => [primaryKey({ columns: [table.site, table.kind, table.id] })],
);

export const evidence = sqliteTable(
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
