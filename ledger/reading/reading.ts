import type { SiteRow, StoreReader } from '../store/port.ts';
import type { AskedBundle } from './log-reading.ts';
import type { ReadingSetup } from './open-log-reading.ts';
import type { ReadingDoor } from './questions.ts';
import { ReadingInPlace } from './reading-in-place.ts';
import { ReadingThread } from './reading-thread.ts';

/**
 * All that the ledger reads (`LogReading` says what), without stopping the thread that asks: SQLite
 * answers in place, PostgreSQL in a thread that waits for it. A database that is away is
 * `StoreUnavailable` to each question until it is back.
 */
export class Reading {
  /** For what takes long: a thread of its own, so that it waits for nobody and nobody for it. */
  readonly apart: ReadingDoor;
  readonly #door: ReadingDoor;

  constructor(door: ReadingDoor, apart = door) {
    this.#door = door;
    this.apart = apart;
  }

  /** The way that suits the store. */
  static open(setup: ReadingSetup): Reading {
    const isHere = setup.location.kind === 'sqlite';
    const door = isHere ? new ReadingInPlace(setup) : new ReadingThread(setup);
    return new Reading(door, new ReadingThread(setup));
  }

  latest(site: string) {
    return this.#door.ask('latest', site);
  }

  published(site: string) {
    return this.#door.ask('published', site);
  }

  noteAt(site: string, size: number) {
    return this.#door.ask('noteAt', site, size);
  }

  prove(site: string, from: number, to: number) {
    return this.#door.ask('prove', site, from, to);
  }

  rootAt(site: string, size: number) {
    return this.#door.ask('rootAt', site, size);
  }

  hasNews(site: string, from: number, to: number) {
    return this.#door.ask('hasNews', site, from, to);
  }

  sites() {
    return this.#door.ask('sites');
  }

  siteOfBridge(bridge: string) {
    return this.#door.ask('siteOfBridge', bridge);
  }

  logs(sites: readonly SiteRow[]) {
    return this.#door.ask('logs', sites);
  }

  hashTile(site: string, level: number, index: number, width: number) {
    return this.#door.ask('hashTile', site, level, index, width);
  }

  entriesTile(site: string, index: number, width: number) {
    return this.#door.ask('entriesTile', site, index, width);
  }

  events(site: string, account: string, from: number, limit: number) {
    return this.#door.ask('events', site, account, from, limit);
  }

  signedEvents(site: string, from: number, limit: number) {
    return this.#door.ask('signedEvents', site, from, limit);
  }

  leafSince(row: SiteRow, origin: string, leaf: number) {
    return this.#door.ask('leafSince', row, origin, leaf);
  }

  statements(site: string, page: Parameters<StoreReader['statements']>[1]) {
    return this.#door.ask('statements', site, page);
  }

  statementRow(site: string, id: string) {
    return this.#door.ask('statementRow', site, id);
  }

  statement(site: string, id: string) {
    return this.#door.ask('statement', site, id);
  }

  bundle(asked: AskedBundle) {
    return this.#door.ask('bundle', asked);
  }

  evidence(site: string, after: string, limit: number) {
    return this.#door.ask('evidence', site, after, limit);
  }

  names(site: string, accounts: readonly string[]) {
    return this.#door.ask('names', site, accounts);
  }

  directory(site: string, kind: string, id: string) {
    return this.#door.ask('directory', site, kind, id);
  }

  directoryPage(site: string, kind: string, after: string, limit: number) {
    return this.#door.ask('directoryPage', site, kind, after, limit);
  }

  /** Answers what was asked before, then lets go of the store; whoever asks later is an error. */
  async close(): Promise<void> {
    await Promise.all([this.#door.close(), this.apart.close()]);
  }
}
