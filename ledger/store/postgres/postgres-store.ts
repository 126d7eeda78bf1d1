import { Refusal } from '../../core/refusal.ts';
import { SegmentCompactor } from '../compact-segments.ts';
import { assertContinues, assertFollows, endAfter, type LogSize } from '../group-place.ts';
import { chunkWith, type PlaceChunk } from '../place-chunks.ts';
import type { CheckpointRow, DirectoryRow, Group, Projection, SiteRow, Store } from '../port.ts';
import { decodeAscending } from '../segment-codec.ts';
import { StoreUnavailable } from '../store-errors.ts';
import { copyToFile } from './backup-file.ts';
import { SqlError } from './bridge.ts';
import type { Statement } from './bridge-messages.ts';
import { bytesIn, numberIn, textIn } from './columns.ts';
import { PostgresJoinableRows } from './joinable-rows.ts';
import { migratePostgres } from './migrate.ts';
import { Ownership, type Taking } from './ownership.ts';
import { isLost, type PostgresOptions, PostgresReader, sqlErrorOf } from './postgres-reader.ts';
import {
  groupStatements,
  type PlacesRow,
  projectionStatements,
  putDirectoryRows,
} from './write-rows.ts';

export interface PostgresStoreOptions extends PostgresOptions {
  /** `when-free` unless given; `by-force` is for an owner that is known to be stuck or cut off. */
  readonly taking?: Taking;
  /** How long to wait for the owner before to leave, at most half of `deadlineMs`. */
  readonly ownerWaitMs?: number;
}

const OWNER_WAIT_MS = 5_000;

/**
 * The store in a PostgreSQL database. A commit is on the server's disk when it returns
 * (`synchronous_commit = on`; the server itself has to keep `fsync` on). One owner writes
 * (`ownership.ts`); a store that was taken over throws `StoreFenced` from then on.
 *
 * A connection that is lost in a transaction is replaced, and the server asked whether it was
 * committed: then the call succeeds, or it is done once more. Only what cannot be found out within the
 * deadline is `StoreUnavailable` although it may have been written; the next call that reaches the
 * server sees what is there, and `saveProjection` takes up where the database stands. A call may so
 * take several deadlines, of two attempts and three connections at most.
 */
export class PostgresStore extends PostgresReader implements Store {
  readonly #options: PostgresStoreOptions;
  readonly #sizes = new Map<string, LogSize>();
  readonly #ownership: Ownership;
  readonly #compactor: SegmentCompactor;
  readonly #waitMs: number;
  /** Transactions of this owner that are known to be committed. */
  #writes = 0;
  /** Sites whose last projection may have been saved although the caller was told that it was not. */
  readonly #doubtful = new Set<string>();
  #owesRewrite = false;

  constructor(options: PostgresStoreOptions) {
    super(options);
    const { deadlineMs = Infinity, ownerWaitMs = OWNER_WAIT_MS, taking = 'when-free' } = options;
    this.#options = options;
    this.#waitMs = Math.min(ownerWaitMs, deadlineMs / 2);
    try {
      migratePostgres(this.bridge);
      this.#ownership = Ownership.take(this.bridge, taking, this.#waitMs, Date.now());
    } catch (error) {
      this.close();
      throw sqlErrorOf(error);
    }
    const rows = new PostgresJoinableRows(
      (statement) => this.ask('bare', [statement])[0]?.rows ?? [],
      (statements) => this.#write(statements),
    );
    this.#compactor = new SegmentCompactor(rows);
  }

  owned(): SiteRow[] {
    return this.sites();
  }

  createSite(row: SiteRow, nowMs: number): void {
    const { site, origin, currency, zone, vkey } = row;
    const taken = this.sites().find((known) => known.site === site || known.origin === origin);
    if (taken !== undefined) {
      throw new Refusal('site-exists', `Site ${taken.site} exists already.`, { site: taken.site });
    }
    const text = `INSERT INTO sites (site, origin, currency, zone, vkey, created_ms)
      VALUES ($1, $2, $3, $4, $5, $6)`;
    this.#write(() => [{ text, values: [site, origin, currency, zone, vkey, nowMs] }]);
  }

  commit(groups: readonly Group[], nowMs: number): void {
    for (const group of groups) {
      assertContinues(group, this.#sizes.get(group.site) ?? this.size(group.site));
    }
    this.#write(() => groupStatements(groups, nowMs));
    for (const group of groups) this.#sizes.set(group.site, endAfter(group));
  }

  saveProjection(site: string, projection: Projection): void {
    assertFollows(projection, this.projectedPlace(site), this.size(site));
    const chunks = this.#chunksOf(site, projection);
    try {
      this.#write(() => projectionStatements(site, projection, chunks));
      this.#doubtful.delete(site);
    } catch (error) {
      if (error instanceof StoreUnavailable) this.#doubtful.add(site);
      throw error;
    }
  }

  addCheckpoint(site: string, { size, note, atMs }: CheckpointRow): void {
    const text = `INSERT INTO checkpoints VALUES ($1, $2, $3, $4)
      ON CONFLICT (site, size) DO UPDATE SET note = excluded.note, at_ms = excluded.at_ms`;
    this.#write(() => [{ text, values: [site, size, note, atMs] }]);
  }

  putDirectory(site: string, row: DirectoryRow): void {
    this.#write(() => putDirectoryRows([{ ...row, site }]));
  }

  /** The row is gone from the table's files; the server's log of changes still has it for a while. */
  eraseAccountKey(site: string, account: string, year: number): boolean {
    const known = this.accountKeys(site);
    if (!known.some((key) => key.account === account && key.year === year)) return false;
    const text = 'DELETE FROM account_keys WHERE site = $1 AND account = $2 AND year = $3';
    this.#write(() => [{ text, values: [site, account, year] }]);
    this.#owesRewrite = true;
    this.#rewriteKeys();
    return true;
  }

  compact(site: string): boolean {
    if (this.#owesRewrite) this.#rewriteKeys();
    const { leaf, record } = this.projectedPlace(site);
    return this.#compactor.step(site, leaf, record);
  }

  /** Into a file as the SQLite store has it: one format of archives, whatever the service runs on. */
  async backup(path: string): Promise<void> {
    await copyToFile(this.#options, path);
  }

  protected override resume(): void {
    this.#ownership.assertOwner();
    super.resume();
    try {
      this.#writes = this.#ownership.resume(this.#waitMs);
      this.#sizes.clear();
    } catch (error) {
      // Whoever is not the owner for certain has no connection either.
      this.bridge.close();
      throw error;
    }
  }

  /**
   * One transaction of the owner. Its statements are made anew for each attempt, since their bytes
   * travel away. Throws what `port.ts` says, and `StoreFenced`.
   */
  #write(statements: () => readonly Statement[]): void {
    try {
      if (!this.bridge.connected) this.resume();
      const number = this.#writes + 1;
      for (const isLast of [false, true]) {
        try {
          this.#ownership.assertOwner();
          this.#runAsOwner(number, statements());
          this.#writes = number;
          return;
        } catch (error) {
          if (!isLost(error)) throw error;
          this.resume();
          if (this.#writes === number) return;
          if (isLast) throw error;
        }
      }
    } catch (error) {
      throw sqlErrorOf(error);
    }
  }

  #runAsOwner(number: number, statements: readonly Statement[]): void {
    try {
      this.bridge.run('write', [this.#ownership.nextWrite(number), ...statements]);
    } catch (error) {
      if (error instanceof SqlError && error.kind === 'unaffected') this.#ownership.check();
      throw error;
    }
  }

  /** The table is small, so all of it is written again: what was deleted is in none of its files. */
  #rewriteKeys(): void {
    try {
      this.ask('bare', [{ text: 'VACUUM FULL account_keys' }]);
      this.#owesRewrite = false;
    } catch (error) {
      // Somebody reads the table for long, as a backup does; the next idle moment tries again.
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }

  #chunksOf(site: string, { accountIndex, meterIndex }: Projection): PlacesRow[] {
    const lists = [
      ...[...accountIndex].map(([id, list]) => ({
        ...{ kind: 'account' as const, id, from: list[0]?.n },
        numbers: list.map(({ leaf }) => leaf),
      })),
      ...[...meterIndex].map(([id, numbers]) => ({
        ...{ kind: 'meter' as const, id, from: undefined, numbers },
      })),
    ].filter(({ numbers }) => numbers.length > 0);
    const ends = this.#lastChunks(site, lists);
    return lists.flatMap(({ kind, id, from, numbers }) => {
      const last = ends.get(`${kind} ${id}`);
      const fresh = this.#doubtful.has(site) ? beyond(last, numbers) : numbers;
      if (fresh.length === 0) return [];
      const skipped = numbers.length - fresh.length;
      const expected = from === undefined ? undefined : from + skipped;
      return [{ kind, id, ...chunkWith(last, fresh, expected) }];
    });
  }

  #lastChunks(
    site: string,
    lists: readonly { readonly kind: string; readonly id: string }[],
  ): Map<string, PlaceChunk> {
    const text = `SELECT u.kind, u.id, p.first, p.count, p.numbers
      FROM jsonb_to_recordset($2::jsonb) AS u (kind text, id text) CROSS JOIN LATERAL (
        SELECT first, count, numbers FROM places
        WHERE site = $1 AND kind = u.kind AND id = u.id ORDER BY first DESC LIMIT 1) p`;
    const wanted = JSON.stringify(lists.map(({ kind, id }) => ({ kind, id })));
    const [found] = this.ask('bare', [{ text, values: [site, wanted] }]);
    return new Map(
      found?.rows.map((row) => [
        `${textIn(row, 'kind')} ${textIn(row, 'id')}`,
        {
          first: numberIn(row, 'first'),
          count: numberIn(row, 'count'),
          numbers: bytesIn(row, 'numbers'),
        },
      ]),
    );
  }
}

/** What of rising numbers a chunk does not hold yet. */
function beyond(last: PlaceChunk | undefined, numbers: readonly number[]): readonly number[] {
  const end = last === undefined ? undefined : decodeAscending(last.numbers).at(-1);
  return end === undefined ? numbers : numbers.filter((number) => number > end);
}
