import type Database from 'better-sqlite3';
import { type LogName, logNames } from '../core/log-names.ts';
import { namesOf } from '../log-successions.ts';
import type {
  CheckpointRow,
  Projection,
  SiteRow,
  StatementRow,
  TreeNode,
  WrappedKey,
} from '../store/port.ts';
import { decodeAscending } from '../store/segment-codec.ts';
import { SqliteReader } from '../store/sqlite/sqlite-reader.ts';
import type { Place } from './jobs.ts';

/** Everything of a site beside its log, as of one moment. */
export interface SiteSnapshot {
  readonly row: SiteRow;
  readonly names: readonly LogName[];
  readonly end: Place;
  /** Places between segments, where the log may be cut for the threads. */
  readonly cuts: readonly Place[];
  readonly projection: Omit<Projection, 'accountIndex' | 'meterIndex'>;
  /** Leaves of accounts and records of meters by `kind/id`; undefined where chunks leave a gap. */
  readonly index: ReadonlyMap<string, readonly number[] | undefined>;
  readonly nodes: readonly TreeNode[];
  readonly keys: readonly WrappedKey[];
  readonly statements: readonly StatementRow[];
  readonly latest: CheckpointRow | undefined;
}

export interface Snapshot {
  readonly sites: readonly SiteSnapshot[];
  /** Rows of sites that the store does not know, as `table: site`. */
  readonly strays: readonly string[];
}

const SITE_TABLES = [
  ...['segments', 'nodes', 'account_keys', 'states', 'balances', 'places', 'checkpoints'],
  ...['statements', 'idempotency', 'directory', 'evidence'],
];

/** Reads all that is small in one read transaction, so that a running service cannot tear it. */
export function readSnapshot(db: Database.Database): Snapshot {
  const reader = new SqliteReader(db);
  return db.transaction(() => ({
    sites: reader.sites().map((row) => readSite(db, reader, row)),
    strays: SITE_TABLES.flatMap((table) =>
      db
        .prepare<[], { site: string }>(
          `SELECT DISTINCT site FROM ${table} WHERE site NOT IN (SELECT site FROM sites)`,
        )
        .all()
        .map(({ site }) => `${table}: ${site}`),
    ),
  }))();
}

function readSite(db: Database.Database, reader: SqliteReader, row: SiteRow): SiteSnapshot {
  const { site } = row;
  const { leaves, records } = reader.size(site);
  return {
    row,
    names: readNames(reader, row),
    end: { leaf: leaves, record: records },
    cuts: db
      .prepare<[string], Place>(
        `SELECT first_leaf AS leaf, first_record AS record FROM segments WHERE site = ?
         ORDER BY first_leaf, first_record`,
      )
      .all(site),
    projection: reader.loadProjection(site),
    index: readIndex(db, site),
    nodes: db
      .prepare<[string], TreeNode>(
        'SELECT level, idx AS "index", hash FROM nodes WHERE site = ? ORDER BY level, idx',
      )
      .all(site),
    keys: reader.accountKeys(site),
    statements: db
      .prepare<[string], StatementRow>(
        'SELECT id, account, period, n, leaf FROM statements WHERE site = ? ORDER BY leaf',
      )
      .all(site),
    latest: reader.checkpoint(site),
  };
}

interface Chunk {
  readonly kind: string;
  readonly id: string;
  readonly first: number;
  readonly count: number;
  readonly numbers: Buffer;
}

/** Where they cannot be read, events of an older name are found to be of another log. */
function readNames(reader: SqliteReader, row: SiteRow): readonly LogName[] {
  try {
    return namesOf(reader, row);
  } catch {
    return logNames(row.origin, []);
  }
}

function readIndex(db: Database.Database, site: string): SiteSnapshot['index'] {
  const index = new Map<string, number[] | undefined>();
  const chunks = db.prepare<[string], Chunk>(
    'SELECT kind, id, first, count, numbers FROM places WHERE site = ? ORDER BY kind, id, first',
  );
  for (const { kind, id, first, count, numbers } of chunks.iterate(site)) {
    const key = `${kind}/${id}`;
    const known = index.has(key) ? index.get(key) : [];
    const list = decodeAscending(numbers);
    const whole = known !== undefined && known.length === first && list.length === count;
    if (whole) for (const number of list) known.push(number);
    index.set(key, whole ? known : undefined);
  }
  return index;
}
