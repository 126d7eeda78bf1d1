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
  SharedStore,
  SiteRow,
} from '../port.ts';
import { decodeAscending } from '../segment-codec.ts';
import { StoreUnavailable } from '../store-errors.ts';
import { SqlError } from './bridge.ts';
import type { RunResult, Statement } from './bridge-messages.ts';
import { bytesIn, numberIn, textIn } from './columns.ts';
import { PostgresJoinableRows } from './joinable-rows.ts';
import { migratePostgres } from './migrate.ts';
import { type Joining, Ownership } from './ownership.ts';
import { isLost, type PostgresOptions, PostgresReader, sqlErrorOf } from './postgres-reader.ts';
import {
  groupStatements,
  type PlacesRow,
  projectionStatements,
  putDirectoryRows,
} from './write-rows.ts';

export interface PostgresStoreOptions extends PostgresOptions {
  /** `alone`, waiting for whoever is there, unless given. */
  readonly joining?: Joining;
}

const OWNER_WAIT_MS = 5_000;
const UNIQUE_VIOLATION = '23505';

/**
 * The store in a PostgreSQL database. A commit is on the server's disk when it returns
 * (`synchronous_commit = on`; the server itself has to keep `fsync` on). Each site has one writer
 * (`ownership.ts`): who comes alone has all sites, who shares takes and releases them. A call for a
 * site that another process has taken over throws `StoreFenced`.
 *
 * A connection that is lost in a transaction is replaced, and the server asked whether it was
 * committed: then the call succeeds, or it is done once more. Only what cannot be found out within the
 * deadline is `StoreUnavailable` although it may have been written; the next call that reaches the
 * server sees what is there, and `saveProjection` takes up where the database stands. A call may so
 * take several deadlines, of two attempts and three connections at most.
 */
export class PostgresStore extends PostgresReader implements SharedStore {
  readonly #options: PostgresStoreOptions;
  readonly #sizes = new Map<string, LogSize>();
  readonly #joining: Joining;
  readonly #ownership: Ownership;
  readonly #compactor: SegmentCompactor;
  /** Transactions of this owner that are known to be committed. */
  #writes = 0;
  /** Sites whose last projection may have been saved although the caller was told that it was not. */
  readonly #doubtful = new Set<string>();
  #owesRewrite = false;

  constructor(options: PostgresStoreOptions) {
    super(options);
    this.#options = options;
    this.#joining = options.joining ?? { alone: 'when-free', waitMs: OWNER_WAIT_MS };
    try {
      migratePostgres(this.bridge);
      this.#ownership = Ownership.join(this.bridge, this.#joining);
      if ('alone' in this.#joining) this.take(this.sites().map(({ site }) => site));
    } catch (error) {
      super.close();
      throw sqlErrorOf(error);
    }
    const rows = new PostgresJoinableRows(
      (statement) => this.ask('bare', [statement])[0]?.rows ?? [],
      (site, statements) => this.#write([site], statements),
    );
    this.#compactor = new SegmentCompactor(rows);
  }

  get writer(): number {
    return this.#ownership.writer;
  }

  owned(): string[] {
    return this.#ownership.sites;
  }

  take(sites: readonly string[]): string[] {
    if (sites.length === 0) return [];
    for (const site of sites) this.#sizes.delete(site);
    const [, taken] = this.#write([], () => [this.#ownership.takeStatement(sites)]);
    // After an answer that was lost nobody has read the epochs.
    const rows =
      taken?.rows ?? this.#write([], () => [this.#ownership.takeStatement(sites)])[1]?.rows;
    return this.#ownership.taken(rows ?? []);
  }

  release(sites: readonly string[]): void {
    const mine = sites.filter((site) => this.#ownership.sites.includes(site));
    if (mine.length === 0) return;
    this.#write([], () => [this.#ownership.releaseStatement(mine)]);
    this.#ownership.forget(mine);
  }

  rejoin(): void {
    try {
      if (!this.bridge.connected) super.resume();
      this.#ownership.rejoin(this.#joining);
      this.#writes = 0;
      this.#sizes.clear();
    } catch (error) {
      throw sqlErrorOf(error);
    }
  }

  /** The wrapped signing key of a log; keeps `make()` if there is none, and answers what is kept. */
  logKey(origin: string, make: () => Uint8Array): Uint8Array {
    const text = 'SELECT wrapped FROM log_keys WHERE origin = $1';
    const read = () => this.ask('bare', [{ text, values: [origin] }])[0]?.rows[0];
    const known = read();
    if (known !== undefined) return bytesIn(known, 'wrapped');
    const insert = 'INSERT INTO log_keys VALUES ($1, $2) ON CONFLICT DO NOTHING';
    this.#write([], () => [{ text: insert, values: [origin, make()] }]);
    return bytesIn(read() ?? {}, 'wrapped');
  }

  createSite(row: SiteRow, nowMs: number): void {
    const { site, origin, currency, zone, vkey } = row;
    const known = this.sites().find((each) => each.site === site || each.origin === origin);
    if (known !== undefined) throw siteExists(known.site);
    const text = `INSERT INTO sites (site, origin, currency, zone, vkey, created_ms)
      VALUES ($1, $2, $3, $4, $5, $6)`;
    const values = [site, origin, currency, zone, vkey, nowMs];
    try {
      this.#write([], () => [{ text, values }]);
    } catch (error) {
      // Another process was faster.
      if (error instanceof SqlError && error.code === UNIQUE_VIOLATION) throw siteExists(site);
      throw error;
    }
    this.take([site]);
  }

  commit(groups: readonly Group[], nowMs: number): void {
    for (const group of groups) {
      assertContinues(group, this.#sizes.get(group.site) ?? this.size(group.site));
    }
    const sites = groups.map(({ site }) => site);
    try {
      this.#write(sites, () => groupStatements(groups, nowMs));
    } catch (error) {
      // It may have been written after all.
      for (const site of sites) this.#sizes.delete(site);
      throw error;
    }
    for (const group of groups) this.#sizes.set(group.site, endAfter(group));
  }

  saveProjection(site: string, projection: Projection): void {
    assertFollows(projection, this.projectedPlace(site), this.size(site));
    const chunks = this.#chunksOf(site, projection);
    try {
      this.#write([site], () => projectionStatements(site, projection, chunks));
      this.#doubtful.delete(site);
    } catch (error) {
      if (error instanceof StoreUnavailable) this.#doubtful.add(site);
      throw error;
    }
  }

  addCheckpoint(site: string, { size, note, atMs }: CheckpointRow): void {
    const text = `INSERT INTO checkpoints VALUES ($1, $2, $3, $4)
      ON CONFLICT (site, size) DO UPDATE SET note = excluded.note, at_ms = excluded.at_ms`;
    this.#write([site], () => [{ text, values: [site, size, note, atMs] }]);
  }

  putDirectory(site: string, row: DirectoryRow): void {
    this.#write([site], () => putDirectoryRows([{ ...row, site }]));
  }

  /** The row is gone from the table's files; the server's log of changes still has it for a while. */
  eraseAccountKey(site: string, account: string, year: number): boolean {
    const known = this.accountKeys(site);
    if (!known.some((key) => key.account === account && key.year === year)) return false;
    const text = 'DELETE FROM account_keys WHERE site = $1 AND account = $2 AND year = $3';
    this.#write([site], () => [{ text, values: [site, account, year] }]);
    this.#owesRewrite = true;
    this.#rewriteKeys();
    return true;
  }

  compact(site: string): boolean {
    this.#ownership.assertOwner([site]);
    if (this.#owesRewrite) this.#rewriteKeys();
    const { leaf, record } = this.projectedPlace(site);
    return this.#compactor.step(site, leaf, record);
  }

  forgetReplays(site: string, step: ForgetStep): string | undefined {
    const { after, limit, beforeMs, but } = step;
    const text = 'SELECT key FROM idempotency WHERE site = $1 AND key > $2 ORDER BY key LIMIT $3';
    const found = this.ask('bare', [{ text, values: [site, after, limit] }])[0]?.rows ?? [];
    const row = found.at(-1);
    if (row === undefined) return undefined;
    const last = textIn(row, 'key');
    const old = `DELETE FROM idempotency WHERE site = $1 AND key > $2 AND key <= $3 AND at_ms < $4
      AND NOT starts_with(key, $5)`;
    this.#write([site], () => [{ text: old, values: [site, after, last, beforeMs, but] }]);
    return found.length < limit ? undefined : last;
  }

  /** Into a file as the SQLite store has it: one format of archives, whatever the service runs on. */
  async backup(path: string): Promise<void> {
    const { copyToFile } = await import('./backup-file.ts');
    await copyToFile(this.#options, path);
  }

  override close(): void {
    try {
      if (this.bridge.connected) this.#ownership.leave();
    } catch (error) {
      // It is missed soon enough.
      if (!(error instanceof SqlError)) throw error;
    }
    super.close();
  }

  protected override resume(): void {
    super.resume();
    try {
      this.#writes = this.#ownership.resume();
      this.#sizes.clear();
    } catch (error) {
      // Whoever is no writer for certain has no connection either.
      this.bridge.close();
      throw error;
    }
  }

  /**
   * One transaction of the owner of these sites; what each statement gave, the guards' before theirs,
   * or nothing when the answer was lost and the transaction was not. Its statements are made anew for
   * each attempt, since their bytes travel away. Throws what `port.ts` says, and `StoreFenced`.
   */
  #write(sites: readonly string[], statements: () => readonly Statement[]): readonly RunResult[] {
    try {
      if (!this.bridge.connected) this.resume();
      const number = this.#writes + 1;
      for (const isLast of [false, true]) {
        try {
          const results = this.#runAsOwner(number, sites, statements());
          this.#writes = number;
          return results;
        } catch (error) {
          if (!isLost(error)) throw error;
          this.resume();
          if (this.#writes === number) return [];
          if (isLast) throw error;
        }
      }
      return [];
    } catch (error) {
      throw sqlErrorOf(error);
    }
  }

  #runAsOwner(
    number: number,
    sites: readonly string[],
    statements: readonly Statement[],
  ): readonly RunResult[] {
    const guards = this.#ownership.guard(number, sites);
    try {
      return this.bridge.run('write', [...guards, ...statements]);
    } catch (error) {
      if (error instanceof SqlError && error.kind === 'unaffected') this.#ownership.check(sites);
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

function siteExists(site: string): Refusal {
  return new Refusal('site-exists', `Site ${site} exists already.`, { site });
}

/** What of rising numbers a chunk does not hold yet. */
function beyond(last: PlaceChunk | undefined, numbers: readonly number[]): readonly number[] {
  const end = last === undefined ? undefined : decodeAscending(last.numbers).at(-1);
  return end === undefined ? numbers : numbers.filter((number) => number > end);
}
