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
import { decodeAscending, type SegmentText } from '../segment-codec.ts';
import { SegmentReader } from '../segment-reader.ts';
import { SqliteSegmentRows } from './segment-rows.ts';

/** Reading side of the SQLite store; opens its own connection unless one is given. */
export class SqliteReader implements StoreReader {
  protected readonly db: Database.Database;
  readonly #segments: SegmentReader;

  constructor(pathOrDb: string | Database.Database) {
    this.db =
      typeof pathOrDb === 'string'
        ? new Database(pathOrDb, { readonly: true, fileMustExist: true })
        : pathOrDb;
    this.db.pragma('busy_timeout = 5000');
    this.#segments = new SegmentReader(new SqliteSegmentRows(this.db));
  }

  sites(): SiteRow[] {
    return this.#all<SiteRow>('SELECT site, origin, currency, zone, vkey FROM sites ORDER BY site');
  }

  size(site: string): { leaves: number; records: number } {
    return this.#segments.size(site);
  }

  loadProjection(site: string): Omit<Projection, 'accountIndex' | 'meterIndex'> {
    const row = this.projectedPlace(site);
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

  segments(site: string, fromLeaf: number, fromRecord: number): Iterable<Segment> {
    return this.#segments.walk(site, fromLeaf, fromRecord);
  }

  /** What `segments` reads, as bytes. */
  segmentTexts(site: string, fromLeaf: number, fromRecord: number): Iterable<SegmentText> {
    return this.#segments.walkTexts(site, fromLeaf, fromRecord);
  }

  commitments(site: string, from: number, to: number): Uint8Array {
    return this.#segments.commitments(site, from, to);
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

  readEvents(site: string, leaves: readonly number[]): Iterable<string> {
    return this.#segments.readEvents(site, leaves);
  }

  readRecords(site: string, indexes: readonly number[]): Iterable<string> {
    return this.#segments.readRecords(site, indexes);
  }

  batchOf(site: string, record: number) {
    return this.#segments.batchOf(site, record);
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

  statements(site: string, page: Parameters<StoreReader['statements']>[1]): StatementRow[] {
    const { account, period, after = '', limit } = page;
    const wanted = Object.entries({ account, period }).flatMap(([column, value]) =>
      value === undefined ? [] : [{ column, value }],
    );
    const where = wanted.map(({ column }) => `AND ${column} = ?`).join(' ');
    return this.#all(
      `SELECT id, account, period, n, leaf FROM statements
       WHERE site = ? AND id > ? ${where} ORDER BY id LIMIT ?`,
      ...[site, after, ...wanted.map(({ value }) => value), limit],
    );
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

  /** What the last projection holds. Refuses `site-unknown`. */
  protected projectedPlace(site: string): { leaf: number; record: number } {
    const row = this.#get<{ leaf: number; record: number }>(
      'SELECT projected_leaf AS leaf, projected_record AS record FROM sites WHERE site = ?',
      site,
    );
    if (row === undefined) throw unknownSite(site);
    return row;
  }

  #places(site: string, kind: string, id: string, from: number) {
    return this.#all<{ first: number; numbers: Buffer }>(
      `SELECT first, numbers FROM places
       WHERE site = ? AND kind = ? AND id = ? AND first >= coalesce((SELECT max(first)
         FROM places WHERE site = ? AND kind = ? AND id = ? AND first <= ?), 0)
       ORDER BY first`,
      ...[site, kind, id, site, kind, id, from],
    );
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

function unknownSite(site: string): Refusal {
  return new Refusal('site-unknown', `There is no site ${site}.`, { site });
}
