import { Refusal } from '../../core/refusal.ts';
import { StoreFenced } from '../store-errors.ts';
import { type PostgresBridge, SqlError } from './bridge.ts';
import type { Statement } from './bridge-messages.ts';
import { numberIn, textIn } from './columns.ts';
import { LOCKS } from './locks.ts';
import { int8Array, textArray } from './sql-arrays.ts';

/**
 * How a writer comes to a database. `shared`: beside others, each with sites of its own, and the address
 * under which the others reach it. Else alone, with all sites: `when-free` waits for whoever is there,
 * `by-force` ends their sessions.
 */
export type Joining =
  | { readonly shared: string }
  | { readonly alone: 'when-free' | 'by-force'; readonly waitMs: number };

/** Of the sessions' locks: this one, and the number of the writer that holds it. */
const KEY = `'writers'::regclass::oid::int4`;
const RETRY_MS = 20;

const REGISTER = 'INSERT INTO writers (address) VALUES ($1) RETURNING writer';
const LOCK = `SELECT pg_advisory_lock(${KEY}, $1::int4)`;
const LOCK_REGISTERED = `SELECT pg_advisory_lock(${KEY},
  currval(pg_get_serial_sequence('writers', 'writer'))::int4)`;
/** One at a time comes or goes, so that two that come alone do not both find the place empty. */
const COMING = `SELECT pg_advisory_xact_lock(${LOCKS.coming}, ${KEY})`;
/** Sessions that hold the lock of a writer. */
const HOLDERS = `pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 'writers'::regclass
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
/** Writers whose sessions have ended; nothing can come from them any more. */
const IS_GONE = `NOT EXISTS (SELECT 1 FROM ${HOLDERS} AND l.objid = w.writer::int4::oid)`;
/** Of the others those who come alone look at all, since they wait for nobody. */
const DELETE_GONE = `DELETE FROM writers w WHERE ($1::bool OR address IS NULL) AND ${IS_GONE}`;
const OTHERS = 'SELECT writer FROM writers WHERE $1::bool OR address IS NULL';
const END_ALL = `SELECT pg_terminate_backend(l.pid) FROM ${HOLDERS} AND l.pid <> pg_backend_pid()`;
const DELETE_ALL = 'DELETE FROM writers';
const WRITES = 'SELECT writes FROM writers WHERE writer = $1';
const NEXT_WRITE = 'UPDATE writers SET writes = $2::bigint WHERE writer = $1';
const STILL_MINE = `SELECT o.site FROM owners o
  JOIN unnest($2::text[], $3::int8[]) AS mine (site, epoch)
    ON o.site = mine.site AND o.epoch = mine.epoch WHERE o.writer = $1`;
/** What is nobody's, or belongs to a writer that is gone, or is its own already. */
const TAKE = `INSERT INTO owners AS o (site, epoch, writer)
  SELECT s.site, 1, $1 FROM sites s WHERE s.site = ANY ($2::text[])
  ON CONFLICT (site) DO UPDATE SET epoch = o.epoch + 1, writer = excluded.writer
    WHERE NOT EXISTS (SELECT 1 FROM writers w WHERE w.writer = o.writer AND w.writer <> $1)
  RETURNING site, epoch`;
const RELEASE = `UPDATE owners SET writer = NULL WHERE writer = $1 AND site = ANY ($2::text[])`;
const LEAVE = 'DELETE FROM writers WHERE writer = $1';

/**
 * Who writes to which site of a database. A writer has a row in `writers`, and its session a lock by
 * which everybody sees that it lives. Each transaction of it begins by changing that row, and checks
 * the epochs of the sites that it writes to: one higher with each owner. Who takes over from a writer
 * ends its session and deletes its row first, so an owner that slept meanwhile writes nothing, whatever
 * it believes; and none of what it had begun comes later.
 *
 * The row also counts the writer's transactions: by it a writer learns after a lost connection whether
 * its last one was committed.
 */
export class Ownership {
  readonly #bridge: PostgresBridge;
  readonly #epochs = new Map<string, number>();
  #writer: number;

  private constructor(bridge: PostgresBridge, writer: number) {
    this.#bridge = bridge;
    this.#writer = writer;
  }

  /** Becomes a writer of a database whose tables are there. Refuses `data-in-use`. */
  static join(bridge: PostgresBridge, joining: Joining): Ownership {
    return new Ownership(bridge, join(bridge, joining));
  }

  /** Number of this writer; never used twice in a database. */
  get writer(): number {
    return this.#writer;
  }

  get sites(): string[] {
    return [...this.#epochs.keys()];
  }

  /** Comes again, as another writer without sites, after it was fenced. */
  rejoin(joining: Joining): void {
    this.#epochs.clear();
    this.#writer = join(this.#bridge, joining);
  }

  /** What stands first in each transaction that writes to these sites, or this is not their owner. */
  guard(number: number, sites: readonly string[]): Statement[] {
    this.assertOwner(sites);
    const next = { text: NEXT_WRITE, values: [this.#writer, number], affects: 1 };
    if (sites.length === 0) return [next];
    return [next, { ...this.#stillMine(sites), affects: sites.length }];
  }

  /** Throws `StoreFenced` unless all of these were taken. */
  assertOwner(sites: readonly string[]): void {
    const other = sites.find((site) => !this.#epochs.has(site));
    if (other !== undefined)
      throw new StoreFenced(`This process does not write for site ${other}.`);
  }

  /** Statements of a guarded transaction; `taken` reads what the last of them gave. */
  takeStatement(sites: readonly string[]): Statement {
    return { text: TAKE, values: [this.#writer, textArray(sites)] };
  }

  taken(rows: readonly Readonly<Record<string, unknown>>[]): string[] {
    return rows.map((row) => {
      const site = textIn(row, 'site');
      this.#epochs.set(site, numberIn(row, 'epoch'));
      return site;
    });
  }

  releaseStatement(sites: readonly string[]): Statement {
    return { text: RELEASE, values: [this.#writer, textArray(sites)] };
  }

  forget(sites: readonly string[]): void {
    for (const site of sites) this.#epochs.delete(site);
  }

  /**
   * On a new connection: the lock again, and the number of the last transaction that was committed.
   * Throws `StoreFenced` when this is no writer any more.
   */
  resume(): number {
    const writes = this.#writes();
    this.#bridge.run('bare', [{ text: LOCK, values: [this.#writer] }]);
    return writes;
  }

  /** After a write that changed not as many rows as it had to: fenced, or a mistake of our own. */
  check(sites: readonly string[]): void {
    this.#writes();
    const [found] = this.#bridge.run('bare', [this.#stillMine(sites)]);
    const mine = new Set(found?.rows.map((row) => textIn(row, 'site')));
    const lost = sites.filter((site) => !mine.has(site));
    if (lost.length === 0) return;
    this.forget(lost);
    throw new StoreFenced('Another process has taken over what this one wrote for.');
  }

  /** Gives everything up, so that nobody has to wait until this writer is missed. */
  leave(): void {
    this.#epochs.clear();
    this.#bridge.run('bare', [{ text: LEAVE, values: [this.#writer] }]);
  }

  #stillMine(sites: readonly string[]): Statement {
    const epochs = sites.map((site) => this.#epochs.get(site) ?? 0);
    return { text: STILL_MINE, values: [this.#writer, textArray(sites), int8Array(epochs)] };
  }

  #writes(): number {
    const [result] = this.#bridge.run('bare', [{ text: WRITES, values: [this.#writer] }]);
    const [row] = result?.rows ?? [];
    if (row !== undefined) return numberIn(row, 'writes');
    this.#epochs.clear();
    throw new StoreFenced('Another process has taken over from this one.');
  }
}

function join(bridge: PostgresBridge, joining: Joining): number {
  if ('shared' in joining) {
    const writer = register(bridge, joining.shared, false);
    if (writer !== undefined) return writer;
    throw inUse();
  }
  if (joining.alone === 'by-force') {
    bridge.run('write', [{ text: COMING }, { text: END_ALL }, { text: DELETE_ALL }]);
  }
  const until = performance.now() + joining.waitMs;
  for (;;) {
    const writer = register(bridge, null, true);
    if (writer !== undefined) return writer;
    if (performance.now() >= until) throw inUse();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
  }
}

/** The number of a new writer; undefined while one is there that it may not be beside. */
function register(
  bridge: PostgresBridge,
  address: string | null,
  isAlone: boolean,
): number | undefined {
  try {
    const results = bridge.run('write', [
      { text: COMING },
      { text: DELETE_GONE, values: [String(isAlone)] },
      { text: OTHERS, values: [String(isAlone)], affects: 0 },
      { text: REGISTER, values: [address] },
      { text: LOCK_REGISTERED },
    ]);
    return numberIn(results[3]?.rows[0] ?? {}, 'writer');
  } catch (error) {
    if (error instanceof SqlError && error.kind === 'unaffected') return undefined;
    throw error;
  }
}

function inUse(): Refusal {
  return new Refusal(
    'data-in-use',
    'Another Billproof writes in this database; stop it first.',
    {},
  );
}
