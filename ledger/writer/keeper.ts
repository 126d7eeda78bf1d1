import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { KeyWrap } from '../account-keys.ts';
import { SqliteCheckpointStore } from '../checkpoint-store.ts';
import { Checkpointer } from '../checkpointer.ts';
import { Refusal } from '../core/refusal.ts';
import { formatVerifierKey } from '../core/signed-note.ts';
import { zoneOf } from '../core/zone.ts';
import { readOrMakeLogKey } from '../log-keys.ts';
import { nativePrimitives } from '../native-primitives.ts';
import { SqliteStore } from '../store/sqlite/sqlite-store.ts';
import { StoreFull, StoreUnavailable } from '../store/store-errors.ts';
import { answerQuery } from './queries.ts';
import { RefusedAfterCommit } from './refused-after-commit.ts';
import type { NewSite, Request, WriterSetup } from './thread-messages.ts';
import { Writer } from './writer.ts';

const IDLE_MS = 250;
/** Between two steps of joining segments, so that a reading that comes meanwhile waits for one at most. */
const COMPACT_PAUSE_MS = 10;

/** Everything that lives in the writer's thread: store, writer, checkpoints, and their timers. */
export class Keeper {
  readonly #setup: WriterSetup;
  readonly #lock: Database.Database;
  readonly #store: SqliteStore;
  readonly #last: SqliteCheckpointStore;
  readonly #writer: Writer;
  readonly #checkpointers = new Map<string, Checkpointer>();
  #simulatedMs: number | undefined;
  #checkpointTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #lastSignedMs = 0;
  #oldestUnsignedMs: number | undefined;

  constructor(setup: WriterSetup) {
    this.#setup = setup;
    mkdirSync(setup.dataDir, { recursive: true });
    const opened = new DisposableStack();
    try {
      const keep = <T extends { close(): void }>(part: T) => opened.adopt(part, (it) => it.close());
      this.#lock = keep(lockData(join(setup.dataDir, 'writer.lock')));
      this.#store = keep(new SqliteStore(join(setup.dataDir, 'ledger.db')));
      this.#last = keep(new SqliteCheckpointStore(setup.checkpointPath));
      this.#writer = this.#startWriter();
      for (const site of this.#writer.sites.keys()) {
        this.#startLog(site);
        // A crash may have come between the site's row and its first event.
        this.#writer.openSite(site);
      }
    } catch (error) {
      // What refuses to start lets go of its files; the newest opened goes first, the lock last.
      opened.dispose();
      clearTimeout(this.#checkpointTimer);
      throw error;
    }
    if (this.#writer.sites.size > 0) this.#scheduleCheckpoint();
  }

  /** Told to the ledger once the thread stands: what it needs to verify batches by itself. */
  ready(): unknown {
    return { sites: this.#store.sites(), keys: this.#keys() };
  }

  /** Takes one request into the group, or answers it at once when it changes nothing. */
  take(request: Request): unknown {
    switch (request.kind) {
      case 'batch': {
        const outcome = this.#writer.takeBatch(request.batch);
        // Text crosses between threads at a fraction of what an object with many keys costs.
        if (outcome.ok) return JSON.stringify(outcome.result);
        if (outcome.refusal.code === 'equivocation') throw new RefusedAfterCommit(outcome.refusal);
        throw outcome.refusal;
      }
      case 'command': {
        const outcome = this.#writer.take(request.command);
        if (!outcome.ok) throw outcome.refusal;
        return outcome.result;
      }
      case 'query':
        return this.#query(request.query);
      case 'create-site':
        return this.#createSite(request.site);
      case 'settle':
        return this.#settle();
      case 'checkpoint':
        this.commit();
        this.#sign();
        return this.#sizes();
      case 'clock':
        return this.#setClock(request.nowMs);
      case 'directory':
        return this.#store.putDirectory(request.site, request.row);
      case 'health':
        return this.#health();
      case 'close':
        return this.close();
    }
  }

  commit(): void {
    const news = this.#writer.pending > 0;
    this.#writer.commit();
    if (news) {
      this.#oldestUnsignedMs ??= Date.now();
      this.#scheduleCheckpoint();
    }
    this.onIdle();
    unlessStoreRefuses(() => this.#writer.projectLate());
  }

  /** Takes back what was taken and not committed: after a mistake of our own. */
  forget(): void {
    this.#writer.forget();
  }

  /** Saves projections when nothing has come for a while. */
  onIdle(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => {
      if (!unlessStoreRefuses(() => this.#writer.projectAll())) this.onIdle();
      else this.#compact();
    }, IDLE_MS);
    this.#idleTimer.unref();
  }

  /** Joins small segments, one bounded step at a time, as long as nothing else is to be done. */
  #compact(): void {
    let hasMore = false;
    unlessStoreRefuses(() => {
      for (const site of this.#writer.sites.keys()) {
        if (this.#store.compact(site)) hasMore = true;
      }
    });
    if (!hasMore) return;
    this.#idleTimer = setTimeout(() => this.#compact(), COMPACT_PAUSE_MS);
    this.#idleTimer.unref();
  }

  close(): void {
    clearTimeout(this.#checkpointTimer);
    clearTimeout(this.#idleTimer);
    this.commit();
    clearTimeout(this.#checkpointTimer);
    clearTimeout(this.#idleTimer);
    // Both only save work for the next start, which does them again.
    unlessStoreRefuses(() => this.#sign());
    unlessStoreRefuses(() => this.#writer.projectAll());
    this.#last.close();
    this.#store.close();
    this.#lock.close();
  }

  #startWriter(): Writer {
    const wrap = new KeyWrap(this.#setup.kek);
    return new Writer({
      store: this.#store,
      now: () => this.#now(),
      wrap: (site, account, year, key) => wrap.wrap(site, account, year, key),
      unwrap: (site, account, year, wrapped) => wrap.unwrap(site, account, year, wrapped),
      primitives: nativePrimitives(),
    });
  }

  #now(): number {
    return this.#simulatedMs ?? Date.now();
  }

  #setClock(nowMs: number | undefined): void {
    if (!this.#setup.simulatedClock) {
      throw new Refusal('clock-is-real', 'The clock can be set in the demonstration only.');
    }
    this.#simulatedMs = nowMs;
  }

  #query(query: Extract<Request, { kind: 'query' }>['query']): unknown {
    const state = this.#writer.sites.get(query.site);
    if (state === undefined) {
      throw new Refusal('site-unknown', `There is no site ${query.site.slice(0, 64)}.`);
    }
    return answerQuery(state, query);
  }

  #createSite(site: NewSite): unknown {
    if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(site.site)) {
      throw new Refusal('bad-site-id', 'A site id has lowercase letters, digits and hyphens.');
    }
    const signer = readOrMakeLogKey(this.#setup.keysDir, site.site, site.origin);
    const vkey = formatVerifierKey(signer.key);
    refuseBadSite(site);
    this.#store.createSite({ ...site, vkey }, this.#now());
    this.#writer.openSite(site.site);
    this.#startLog(site.site);
    this.#sign();
    return { ...site, vkey };
  }

  #startLog(site: string): void {
    const state = this.#writer.sites.get(site);
    if (state === undefined) return;
    const signer = readOrMakeLogKey(this.#setup.keysDir, site, state.origin);
    const checkpointer = new Checkpointer(site, signer, this.#last, this.#store);
    checkpointer.repair(this.#now());
    this.#checkpointers.set(site, checkpointer);
    if (checkpointer.publishedSize < state.size) this.#scheduleCheckpoint();
  }

  /** At least one checkpoint every `checkpointMs` while there is news, and none without. */
  #scheduleCheckpoint(): void {
    if (this.#checkpointTimer !== undefined) return;
    const dueMs = this.#lastSignedMs + this.#setup.checkpointMs - Date.now();
    this.#checkpointTimer = setTimeout(
      () => {
        if (unlessStoreRefuses(() => this.#sign())) return;
        this.#lastSignedMs = Date.now();
        this.#scheduleCheckpoint();
      },
      Math.max(0, dueMs),
    );
  }

  #sign(): void {
    clearTimeout(this.#checkpointTimer);
    this.#checkpointTimer = undefined;
    for (const [site, checkpointer] of this.#checkpointers) {
      const state = this.#writer.sites.get(site);
      // Only what is committed may be signed: pending events could still be lost.
      if (state === undefined || this.#writer.pending > 0) continue;
      if (state.size <= checkpointer.publishedSize) {
        checkpointer.repair(this.#now());
        continue;
      }
      checkpointer.publish({ size: state.size, root: state.tree.root() }, this.#now());
    }
    this.#lastSignedMs = Date.now();
    this.#oldestUnsignedMs = undefined;
  }

  #settle(): unknown {
    this.commit();
    this.#writer.projectAll();
    return this.#sizes();
  }

  #sizes(): Record<string, number> {
    return Object.fromEntries([...this.#writer.sites].map(([site, { size }]) => [site, size]));
  }

  #health(): unknown {
    return {
      sizes: this.#sizes(),
      checkpointAgeMs:
        this.#oldestUnsignedMs === undefined ? 0 : Date.now() - this.#oldestUnsignedMs,
    };
  }

  #keys(): unknown {
    return [...this.#writer.sites].flatMap(([site, { bridges }]) =>
      [...bridges.values()].flatMap(({ bridge, keys }) =>
        keys.map(({ kid, epoch, x, y }) => ({ site, bridge, kid, epoch, x, y })),
      ),
    );
  }
}

/**
 * Runs what can be done later. False when the store did not take it: nothing acknowledged depends on
 * it, and the thread must outlive a full disk.
 */
function unlessStoreRefuses(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof StoreFull || error instanceof StoreUnavailable) return false;
    throw error;
  }
}

/** What an event could not hold must not get into the store: no start would read it again. */
function refuseBadSite({ origin, currency, zone }: NewSite): void {
  if (!/^[a-z0-9][a-z0-9.:/_-]{0,254}$/.test(origin)) {
    throw new Refusal('bad-origin', 'An origin is a URL without its scheme, in lowercase.');
  }
  if (!/^[A-Z]{3}$/.test(currency)) {
    throw new Refusal('bad-currency', 'A currency has three capital letters, such as CNY.');
  }
  zoneOf(zone);
}

/** One writer a data folder: the lock is a database transaction, so it dies with its process. */
function lockData(path: string): Database.Database {
  const db = new Database(path, { timeout: 0 });
  try {
    db.pragma('locking_mode = EXCLUSIVE');
    db.exec('BEGIN EXCLUSIVE');
  } catch {
    db.close();
    throw new Refusal(
      'data-in-use',
      'Another Billproof writes in this data folder; stop it first.',
      {
        path,
      },
    );
  }
  return db;
}
