import { refuseNewerSchema } from '../schema-version.ts';
import type { PostgresBridge } from './bridge.ts';
import { LOCKS } from './locks.ts';

/**
 * Each entry moves the schema by one version, a statement a member, and is never edited once released. Texts are compared by bytes (COLLATE "C"), as SQLite does; packed bytes are stored outside
 * the row and not packed again (EXTERNAL).
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE sites (
      site text COLLATE "C" PRIMARY KEY, origin text COLLATE "C" NOT NULL UNIQUE,
      currency text COLLATE "C" NOT NULL, zone text COLLATE "C" NOT NULL,
      vkey text COLLATE "C" NOT NULL, created_ms bigint NOT NULL,
      projected_leaf bigint NOT NULL DEFAULT 0, projected_record bigint NOT NULL DEFAULT 0)`,
    `CREATE TABLE segments (
      site text COLLATE "C" NOT NULL, first_leaf bigint NOT NULL, first_record bigint NOT NULL,
      leaf_count bigint NOT NULL, record_count bigint NOT NULL,
      commitments bytea NOT NULL, events bytea NOT NULL, batches bytea NOT NULL,
      PRIMARY KEY (site, first_leaf, first_record))`,
    `ALTER TABLE segments ALTER commitments SET STORAGE EXTERNAL,
      ALTER events SET STORAGE EXTERNAL, ALTER batches SET STORAGE EXTERNAL`,
    'CREATE INDEX segments_by_record ON segments (site, first_record)',
    `CREATE TABLE nodes (
      site text COLLATE "C" NOT NULL, level bigint NOT NULL, idx bigint NOT NULL,
      hash bytea NOT NULL, PRIMARY KEY (site, level, idx))`,
    `CREATE TABLE account_keys (
      site text COLLATE "C" NOT NULL, account text COLLATE "C" NOT NULL, year bigint NOT NULL,
      wrapped bytea NOT NULL, PRIMARY KEY (site, account, year))`,
    `CREATE TABLE states (
      site text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL,
      doc text COLLATE "C" NOT NULL, PRIMARY KEY (site, kind, id))`,
    `CREATE TABLE balances (
      site text COLLATE "C" NOT NULL, book text COLLATE "C" NOT NULL,
      micros text COLLATE "C" NOT NULL, PRIMARY KEY (site, book))`,
    `CREATE TABLE places (
      site text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL,
      first bigint NOT NULL, count bigint NOT NULL, numbers bytea NOT NULL,
      PRIMARY KEY (site, kind, id, first))`,
    `CREATE TABLE checkpoints (
      site text COLLATE "C" NOT NULL, size bigint NOT NULL, note text COLLATE "C" NOT NULL,
      at_ms bigint NOT NULL, PRIMARY KEY (site, size))`,
    `CREATE TABLE statements (
      site text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL,
      account text COLLATE "C" NOT NULL, period text COLLATE "C" NOT NULL,
      n bigint NOT NULL, leaf bigint NOT NULL, PRIMARY KEY (site, id))`,
    'CREATE INDEX statements_by_account ON statements (site, account, id)',
    `CREATE TABLE idempotency (
      site text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL,
      request_hash text COLLATE "C" NOT NULL, response text COLLATE "C" NOT NULL,
      at_ms bigint NOT NULL, PRIMARY KEY (site, key))`,
    `CREATE TABLE directory (
      site text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL,
      doc text COLLATE "C" NOT NULL, PRIMARY KEY (site, kind, id))`,
    `CREATE TABLE evidence (
      site text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL,
      at text COLLATE "C" NOT NULL, doc text COLLATE "C" NOT NULL, PRIMARY KEY (site, id))`,
    `CREATE TABLE writers (
      writer bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, address text COLLATE "C",
      beats bigint NOT NULL DEFAULT 0, writes bigint NOT NULL DEFAULT 0)`,
    `CREATE TABLE owners (
      site text COLLATE "C" PRIMARY KEY, epoch bigint NOT NULL, writer bigint)`,
    `CREATE TABLE log_keys (origin text COLLATE "C" PRIMARY KEY, wrapped bytea NOT NULL)`,
  ],
  [
    `CREATE TABLE anchors (
      site text COLLATE "C" NOT NULL, chain text COLLATE "C" NOT NULL, size bigint NOT NULL,
      note text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL,
      network text COLLATE "C" NOT NULL, at_ms bigint NOT NULL, place text COLLATE "C" NOT NULL,
      receipt bytea NOT NULL, told boolean NOT NULL DEFAULT false,
      PRIMARY KEY (site, chain, size))`,
    'ALTER TABLE anchors ALTER receipt SET STORAGE EXTERNAL',
    'CREATE INDEX anchors_untold ON anchors (site, chain, size) WHERE NOT told',
    `CREATE TABLE pending_anchors (
      site text COLLATE "C" NOT NULL, chain text COLLATE "C" NOT NULL, size bigint NOT NULL,
      note text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, bytes bytea NOT NULL,
      PRIMARY KEY (site, chain))`,
    'CREATE TABLE anchor_parts (hash text COLLATE "C" PRIMARY KEY, bytes bytea NOT NULL)',
    'ALTER TABLE anchor_parts ALTER bytes SET STORAGE EXTERNAL',
    `CREATE TABLE followed_chains (
      site text COLLATE "C" NOT NULL, chain text COLLATE "C" NOT NULL, PRIMARY KEY (site, chain))`,
    'CREATE TABLE asked_rounds (scope text COLLATE "C" PRIMARY KEY, count bigint NOT NULL)',
    `CREATE TABLE witnessed_last (
      site text COLLATE "C" PRIMARY KEY, size bigint NOT NULL, note text COLLATE "C" NOT NULL)`,
    `CREATE TABLE witnessed_notes (
      site text COLLATE "C" NOT NULL, size bigint NOT NULL, at_ms bigint NOT NULL,
      note text COLLATE "C" NOT NULL, PRIMARY KEY (site, size))`,
    'CREATE INDEX witnessed_notes_by_time ON witnessed_notes (site, at_ms)',
  ],
];

export const SCHEMA_VERSION = MIGRATIONS.length;

const LOCK_KEY = `${LOCKS.schema}, hashtext(current_schema())`;

/**
 * Brings a database to this program's schema, each version in one transaction; refuses
 * (`schema-newer`) one of a later program. Tables lie in the first schema of `search_path`. Of two
 * programs that start at once one migrates, the other waits for it and finds it done.
 */
export function migratePostgres(bridge: PostgresBridge): void {
  bridge.run('bare', [{ text: `SELECT pg_advisory_lock(${LOCK_KEY})` }]);
  bridge.run('bare', [
    { text: 'CREATE TABLE IF NOT EXISTS schema_version (version bigint PRIMARY KEY)' },
  ]);
  const [result] = bridge.run('bare', [
    { text: 'SELECT coalesce(max(version), 0) AS version FROM schema_version' },
  ]);
  const found = Number(result?.rows[0]?.['version'] ?? 0);
  refuseNewerSchema(found, SCHEMA_VERSION);
  for (const [i, statements] of MIGRATIONS.entries()) {
    if (i < found) continue;
    bridge.run('write', [
      ...statements.map((text) => ({ text })),
      { text: 'INSERT INTO schema_version VALUES ($1)', values: [i + 1] },
    ]);
  }
  bridge.run('bare', [{ text: `SELECT pg_advisory_unlock(${LOCK_KEY})` }]);
}
