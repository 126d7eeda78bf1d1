import { setTimeout as pause } from 'node:timers/promises';
import { Client, DatabaseError, type QueryResultRow } from 'pg';
import { Refusal } from '../core/refusal.ts';
import { parserOf } from '../store/postgres/column-parsers.ts';
import { SCHEMA_VERSION } from '../store/postgres/migrate.ts';
import { refuseNewerSchema } from '../store/schema-version.ts';
import { StoreUnavailable } from '../store/store-errors.ts';
import type { ClusterView, OwnedSite, WriterRow } from './cluster-view.ts';
import { planFor } from './cluster-view.ts';
import { Liveness } from './liveness.ts';
import { positionOf } from './log-position.ts';

export interface MembershipParts {
  /** `postgres://` URL; it holds a password and is never told. */
  readonly url: string;
  /** What writes in this process; absent where nothing does. */
  readonly member?: Member | undefined;
  /** What is worth a line in the log. */
  readonly tell: (news: ClusterNews) => void;
}

/** The part of this process that owns sites. */
export interface Member {
  readonly writer: number;
  /** One that has ended shows nobody that it lives: others take its sites over. */
  isAlive(): boolean;
  take(sites: readonly string[]): Promise<unknown>;
  release(sites: readonly string[]): Promise<unknown>;
  /** Comes again after it was taken over; its new number. */
  rejoin(): Promise<number>;
}

export interface ClusterNews {
  readonly code: 'writer-gone' | 'sites-taken' | 'sites-released' | 'taken-over' | 'unreachable';
  readonly why: string;
  readonly sites?: readonly string[];
}

/** Between two looks at the others. */
const TURN_MS = 400;
const TIMEOUT_MS = 2_000;
/** Looks of a start that others took for gone before it had come up. */
const MOST_TRIES = 10;

const BEAT = 'UPDATE writers SET beats = beats + 1 WHERE writer = $1';
const WRITERS = `SELECT w.writer::int8, w.address, w.beats, EXISTS (
    SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted
      AND l.classid = 'writers'::regclass AND l.objid = w.writer::int4::oid
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS locked
  FROM writers w ORDER BY w.writer`;
const PLACE = 'SELECT pg_current_wal_insert_lsn()::text AS lsn';
const SITES = `SELECT s.site, o.writer FROM sites s LEFT JOIN owners o ON o.site = s.site
  ORDER BY s.site COLLATE "C"`;
/** Its session first, so that nothing it has begun is committed later; and only if it is as silent still. */
const END_SESSION = `SELECT pg_terminate_backend(l.pid) FROM pg_locks l
  WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 'writers'::regclass
    AND l.objid = $1::int4::oid
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
const EVICT = 'DELETE FROM writers WHERE writer = $1 AND beats = $2';

/**
 * Where the processes of one ledger meet: in the database, each on a connection of its own beside what it
 * writes on. A process that writes shows that it lives, takes sites that are nobody's, ends who has been
 * silent for too long (`liveness.ts`), and lets go of what is more than its share. All others look.
 *
 * What is seen here is a hint of where to ask. Who may write is held by the transaction that writes.
 */
export class Membership {
  readonly #parts: MembershipParts;
  readonly #liveness = new Liveness();
  readonly #stop = new AbortController();
  #writer: number | undefined;
  #client: Client | undefined;
  #view: ClusterView = { writers: [], sites: [] };
  #owners: ReadonlyMap<string, WriterRow> = new Map();
  #place = { position: 0n, atMs: Number.NEGATIVE_INFINITY };
  #seenMs = Number.NEGATIVE_INFINITY;
  #turn: Promise<void> | undefined;
  #acting: Promise<void> | undefined;
  #gone: readonly number[] = [];
  #isAway = false;
  /** It was taken over, and has not come again yet. */
  #isOut = false;
  #listeners: (() => void)[] = [];
  readonly #watchers: (() => void)[] = [];
  #loop: Promise<void> | undefined;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
    this.#writer = parts.member?.writer;
  }

  /**
   * Has looked once when it resolves. Refuses `database-empty`, `schema-newer`; throws
   * `StoreUnavailable`.
   */
  async start(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#refuseNewerSchema();
        await this.#look();
        break;
      } catch (error) {
        this.#drop();
        // The session that others have ended is only found out to be: it comes again at the next look.
        if (!this.#isOut || tries === MOST_TRIES) {
          throw error instanceof Refusal ? error : startError(error);
        }
        await pause(TURN_MS);
      }
    }
    this.#loop = this.#run();
  }

  get writer(): number | undefined {
    return this.#writer;
  }

  get view(): ClusterView {
    return this.#view;
  }

  /** How far the server's log of changes had come, no earlier than at this moment of our own watch. */
  get place(): { readonly position: bigint; readonly atMs: number } {
    return this.#place;
  }

  /** How old the view is. */
  get ageMs(): number {
    return performance.now() - this.#seenMs;
  }

  /** Who writes for a site, as far as is known; undefined: nobody at present, or there is no such site. */
  owner(site: string): WriterRow | undefined {
    return this.#owners.get(site);
  }

  /** Looks now; resolves with whether it could. */
  async refresh(): Promise<boolean> {
    try {
      this.#turn ??= this.#look().finally(() => {
        this.#turn = undefined;
      });
      await this.#turn;
      return true;
    } catch {
      return false;
    }
  }

  /** Calls after each look that saw something. */
  onLook(watcher: () => void): void {
    this.#watchers.push(watcher);
  }

  /** Resolves at the next look, or after so many milliseconds. */
  async changed(withinMs: number): Promise<void> {
    const looked = new Promise<void>((resolve) => this.#listeners.push(resolve));
    await Promise.race([looked, pause(withinMs, undefined, { ref: false })]);
  }

  /** Looks no more. The member leaves by itself. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await this.#acting;
    await this.#client?.end().catch(() => undefined);
  }

  /** Who only reads does not migrate, and would not know that it misreads. */
  async #refuseNewerSchema(): Promise<void> {
    const { rows } = await this.#query<{ found: number }>(
      'SELECT max(version) AS found FROM schema_version',
    );
    refuseNewerSchema(rows[0]?.found ?? 0, SCHEMA_VERSION);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await pause(TURN_MS, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      // Whatever the member takes its time for, this process shows that it lives.
      if ((await this.refresh()) && this.#acting === undefined) {
        this.#acting = this.#act().finally(() => {
          this.#acting = undefined;
        });
      }
    }
  }

  /** Shows that this process lives, and sees who else does. */
  async #look(): Promise<void> {
    try {
      const isAlive = this.#parts.member?.isAlive() ?? false;
      const writer = isAlive ? this.#writer : undefined;
      if (writer !== undefined && (await this.#query(BEAT, [writer])).count === 0) {
        await this.#comeAgain();
      }
      const atMs = performance.now();
      const { rows: places } = await this.#query<{ lsn: string }>(PLACE);
      const { rows: writers } = await this.#query<WriterRow>(WRITERS);
      const { rows: sites } = await this.#query<OwnedSite>(SITES);
      this.#view = { writers, sites };
      this.#owners = ownersIn(this.#view);
      this.#place = { position: positionOf(places[0]?.lsn ?? '0/0'), atMs };
      this.#gone = this.#liveness.look(writers, performance.now());
      this.#seenMs = performance.now();
      this.#isAway = false;
      for (const watch of this.#watchers) watch();
    } catch (error) {
      this.#drop();
      const why = error instanceof Error ? error.message : '';
      if (!this.#isAway) this.#parts.tell({ code: 'unreachable', why });
      this.#isAway = true;
      throw error;
    } finally {
      for (const resolve of this.#listeners.splice(0)) resolve();
    }
  }

  async #comeAgain(): Promise<void> {
    const why = 'Others took this process for gone, and have its sites now.';
    if (!this.#isOut) this.#parts.tell({ code: 'taken-over', why });
    this.#isOut = true;
    this.#writer = await this.#parts.member?.rejoin();
    this.#isOut = false;
  }

  /** What follows from what was seen. A failure is no harm: the next turn sees what there is then. */
  async #act(): Promise<void> {
    const { member, tell } = this.#parts;
    if (member === undefined || !member.isAlive() || this.#writer === undefined) return;
    try {
      const others = this.#gone.filter((writer) => writer !== this.#writer);
      for (const writer of others) await this.#evict(writer);
      const { take, release } = planFor(this.#writer, this.#view);
      if (take.length > 0) {
        await member.take(take);
        tell({ code: 'sites-taken', why: 'They were nobody’s.', sites: take });
      }
      if (release.length > 0) {
        await member.release(release);
        tell({ code: 'sites-released', why: 'Others have fewer.', sites: release });
      }
      if (take.length + release.length > 0) await this.refresh();
    } catch (error) {
      tell({ code: 'unreachable', why: error instanceof Error ? error.message : '' });
    }
  }

  async #evict(writer: number): Promise<void> {
    const row = this.#view.writers.find((each) => each.writer === writer);
    await this.#query(END_SESSION, [writer]);
    const { count } = await this.#query(EVICT, [writer, row?.beats ?? 0]);
    if (count === 0) return;
    this.#parts.tell({ code: 'writer-gone', why: `Writer ${writer} is silent or has ended.` });
    await this.#look();
  }

  async #query<T extends QueryResultRow = QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<{ rows: T[]; count: number }> {
    this.#client ??= await this.#connect();
    const { rows, rowCount } = await this.#client.query<T>(text, [...values]);
    return { rows, count: rowCount ?? 0 };
  }

  async #connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.#parts.url,
      application_name: 'billproof-membership',
      ...{ connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS, keepAlive: true },
      types: { getTypeParser: parserOf },
    });
    client.on('error', () => this.#drop());
    await client.connect();
    return client;
  }

  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    void client?.end().catch(() => undefined);
  }
}

function ownersIn({ writers, sites }: ClusterView): ReadonlyMap<string, WriterRow> {
  const rows = new Map(writers.map((row) => [row.writer, row]));
  return new Map(
    sites.flatMap(({ site, writer }) => {
      const row = writer === null ? undefined : rows.get(writer);
      return row === undefined ? [] : [[site, row] as const];
    }),
  );
}

const UNDEFINED_TABLE = '42P01';

function startError(error: unknown): Error {
  if (error instanceof DatabaseError && error.code === UNDEFINED_TABLE) {
    const advice = 'There is no ledger in this database yet; first start a process that writes.';
    return new Refusal('database-empty', advice);
  }
  const reason = error instanceof Error ? error.message : '';
  return new StoreUnavailable(`The database cannot be reached. ${reason}`, { cause: error });
}
