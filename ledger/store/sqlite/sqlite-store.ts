import Database from 'better-sqlite3';
import { Refusal } from '../../core/refusal.ts';
import { SegmentCompactor } from '../compact-segments.ts';
import { assertContinues, assertFollows, endAfter, type LogSize } from '../group-place.ts';
import { chunkWith, type PlaceChunk } from '../place-chunks.ts';
import type {
  CheckpointRow,
  DirectoryRow,
  ForgetStep,
  Group,
  Projection,
  SiteRow,
  Store,
} from '../port.ts';
import { cutSegments, encodeBatches, encodeTexts } from '../segment-codec.ts';
import { storeError } from '../store-errors.ts';
import { SqliteJoinableRows } from './joinable-rows.ts';
import { migrate } from './migrate.ts';
import { SqliteReader } from './sqlite-reader.ts';

/**
 * The embedded store: one file, one writing connection. WAL with `synchronous = FULL`, so a commit is
 * on disk when it returns (SQLite, "Write-Ahead Logging", 2.3).
 */
export class SqliteStore extends SqliteReader implements Store {
  readonly #sizes = new Map<string, LogSize>();
  readonly #insert;
  readonly #compactor: SegmentCompactor;

  /** Opens a file, or takes a connection to a database that nobody else writes to. */
  constructor(pathOrDb: string | Database.Database) {
    const db = openDatabase(typeof pathOrDb === 'string' ? new Database(pathOrDb) : pathOrDb);
    super(db);
    this.#insert = prepareInserts(db);
    this.#compactor = new SegmentCompactor(new SqliteJoinableRows(db));
  }

  owned(): string[] {
    return this.sites().map(({ site }) => site);
  }

  createSite(row: SiteRow, nowMs: number): void {
    const { site, origin, currency, zone, vkey } = row;
    const taken = this.sites().find((known) => known.site === site || known.origin === origin);
    if (taken !== undefined) {
      throw new Refusal('site-exists', `Site ${taken.site} exists already.`, { site: taken.site });
    }
    this.#guarded(() => this.#insert.site.run(site, origin, currency, zone, vkey, nowMs));
  }

  commit(groups: readonly Group[], nowMs: number): void {
    for (const group of groups) {
      assertContinues(group, this.#sizes.get(group.site) ?? this.size(group.site));
    }
    this.#guarded(() => {
      for (const group of groups) this.#writeGroup(group, nowMs);
    });
    for (const group of groups) this.#sizes.set(group.site, endAfter(group));
  }

  saveProjection(site: string, projection: Projection): void {
    const { leaf, record } = projection;
    assertFollows(projection, this.projectedPlace(site), this.size(site));
    this.#guarded(() => {
      for (const [id, doc] of projection.accounts) this.#insert.state.run(site, 'account', id, doc);
      for (const [id, doc] of projection.meters) this.#insert.state.run(site, 'meter', id, doc);
      for (const [id, doc] of projection.bridges) this.#insert.state.run(site, 'bridge', id, doc);
      for (const [book, micros] of projection.balances) {
        this.#insert.balance.run(site, book, micros.toString());
      }
      for (const [account, list] of projection.accountIndex) {
        const leaves = list.map((place) => place.leaf);
        this.#addPlaces(site, 'account', account, leaves, list[0]?.n);
      }
      for (const [meter, list] of projection.meterIndex) {
        this.#addPlaces(site, 'meter', meter, list);
      }
      this.#insert.projected.run(leaf, record, site);
    });
  }

  addCheckpoint(site: string, row: CheckpointRow): void {
    this.#guarded(() => this.#insert.checkpoint.run(site, row.size, row.note, row.atMs));
  }

  putDirectory(site: string, row: DirectoryRow): void {
    this.#guarded(() => this.#insert.directory.run(site, row.kind, row.id, row.doc));
  }

  eraseAccountKey(site: string, account: string, year: number): boolean {
    let erased = false;
    this.#guarded(() => {
      erased = this.#insert.eraseKey.run(site, account, year).changes === 1;
    });
    // The pages it lay on are overwritten (`secure_delete`), and no older copy of them may stay.
    if (erased) this.db.pragma('wal_checkpoint(TRUNCATE)');
    return erased;
  }

  compact(site: string): boolean {
    const { leaf, record } = this.projectedPlace(site);
    try {
      return this.#compactor.step(site, leaf, record);
    } catch (error) {
      throw storeError(error);
    }
  }

  forgetReplays(site: string, step: ForgetStep): string | undefined {
    const { after, limit, beforeMs, but } = step;
    const keys = this.#insert.replayKeys.all(site, after, limit);
    const last = keys.at(-1)?.key;
    if (last === undefined) return undefined;
    this.#guarded(() => {
      this.#insert.forgetReplays.run(site, after, last, beforeMs, but.length, but);
    });
    return keys.length < limit ? undefined : last;
  }

  async backup(path: string): Promise<void> {
    await this.db.backup(path);
  }

  /** For who shares the database: where the logs end is read again. */
  protected forgetSizes(): void {
    this.#sizes.clear();
  }

  #addPlaces(
    site: string,
    kind: 'account' | 'meter',
    id: string,
    numbers: readonly number[],
    expected?: number,
  ): void {
    if (numbers.length === 0) return;
    const last = this.#insert.lastPlaces.get(site, kind, id);
    const { first, count, numbers: packed } = chunkWith(last, numbers, expected);
    this.#insert.place.run(site, kind, id, first, count, packed);
  }

  #writeGroup(group: Group, nowMs: number): void {
    const { site } = group;
    for (const segment of cutSegments(group)) {
      this.#insert.segment.run(
        site,
        segment.firstLeaf,
        segment.firstRecord,
        segment.events.length,
        endAfter(segment).records - segment.firstRecord,
        segment.commitments,
        encodeTexts(segment.events),
        encodeBatches(segment.batches),
      );
    }
    for (const { level, index, hash } of group.nodes)
      this.#insert.node.run(site, level, index, hash);
    for (const key of group.keys) this.#insert.key.run(site, key.account, key.year, key.wrapped);
    for (const row of group.statements) {
      this.#insert.statement.run(site, row.id, row.account, row.period, row.n, row.leaf);
    }
    for (const row of group.idempotency) {
      this.#insert.replay.run(site, row.key, row.requestHash, row.response, nowMs);
    }
    for (const row of group.directory) this.#insert.directory.run(site, row.kind, row.id, row.doc);
    for (const row of group.evidence)
      this.#insert.evidence.run(site, row.id, row.kind, row.at, row.doc);
    if (group.renamed === undefined) return;
    this.#insert.renamed.run(group.renamed.origin, group.renamed.vkey, site);
    this.#insert.forgetCheckpoints.run(site);
  }

  /** One transaction; a driver's error becomes ours, and nothing has happened. */
  #guarded(work: () => unknown): void {
    try {
      this.db.transaction(work).immediate();
    } catch (error) {
      throw storeError(error);
    }
  }
}

/** Refuses `schema-newer`, and `store-damaged` when the file is no database. */
function openDatabase(db: Database.Database): Database.Database {
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    // Overwrites what is deleted: an erased key must not stay in a free page.
    db.pragma('secure_delete = ON');
    db.pragma('wal_autocheckpoint = 4000');
    migrate(db);
    return db;
  } catch (error) {
    db.close();
    throw storeError(error);
  }
}

function prepareInserts(db: Database.Database) {
  return {
    site: db.prepare(
      'INSERT INTO sites (site, origin, currency, zone, vkey, created_ms) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    segment: db.prepare('INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    node: db.prepare('INSERT INTO nodes VALUES (?, ?, ?, ?)'),
    key: db.prepare('INSERT INTO account_keys VALUES (?, ?, ?, ?)'),
    statement: db.prepare('INSERT INTO statements VALUES (?, ?, ?, ?, ?, ?)'),
    replay: db.prepare('INSERT INTO idempotency VALUES (?, ?, ?, ?, ?)'),
    replayKeys: db.prepare<[string, string, number], { key: string }>(
      'SELECT key FROM idempotency WHERE site = ? AND key > ? ORDER BY key LIMIT ?',
    ),
    forgetReplays: db.prepare(
      `DELETE FROM idempotency WHERE site = ? AND key > ? AND key <= ? AND at_ms < ?
       AND substr(key, 1, ?) <> ?`,
    ),
    directory: db.prepare('INSERT OR REPLACE INTO directory VALUES (?, ?, ?, ?)'),
    evidence: db.prepare('INSERT INTO evidence VALUES (?, ?, ?, ?, ?)'),
    state: db.prepare('INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?)'),
    balance: db.prepare('INSERT OR REPLACE INTO balances VALUES (?, ?, ?)'),
    eraseKey: db.prepare('DELETE FROM account_keys WHERE site = ? AND account = ? AND year = ?'),
    place: db.prepare('INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?, ?)'),
    lastPlaces: db.prepare<unknown[], PlaceChunk>(
      `SELECT first, count, numbers FROM places WHERE site = ? AND kind = ? AND id = ?
       ORDER BY first DESC LIMIT 1`,
    ),
    projected: db.prepare(
      'UPDATE sites SET projected_leaf = ?, projected_record = ? WHERE site = ?',
    ),
    renamed: db.prepare('UPDATE sites SET origin = ?, vkey = ? WHERE site = ?'),
    forgetCheckpoints: db.prepare('DELETE FROM checkpoints WHERE site = ?'),
    checkpoint: db.prepare('INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)'),
  };
}
