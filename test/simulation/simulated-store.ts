import Database from 'better-sqlite3';
import type {
  CheckpointRow,
  DirectoryRow,
  ForgetStep,
  Group,
  Projection,
  SharedStore,
  SiteRow,
} from '../../ledger/store/port.ts';
import { SqliteReader } from '../../ledger/store/sqlite/sqlite-reader.ts';
import { SqliteStore } from '../../ledger/store/sqlite/sqlite-store.ts';
import { StoreFenced, StoreFull, StoreUnavailable } from '../../ledger/store/store-errors.ts';
import type { Life } from './life.ts';
import type { Random } from './random.ts';

/** What may go wrong between a ledger and its database; all zero, it is a good one. */
export interface StoreFaults {
  /** Chances at one call that writes. */
  full: number;
  lost: number;
  /** It was written, and the answer was lost. */
  lostAfter: number;
  cut: number;
  cutAfter: number;
  /** Chance at one call that reads. */
  readLost: number;
  /** No call gets through. */
  isAway: boolean;
}

const WRITES: ReadonlySet<string> = new Set([
  ...['createSite', 'commit', 'saveProjection', 'addCheckpoint', 'putDirectory', 'compact'],
  ...['eraseAccountKey', 'replace', 'keep', 'drop', 'record', 'confirm', 'follow'],
]);
/**
 * After these an error may hide that it was written. The others promise that nothing was (`port.ts`), and
 * what is saved there twice would be there twice.
 */
const MAY_HIDE: ReadonlySet<string> = new Set([
  'commit',
  'addCheckpoint',
  'putDirectory',
  'replace',
]);

/** The faults that a call to a database meets on its way, there and back. */
export function meetFaults(
  life: Life,
  faults: StoreFaults,
  random: Random,
): (method: string, call: () => unknown) => unknown {
  return (method, call) => {
    life.mustLive();
    if (method === 'close' || method === 'owned') return call();
    if (faults.isAway) throw new StoreUnavailable('The database is away.');
    if (!WRITES.has(method)) {
      if (random.chance(faults.readLost)) throw new StoreUnavailable('The read was lost.');
      return call();
    }
    if (random.chance(faults.cut)) life.cut(`before ${method}`);
    if (random.chance(faults.full)) throw new StoreFull('No room.');
    if (random.chance(faults.lost)) throw new StoreUnavailable('The write was lost.');
    const result = call();
    if (random.chance(faults.cutAfter)) life.cut(`after ${method}`);
    if (MAY_HIDE.has(method) && random.chance(faults.lostAfter)) {
      throw new StoreUnavailable('The answer was lost.');
    }
    return result;
  };
}

/** A database that outlives the processes that use it; the tables are the real ones, in memory. */
export class SimulatedDatabase {
  #db = new Database(':memory:');
  #reader: SqliteReader | undefined;
  #writers = 0;
  /** Rises with everything that may have changed what is stored. */
  changes = 0;
  /** Who writes to each site. */
  readonly owners = new Map<string, Session>();

  get db(): Database.Database {
    return this.#db;
  }

  /** All of it as of this moment. */
  copy(): Buffer {
    return this.#db.serialize();
  }

  /** Puts a copy in place of what is there. */
  restore(copy: Buffer): void {
    this.#db = new Database(copy);
    this.#reader = undefined;
    this.changes += 1;
    this.owners.clear();
  }

  /** Reads as other threads do, whatever happens to the writers. */
  reader(): SqliteReader {
    this.#reader ??= new SharedReader(this.#db);
    return this.#reader;
  }

  /** A connection of a process; `isGone` tells whether that can be taken for dead. */
  open(process: object = {}, isGone: () => boolean = () => false): SharedStore {
    return new OwnedStore(this, this.session({ process, isGone }));
  }

  /** The next writer of this database. */
  session({ process, isGone }: Omit<Session, 'writer'>): Session {
    this.#writers += 1;
    return { process, isGone, writer: this.#writers };
  }

  isOwner(site: string, process: object | undefined): boolean {
    return this.owners.get(site)?.process === process;
  }
}

interface Session {
  readonly process: object;
  readonly writer: number;
  readonly isGone: () => boolean;
}

class SharedReader extends SqliteReader {
  readonly #commitments = new Map<string, Uint8Array>();

  /** What is there never changes, so it is read once. */
  override commitments(site: string, from: number, to: number): Uint8Array {
    let read = this.#commitments.get(site) ?? new Uint8Array();
    if (32 * to > read.length) {
      read = Buffer.concat([read, super.commitments(site, read.length / 32, to)]);
      this.#commitments.set(site, read);
    }
    return read.subarray(32 * from, 32 * to);
  }

  override close(): void {
    // The database is everybody's.
  }
}

/** The real store on the shared database, for the sites that this session owns. */
class OwnedStore extends SqliteStore implements SharedStore {
  readonly #database: SimulatedDatabase;
  #session: Session;

  constructor(database: SimulatedDatabase, session: Session) {
    super(database.db);
    this.#database = database;
    this.#session = session;
  }

  override owned(): string[] {
    const own = [...this.#database.owners].filter(([, session]) => session === this.#session);
    return own.map(([site]) => site);
  }

  get writer(): number {
    return this.#session.writer;
  }

  rejoin(): void {
    this.close();
    this.#session = this.#database.session(this.#session);
  }

  take(sites: readonly string[]): string[] {
    const { owners } = this.#database;
    const known = new Set(this.sites().map(({ site }) => site));
    const free = sites.filter((site) => known.has(site) && owners.get(site)?.isGone() !== false);
    for (const site of free) owners.set(site, this.#session);
    // Others may have written to it meanwhile.
    this.forgetSizes();
    return free;
  }

  release(sites: readonly string[]): void {
    for (const site of sites) {
      if (this.#database.owners.get(site) === this.#session) this.#database.owners.delete(site);
    }
  }

  override createSite(row: SiteRow, nowMs: number): void {
    super.createSite(row, nowMs);
    this.#database.owners.set(row.site, this.#session);
  }

  override commit(groups: readonly Group[], nowMs: number): void {
    for (const { site } of groups) this.#mustOwn(site);
    this.#database.changes += 1;
    super.commit(groups, nowMs);
  }

  override saveProjection(site: string, projection: Projection): void {
    this.#mustOwn(site);
    super.saveProjection(site, projection);
  }

  override addCheckpoint(site: string, row: CheckpointRow): void {
    this.#mustOwn(site);
    super.addCheckpoint(site, row);
  }

  override putDirectory(site: string, row: DirectoryRow): void {
    this.#mustOwn(site);
    super.putDirectory(site, row);
  }

  override eraseAccountKey(site: string, account: string, year: number): boolean {
    this.#mustOwn(site);
    return super.eraseAccountKey(site, account, year);
  }

  override forgetReplays(site: string, step: ForgetStep): string | undefined {
    this.#mustOwn(site);
    return super.forgetReplays(site, step);
  }

  override compact(site: string): boolean {
    this.#mustOwn(site);
    return super.compact(site);
  }

  override close(): void {
    for (const [site, session] of this.#database.owners) {
      if (session === this.#session) this.#database.owners.delete(site);
    }
  }

  #mustOwn(site: string): void {
    if (this.#database.owners.get(site) === this.#session) return;
    if (!this.sites().some((known) => known.site === site)) return;
    throw new StoreFenced('Another process has taken this site over.');
  }
}
