import Database from 'better-sqlite3';
import { assert } from '../../core/assert.ts';
import { Refusal } from '../../core/refusal.ts';
import type {
  CheckpointRow,
  DirectoryRow,
  EvidenceRow,
  Projection,
  Replay,
  Segment,
  SiteRow,
  StatementRow,
  StoreReader,
  WrappedKey,
} from '../port.ts';
import { decodeAscending, decodeBatches, decodeTexts } from '../segment-codec.ts';

interface SegmentRow {
  readonly firstLeaf: number;
  readonly firstRecord: number;
  readonly leafCount: number;
  readonly recordCount: number;
  readonly commitments: Buffer;
  readonly events: Buffer;
  readonly batches: Buffer;
}

const SEGMENT = `first_leaf AS firstLeaf, first_record AS firstRecord, leaf_count AS leafCount,
  record_count AS recordCount, commitments, events, batches FROM segments`;
/** Decoded segments kept: reading an account's month touches each segment many times in a row. */
const KEPT_SEGMENTS = 32;

/** Reading side of the SQLite store; opens its own connection unless one is given. */
export class SqliteReader implements StoreReader {
  protected readonly db: Database.Database;
  readonly #events = new Map<string, string[]>();
  readonly #batches = new Map<string, Segment['batches']>();

  constructor(pathOrDb: string | Database.Database) {
    this.db =
      typeof pathOrDb === 'string'
        ? new Database(pathOrDb, { readonly: true, fileMustExist: true })
        : pathOrDb;
    this.db.pragma('busy_timeout = 5000');
  }

  sites(): SiteRow[] {
    return this.#all<SiteRow>('SELECT site, origin, currency, zone, vkey FROM sites ORDER BY site');
  }

  size(site: string): { leaves: number; records: number } {
    const last = this.#get<SegmentRow>(
      `SELECT ${SEGMENT} WHERE site = ? ORDER BY first_leaf DESC, first_record DESC LIMIT 1`,
      site,
    );
    if (last === undefined) return { leaves: 0, records: 0 };
    return {
      leaves: last.firstLeaf + last.leafCount,
      records: last.firstRecord + last.recordCount,
    };
  }

  loadProjection(site: string): Omit<Projection, 'accountIndex' | 'meterIndex'> {
    const row = this.#get<{ leaf: number; record: number }>(
      'SELECT projected_leaf AS leaf, projected_record AS record FROM sites WHERE site = ?',
      site,
    );
    if (row === undefined) throw unknownSite(site);
    const docs = (kind: string) =>
      new Map(
        this.#all<{ id: string; doc: string }>(
          'SELECT id, doc FROM states WHERE site = ? AND kind = ?',
          site,
          kind,
        ).map(({ id, doc }) => [id, doc]),
      );
    return {
      ...row,
      accounts: docs('account'),
      meters: docs('meter'),
      bridges: docs('bridge'),
      balances: new Map(this.balances(site).map(({ book, micros }) => [book, micros])),
    };
  }

  *segments(site: string, fromLeaf: number, fromRecord: number): Generator<Segment> {
    const next = this.db.prepare<unknown[], SegmentRow>(
      `SELECT ${SEGMENT} WHERE site = ? AND first_leaf >= ? AND first_record >= ?
       ORDER BY first_leaf, first_record LIMIT 1`,
    );
    let [leaf, record] = [fromLeaf, fromRecord];
    for (;;) {
      const row = next.get(site, leaf, record);
      if (row === undefined) return;
      yield decodeSegment(row);
      leaf = row.firstLeaf + row.leafCount;
      record = row.firstRecord + row.recordCount;
    }
  }

  commitments(site: string, from: number, to: number): Uint8Array {
    const out = new Uint8Array((to - from) * 32);
    for (let at = from; at < to; ) {
      const row = this.#segmentOfLeaf(site, at);
      const skip = at - row.firstLeaf;
      const take = Math.min(to, row.firstLeaf + row.leafCount) - at;
      out.set(row.commitments.subarray(skip * 32, (skip + take) * 32), (at - from) * 32);
      at += take;
    }
    return out;
  }

  nodes(site: string, level: number, from: number, to: number): Uint8Array {
    const rows = this.#all<{ hash: Buffer }>(
      'SELECT hash FROM nodes WHERE site = ? AND level = ? AND idx >= ? AND idx < ? ORDER BY idx',
      site,
      level,
      from,
      to,
    );
    assert(rows.length === to - from, `all nodes ${from} to ${to} of level ${level} are stored`);
    return Buffer.concat(rows.map(({ hash }) => hash));
  }

  *readEvents(site: string, leaves: readonly number[]): Generator<string> {
    let row: SegmentRow | undefined;
    let events: readonly string[] = [];
    for (const leaf of leaves) {
      if (row === undefined || leaf < row.firstLeaf || leaf >= row.firstLeaf + row.leafCount) {
        row = this.#segmentOfLeaf(site, leaf);
        const { events: bytes } = row;
        events = keep(this.#events, `${site}/${row.firstLeaf}/${row.leafCount}`, () => decodeTexts(bytes));
      }
      const text = events[leaf - row.firstLeaf];
      assert(text !== undefined, `event ${leaf} is in its segment`);
      yield text;
    }
  }

  *readRecords(site: string, indexes: readonly number[]): Generator<string> {
    for (const index of indexes) {
      const { records, firstRecord } = this.batchOf(site, index);
      const text = records[index - firstRecord];
      assert(text !== undefined, `record ${index} is in its batch`);
      yield text;
    }
  }

  batchOf(site: string, record: number) {
    const row = this.#get<SegmentRow>(
      `SELECT ${SEGMENT} WHERE site = ? AND first_record <= ? AND record_count > 0
       ORDER BY first_record DESC LIMIT 1`,
      site,
      record,
    );
    if (row === undefined) throw new Refusal('store-damaged', `Record ${record} is not stored.`, { record });
    const key = `${site}/${row.firstRecord}/${row.recordCount}`;
    const batches = keep(this.#batches, key, () => decodeBatches(row.batches));
    let { firstRecord } = row;
    for (const { jws, records } of batches) {
      if (record < firstRecord + records.length) return { jws, records, firstRecord };
      firstRecord += records.length;
    }
    throw new Refusal('store-damaged', `Record ${record} is not stored.`, { record });
  }

  accountLeaves(site: string, account: string, fromN: number, toN: number): number[] {
    const leaves: number[] = [];
    for (const { first, numbers } of this.#places(site, 'account', account, fromN)) {
      for (const [i, leaf] of decodeAscending(numbers).entries()) {
        if (first + i >= fromN && first + i < toN) leaves.push(leaf);
      }
    }
    return leaves;
  }

  meterRecords(site: string, meter: string): number[] {
    return this.#places(site, 'meter', meter, 0).flatMap(({ numbers }) => decodeAscending(numbers));
  }

  accountKeys(site: string): WrappedKey[] {
    return this.#all<WrappedKey>(
      'SELECT account, year, wrapped FROM account_keys WHERE site = ?',
      site,
    );
  }

  checkpoint(site: string, size?: number): CheckpointRow | undefined {
    const columns = 'SELECT size, note, at_ms AS atMs FROM checkpoints WHERE site = ?';
    return size === undefined
      ? this.#get<CheckpointRow>(`${columns} ORDER BY size DESC LIMIT 1`, site)
      : this.#get<CheckpointRow>(`${columns} AND size = ?`, site, size);
  }

  statement(site: string, id: string): StatementRow | undefined {
    return this.#get<StatementRow>(
      'SELECT id, account, period, n, leaf FROM statements WHERE site = ? AND id = ?',
      site,
      id,
    );
  }

  statements(
    site: string,
    page: { account?: string | undefined; after?: string | undefined; limit: number },
  ): StatementRow[] {
    const { account, after = '', limit } = page;
    const columns = 'SELECT id, account, period, n, leaf FROM statements WHERE site = ?';
    return account === undefined
      ? this.#all(`${columns} AND id > ? ORDER BY id LIMIT ?`, site, after, limit)
      : this.#all(`${columns} AND account = ? AND id > ? ORDER BY id LIMIT ?`, site, account, after, limit);
  }

  idempotent(site: string, key: string): Replay | undefined {
    return this.#get<Replay>(
      'SELECT key, request_hash AS requestHash, response FROM idempotency WHERE site = ? AND key = ?',
      site,
      key,
    );
  }

  directory(site: string, kind: string, id: string): string | undefined {
    return this.#get<{ doc: string }>(
      'SELECT doc FROM directory WHERE site = ? AND kind = ? AND id = ?',
      site,
      kind,
      id,
    )?.doc;
  }

  directoryPage(site: string, kind: string, after: string, limit: number): DirectoryRow[] {
    return this.#all(
      'SELECT kind, id, doc FROM directory WHERE site = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?',
      site,
      kind,
      after,
      limit,
    );
  }

  evidence(site: string, after: string, limit: number): EvidenceRow[] {
    return this.#all(
      'SELECT id, kind, at, doc FROM evidence WHERE site = ? AND id > ? ORDER BY id LIMIT ?',
      site,
      after,
      limit,
    );
  }

  balances(site: string): { book: string; micros: bigint }[] {
    return this.#all<{ book: string; micros: string }>(
      'SELECT book, micros FROM balances WHERE site = ? ORDER BY book',
      site,
    ).map(({ book, micros }) => ({ book, micros: BigInt(micros) }));
  }

  close(): void {
    this.db.close();
  }

  #places(site: string, kind: string, id: string, from: number) {
    return this.#all<{ first: number; numbers: Buffer }>(
      `SELECT first, numbers FROM places
       WHERE site = ? AND kind = ? AND id = ? AND first + count > ? ORDER BY first`,
      site,
      kind,
      id,
      from,
    );
  }

  #segmentOfLeaf(site: string, leaf: number): SegmentRow {
    const row = this.#get<SegmentRow>(
      `SELECT ${SEGMENT} WHERE site = ? AND first_leaf <= ? AND leaf_count > 0
       ORDER BY first_leaf DESC, first_record DESC LIMIT 1`,
      site,
      leaf,
    );
    if (row === undefined || leaf >= row.firstLeaf + row.leafCount) {
      throw new Refusal('store-damaged', `Event ${leaf} is not stored.`, { leaf });
    }
    return row;
  }

  readonly #prepared = new Map<string, Database.Statement<unknown[], unknown>>();

  #statement<T>(sql: string): Database.Statement<unknown[], T> {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.db.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement as Database.Statement<unknown[], T>;
  }

  #get<T>(sql: string, ...parameters: unknown[]): T | undefined {
    return this.#statement<T>(sql).get(...parameters);
  }

  #all<T>(sql: string, ...parameters: unknown[]): T[] {
    return this.#statement<T>(sql).all(...parameters);
  }
}

function decodeSegment(row: SegmentRow): Segment {
  const { firstLeaf, firstRecord, commitments } = row;
  const events = decodeTexts(row.events);
  return { firstLeaf, firstRecord, commitments, events, batches: decodeBatches(row.batches) };
}

/** A small least-recently-used cache. */
function keep<T>(cache: Map<string, T>, key: string, make: () => T): T {
  const known = cache.get(key) ?? make();
  cache.delete(key);
  cache.set(key, known);
  if (cache.size > KEPT_SEGMENTS) {
    for (const oldest of cache.keys()) {
      cache.delete(oldest);
      break;
    }
  }
  return known;
}

function unknownSite(site: string): Refusal {
  return new Refusal('site-unknown', `There is no site ${site}.`, { site });
}
