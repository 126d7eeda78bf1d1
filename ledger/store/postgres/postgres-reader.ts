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
import { StoreUnavailable, storeError } from '../store-errors.ts';
import { PostgresBridge, SqlError } from './bridge.ts';
import type { Mode, RunResult, SqlRow, SqlValue, Statement } from './bridge-messages.ts';
import { bytesIn, numberIn, textIn } from './columns.ts';
import { PostgresSegmentRows } from './segment-rows.ts';
import * as rows from './side-rows.ts';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`; never told in a message. */
  readonly url: string;
  /** How long one request may take before it is given up. */
  readonly deadlineMs?: number | undefined;
}

export const DEADLINE_MS = 15_000;

/**
 * Reading side of the PostgreSQL store, over a connection of its own. A reading that meets a lost
 * connection connects anew, once; what cannot be read within the deadline is `StoreUnavailable`.
 */
export class PostgresReader implements StoreReader {
  protected readonly bridge: PostgresBridge;
  readonly #segments: SegmentReader;

  constructor({ url, deadlineMs = DEADLINE_MS }: PostgresOptions) {
    this.bridge = new PostgresBridge(url, deadlineMs);
    this.#segments = new SegmentReader(new PostgresSegmentRows((it) => this.#all(it)));
    try {
      this.bridge.connect();
    } catch (error) {
      this.bridge.close();
      throw startErrorOf(error);
    }
  }

  sites(): SiteRow[] {
    const text = 'SELECT site, origin, currency, zone, vkey FROM sites ORDER BY site';
    return this.#all({ text }).map(rows.siteIn);
  }

  size(site: string): { leaves: number; records: number } {
    return this.#segments.size(site);
  }

  loadProjection(site: string): Omit<Projection, 'accountIndex' | 'meterIndex'> {
    const values = [site];
    const [marks, states, balances] = this.ask('snapshot', [
      { text: PROJECTED, values },
      { text: 'SELECT kind, id, doc FROM states WHERE site = $1', values },
      { text: BALANCES, values },
    ]);
    const docs = (kind: string) =>
      new Map(
        states?.rows
          .filter((row) => row['kind'] === kind)
          .map((row) => [textIn(row, 'id'), textIn(row, 'doc')]),
      );
    return {
      ...markIn(marks?.rows[0], site),
      accounts: docs('account'),
      meters: docs('meter'),
      bridges: docs('bridge'),
      balances: new Map(
        balances?.rows.map(rows.balanceIn).map(({ book, micros }) => [book, micros]),
      ),
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
    const found = this.#query(
      `SELECT count(*) AS count, coalesce(string_agg(hash, ''::bytea ORDER BY idx), '') AS hashes
       FROM nodes WHERE site = $1 AND level = $2 AND idx >= $3 AND idx < $4`,
      ...[site, level, from, to],
    ).map((row) => ({ count: numberIn(row, 'count'), hashes: bytesIn(row, 'hashes') }));
    const [all] = found;
    assert(all?.count === to - from, `all nodes ${from} to ${to} of level ${level} are stored`);
    return all.hashes;
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
      for (const [i, leaf] of numbers.entries()) {
        if (first + i >= fromN && first + i < toN) leaves.push(leaf);
      }
    }
    return leaves;
  }

  meterRecords(site: string, meter: string): number[] {
    return this.#places(site, 'meter', meter, 0).flatMap(({ numbers }) => numbers);
  }

  accountKeys(site: string): WrappedKey[] {
    const text =
      'SELECT account, year, wrapped FROM account_keys WHERE site = $1 ORDER BY account, year';
    return this.#query(text, site).map(rows.wrappedKeyIn);
  }

  checkpoint(site: string, size?: number): CheckpointRow | undefined {
    const columns = 'SELECT size, note, at_ms AS "atMs" FROM checkpoints WHERE site = $1';
    const [row] =
      size === undefined
        ? this.#query(`${columns} ORDER BY size DESC LIMIT 1`, site)
        : this.#query(`${columns} AND size = $2`, site, size);
    return row && rows.checkpointIn(row);
  }

  statement(site: string, id: string): StatementRow | undefined {
    const [row] = this.#query(`${STATEMENTS} AND id = $2`, site, id);
    return row && rows.statementIn(row);
  }

  statements(site: string, page: Parameters<StoreReader['statements']>[1]): StatementRow[] {
    const { account, period, after = '', limit } = page;
    const wanted = Object.entries({ account, period }).flatMap(([column, value]) =>
      value === undefined ? [] : [{ column, value }],
    );
    const where = wanted.map(({ column }, i) => `AND ${column} = $${i + 4}`).join(' ');
    return this.#query(
      `${STATEMENTS} AND id > $2 ${where} ORDER BY id LIMIT $3`,
      ...[site, after, limit, ...wanted.map(({ value }) => value)],
    ).map(rows.statementIn);
  }

  idempotent(site: string, key: string): Replay | undefined {
    const [row] = this.#query(
      `SELECT key, request_hash AS "requestHash", response FROM idempotency
       WHERE site = $1 AND key = $2`,
      ...[site, key],
    );
    return row && rows.replayIn(row);
  }

  directory(site: string, kind: string, id: string): string | undefined {
    const [row] = this.#query(
      'SELECT doc FROM directory WHERE site = $1 AND kind = $2 AND id = $3',
      ...[site, kind, id],
    );
    return row && textIn(row, 'doc');
  }

  directoryPage(site: string, kind: string, after: string, limit: number): DirectoryRow[] {
    return this.#query(
      `SELECT kind, id, doc FROM directory WHERE site = $1 AND kind = $2 AND id > $3
       ORDER BY id LIMIT $4`,
      ...[site, kind, after, limit],
    ).map(rows.directoryIn);
  }

  evidence(site: string, after: string, limit: number): EvidenceRow[] {
    return this.#query(
      `SELECT id, kind, at, doc FROM evidence WHERE site = $1 AND id > $2
       ORDER BY id LIMIT $3`,
      ...[site, after, limit],
    ).map(rows.evidenceIn);
  }

  balances(site: string): { book: string; micros: bigint }[] {
    return this.#query(BALANCES, site).map(rows.balanceIn);
  }

  /** The wrapped signing keys of the logs, by origin. */
  logKeys(): Map<string, Uint8Array> {
    const found = this.#all({ text: 'SELECT origin, wrapped FROM log_keys' });
    return new Map(found.map((row) => [textIn(row, 'origin'), bytesIn(row, 'wrapped')]));
  }

  close(): void {
    this.bridge.close();
  }

  /** What the last projection holds. Refuses `site-unknown`. */
  protected projectedPlace(site: string): { leaf: number; record: number } {
    return markIn(this.#query(PROJECTED, site)[0], site);
  }

  /** Runs what only reads, on a new connection if the one at hand is gone. */
  protected ask(mode: Mode, statements: readonly Statement[]): readonly RunResult[] {
    try {
      if (!this.bridge.connected) this.resume();
      try {
        return this.bridge.run(mode, statements);
      } catch (error) {
        if (!isLost(error)) throw error;
        this.resume();
        return this.bridge.run(mode, statements);
      }
    } catch (error) {
      throw sqlErrorOf(error);
    }
  }

  /** Connects after the connection was lost. */
  protected resume(): void {
    this.bridge.connect();
  }

  #places(site: string, kind: string, id: string, from: number) {
    return this.#query(
      `SELECT first, numbers FROM places
       WHERE site = $1 AND kind = $2 AND id = $3 AND first >= coalesce((SELECT max(first)
         FROM places WHERE site = $1 AND kind = $2 AND id = $3 AND first <= $4::bigint), 0)
       ORDER BY first`,
      ...[site, kind, id, from],
    ).map((row) => ({
      first: numberIn(row, 'first'),
      numbers: decodeAscending(bytesIn(row, 'numbers')),
    }));
  }

  #query(text: string, ...values: SqlValue[]): readonly SqlRow[] {
    return this.#all({ text, values });
  }

  #all(statement: Statement): readonly SqlRow[] {
    return this.ask('bare', [statement])[0]?.rows ?? [];
  }
}

const PROJECTED =
  'SELECT projected_leaf AS leaf, projected_record AS record FROM sites WHERE site = $1';
const BALANCES = 'SELECT book, micros FROM balances WHERE site = $1 ORDER BY book';
const STATEMENTS = 'SELECT id, account, period, n, leaf FROM statements WHERE site = $1';

/** The connection is gone: nobody knows what became of what was asked. */
export function isLost(error: unknown): boolean {
  return error instanceof SqlError && error.kind === 'lost';
}

/**
 * What a bridge throws as one of ours. What the driver says stays in `cause`: callers are told, and need
 * not know where the database is.
 */
export function sqlErrorOf(error: unknown): Error {
  return isLost(error) ? unreachable(error) : storeError(error);
}

/** Where the database is stays in the cause. */
export function unreachable(cause: unknown): StoreUnavailable {
  return new StoreUnavailable('The database cannot be reached.', { cause });
}

/** The same for whoever starts a process, with what the driver says. */
export function startErrorOf(error: unknown): Error {
  const reason = error instanceof Error ? ` ${error.message}` : '';
  if (!isLost(error)) return storeError(error);
  return new StoreUnavailable(`The database cannot be reached.${reason}`, { cause: error });
}

function markIn(row: SqlRow | undefined, site: string): { leaf: number; record: number } {
  if (row === undefined) {
    throw new Refusal('site-unknown', `There is no site ${site}.`, { site });
  }
  return { leaf: numberIn(row, 'leaf'), record: numberIn(row, 'record') };
}
