import { join } from 'node:path';
import { confirmCommand } from './anchor/anchor-event.ts';
import type { Anchor } from './anchor/anchor-store.ts';
import { Anchoring, type AnchoringOptions, type CourseState } from './anchor/anchoring.ts';
import { type BillShare, BillShares } from './bill-shares.ts';
import type { BridgeKeyRow } from './bridge-keys.ts';
import { Cluster, type DatabaseOptions } from './cluster/cluster.ts';
import type { WriterPort } from './cluster/writer-port.ts';
import { assert } from './core/assert.ts';
import { Refusal } from './core/refusal.ts';
import { KnownSites } from './known-sites.ts';
import { readOrMakeKek } from './log-keys.ts';
import { nativePrimitives } from './native-primitives.ts';
import { Reading } from './reading/reading.ts';
import type { SignedLog } from './signed-log.ts';
import { ledgerPath, storeLocation } from './store/location.ts';
import type { SiteRow, StatementRow } from './store/port.ts';
import { SqliteReader } from './store/sqlite/sqlite-reader.ts';
import { verifyIncomingBatch } from './verify-batch.ts';
import type { AccountView, MeterView } from './views.ts';
import { type Policies, readersPolicy, sitePolicy } from './witness/site-policy.ts';
import { type WitnessedSite, Witnessing, type WitnessingOptions } from './witness/witnessing.ts';
import type { BatchAnswer } from './writer/accept-batch.ts';
import type { CommandResult } from './writer/commands.ts';
import type { Command } from './writer/messages.ts';
import type { BillPlaces, Query } from './writer/queries.ts';
import type { NewSite } from './writer/thread-messages.ts';
import { WriterThread } from './writer/writer-thread.ts';

export interface LedgerOptions {
  /** Folder of the events' database. */
  readonly dataDir: string;
  /** A database instead, that other processes may work on too. */
  readonly database?: DatabaseOptions | undefined;
  /** Folder of secrets: log keys, and the key-encryption key unless `kek` gives it. */
  readonly keysDir?: string | undefined;
  /** File of the last signed checkpoints; best on another disk. */
  readonly checkpointPath?: string | undefined;
  readonly kek?: Uint8Array | undefined;
  /** Longest time from a commit to its signed checkpoint. */
  readonly checkpointMs?: number | undefined;
  /** Lets `setClock` move the ledger's time: for the demonstration and tests only. */
  readonly simulatedClock?: boolean | undefined;
}

const SOFTWARE = 'billproof';

/**
 * The ledger as the rest of a process sees it. Writing goes to the writer's thread and resolves once it
 * is durable; batches are verified here first, beside it; reading has a connection of its own.
 */
export class Ledger {
  readonly #writer: WriterPort;
  readonly #cluster: Cluster | undefined;
  readonly #reading: Reading;
  /** What witnessing and anchoring read. */
  readonly #store: SqliteReader | undefined;
  readonly #shares: BillShares;
  readonly #primitives = nativePrimitives();
  readonly #known: KnownSites;
  readonly #dataDir: string;
  #witnessing: Witnessing | undefined;
  #anchoring: Anchoring | undefined;
  #policies: Policies = {};

  private constructor(
    dataDir: string,
    parts: {
      readonly writer: WriterPort;
      readonly cluster: Cluster | undefined;
      readonly reading: Reading;
      readonly store: SqliteReader | undefined;
    },
  ) {
    this.#dataDir = dataDir;
    this.#writer = parts.writer;
    this.#cluster = parts.cluster;
    this.#reading = parts.reading;
    this.#store = parts.store;
    this.#known = new KnownSites({
      sites: () => this.#reading.sites(),
      keys: (site) => this.#enrolledKeys(site),
    });
    this.#shares = new BillShares(this.#reading, (site, row) =>
      this.#writer.ask({ kind: 'directory', site, row }),
    );
  }

  /**
   * Starts the writer. Refuses `data-in-use`, `kek-wrong`, `schema-newer`, and in a data folder `log-behind`
   * and `log-forked`.
   */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const { dataDir, database } = options;
    const keysDir = options.keysDir ?? join(dataDir, 'keys');
    const kek = options.kek ?? readOrMakeKek(keysDir);
    const setup = {
      ...{ dataDir, keysDir, kek },
      checkpointPath: options.checkpointPath ?? join(dataDir, 'last-checkpoint', 'checkpoints.db'),
      checkpointMs: options.checkpointMs ?? 500,
      simulatedClock: options.simulatedClock ?? false,
    };
    const location = storeLocation(dataDir, database);
    if (database === undefined) {
      const { thread, ready } = await WriterThread.start(setup);
      const store = new SqliteReader(ledgerPath(dataDir));
      const reading = Reading.open({ location, kek });
      const parts = { writer: thread, cluster: undefined, reading, store };
      const ledger = new Ledger(dataDir, parts);
      const { sites, keys }: { sites: SiteRow[]; keys: BridgeKeyRow[] } = Object(ready);
      ledger.#known.learn(sites, keys);
      return ledger;
    }
    const cluster = await Cluster.join(database, setup, unknownQuestion);
    const reading = Reading.open({ location, kek });
    const writer = cluster.writers;
    const ledger = new Ledger(dataDir, { writer, cluster, reading, store: undefined });
    await ledger.#known.learnSites();
    return ledger;
  }

  /** Asks witnesses for cosignatures from now on, until `close`. Refuses `policy-other-log`. */
  startWitnessing(options: WitnessingOptions): void {
    assert(this.#witnessing === undefined, 'witnessing starts once');
    const ledger = { dataDir: this.#dataDir, store: this.#store, sites: () => this.sites() };
    this.#witnessing = new Witnessing(ledger, options);
    this.#policies = options.policies;
  }

  /** Anchors checkpoints on chains from now on, until `close`. Start witnessing before, if at all. */
  startAnchoring(options: AnchoringOptions): void {
    assert(this.#anchoring === undefined, 'anchoring starts once');
    const ledger = {
      ...{ dataDir: this.#dataDir, store: this.#store },
      sites: () => this.sites(),
      latest: (site: string) => this.#latestToAnchor(site),
      confirm: async (site: string, anchor: Anchor) => {
        await this.execute(confirmCommand(site, anchor));
      },
    };
    this.#anchoring = new Anchoring(ledger, options);
  }

  async execute(command: Command): Promise<CommandResult> {
    const result: CommandResult = Object(await this.#writer.ask({ kind: 'command', command }));
    if (command.do === 'enrol-device') await this.#known.learnKeys(command.site);
    return result;
  }

  /** Refuses what is wrong with the batch before the writer sees it (`verifyIncomingBatch`). */
  async acceptBatch(
    site: string,
    bridge: string,
    jws: string,
    records: readonly string[],
  ): Promise<BatchAnswer> {
    const batch = await this.#verified(site, bridge, jws, records);
    const answer = await this.#writer.ask({ kind: 'batch', batch });
    return JSON.parse(String(answer));
  }

  async createSite(site: NewSite): Promise<SiteRow> {
    const row: SiteRow = Object(await this.#writer.ask({ kind: 'create-site', site }));
    this.#known.learn([row]);
    await this.#cluster?.membership.refresh();
    return row;
  }

  sites(): SiteRow[] {
    return this.#known.all;
  }

  /** As far as this process knows of it; `findSite` also looks what others have made. */
  site(site: string): SiteRow | undefined {
    return this.#known.get(site);
  }

  async findSite(site: string): Promise<SiteRow | undefined> {
    await this.#meet(site);
    return this.#known.get(site);
  }

  async accounts(site: string, page: { after?: string; limit: number }) {
    const ids = await this.#query<string[]>({ site, ask: 'accounts', ...page });
    const names = await this.#reading.names(site, ids);
    return ids.map((account, i) => named({ account }, names[i]));
  }

  async account(site: string, account: string) {
    const view = await this.#query<AccountView | undefined>({ site, ask: 'account', account });
    if (view === undefined) return undefined;
    const [name] = await this.#reading.names(site, [account]);
    return named(view, name);
  }

  async events(site: string, account: string, page: { afterN?: number; limit: number }) {
    await this.#settle(site);
    return await this.#reading.events(site, account, (page.afterN ?? -1) + 1, page.limit);
  }

  meters(site: string, page: { after?: string; limit: number }) {
    return this.#query<MeterView[]>({ site, ask: 'meters', ...page });
  }

  meter(site: string, meter: string) {
    return this.#query<MeterView | undefined>({ site, ask: 'meter', meter });
  }

  heldReadings(site: string, page: { after?: string; limit: number }) {
    return this.#query<MeterView[]>({ site, ask: 'held', ...page });
  }

  tariffs(site: string) {
    return this.#query<{ hash: string; tariff: unknown }[]>({ site, ask: 'tariffs' });
  }

  bridges(site: string) {
    return this.#query<{ bridge: string }[]>({ site, ask: 'bridges' });
  }

  /** The site that a bridge belongs to: neither its batches nor its enrolment name one. */
  siteOfBridge(bridge: string): Promise<string | undefined> {
    return this.#reading.siteOfBridge(bridge);
  }

  balances(site: string) {
    return this.#query<{ book: string; currency: string; balance: string }[]>({
      site,
      ask: 'balances',
    });
  }

  statements(
    site: string,
    page: { account?: string; after?: string; limit: number },
  ): Promise<StatementRow[]> {
    return this.#reading.statements(site, page);
  }

  statement(site: string, id: string) {
    return this.#reading.statement(site, id);
  }

  /** JSON text of a proof bundle. Signs a checkpoint first when the statement is not under one yet. */
  async bundle(
    site: string,
    id: string,
    options: { readonly seen?: number } = {},
  ): Promise<string> {
    const row = await this.#reading.statementRow(site, id);
    if (row === undefined) {
      throw new Refusal('statement-unknown', `There is no statement ${id.slice(0, 64)}.`);
    }
    await this.#meet(site);
    await this.#settle(site);
    if ((await this.#signedSize(site)) <= row.leaf) {
      await this.#writer.ask({ kind: 'checkpoint', site });
    }
    const seen = Math.min(options.seen ?? 0, await this.#signedSize(site));
    const witnessed = await this.#witnessing?.covering(site, Math.max(row.leaf + 1, seen));
    const { account, period } = row;
    const places = await this.#query<BillPlaces>({ site, ask: 'bill-places', account, period });
    return await this.#reading.bundle({
      site: this.#known.must(site),
      statement: row,
      policy: this.policy(site),
      places,
      seen: options.seen,
      witnessed,
      chains: this.#anchoring?.chains(site) ?? [],
      producedBy: SOFTWARE,
      nowMs: Date.now(),
    });
  }

  /** C2SP tlog-policy text that pins the site's log key and its witnesses, for readers. */
  policy(site: string): string {
    const anchors = this.#anchoring?.trusted(site) ?? [];
    return readersPolicy(sitePolicy(this.#policies, this.#known.must(site)), anchors);
  }

  /** Makes a share that opens one statement for 24 months. */
  shareBill(site: string, statement: string): Promise<BillShare> {
    return this.#shares.make(site, statement);
  }

  openByShareKey(site: string, statement: string, key: string): Promise<boolean> {
    return this.#shares.opens(site, statement, key);
  }

  /** The statement that the twelve symbols of a code open. */
  statementOfCode(site: string, symbols: string): Promise<string | undefined> {
    return this.#shares.statementOf(site, symbols);
  }

  /** Ends every share of a statement; how many still opened it. */
  unshareBill(site: string, statement: string): Promise<number> {
    return this.#shares.revoke(site, statement);
  }

  evidence(site: string, page: { after?: string; limit: number }) {
    return this.#reading.evidence(site, page.after ?? '', page.limit);
  }

  /** Each log under its latest checkpoint. */
  logs(): Promise<SignedLog[]> {
    return this.#reading.logs(this.sites());
  }

  async checkpoint(site: string): Promise<string | undefined> {
    return (await this.#reading.latest(site))?.note;
  }

  /** The latest checkpoint with the cosignatures that the site's policy asks for. */
  witnessedCheckpoint(site: string): string | undefined {
    return this.#witnessing?.witnessed(site)?.note;
  }

  witnesses(): readonly WitnessedSite[] {
    return this.#witnessing?.states() ?? [];
  }

  /** Each log on each chain, and how far it has come. */
  anchors(): readonly CourseState[] {
    return this.#anchoring?.states() ?? [];
  }

  /** Anchors what is signed; whether all of it is anchored. */
  async anchorNow(): Promise<boolean> {
    for (const { site } of this.sites()) {
      await this.#writer.ask({ kind: 'checkpoint', site });
      await this.#witnessing?.covering(site, await this.#signedSize(site));
    }
    return (await this.#anchoring?.now()) ?? true;
  }

  hashTile(site: string, level: number, index: number, width: number) {
    return this.#reading.hashTile(site, level, index, width);
  }

  entriesTile(site: string, index: number, width: number) {
    return this.#reading.entriesTile(site, index, width);
  }

  async health() {
    try {
      const view: { sizes: Record<string, number>; checkpointAgeMs: number } = Object(
        await this.#writer.ask({ kind: 'health' }),
      );
      return { store: 'ok' as const, writer: 'ok' as const, ...view };
    } catch {
      return { store: 'failed' as const, writer: 'failed' as const, checkpointAgeMs: 0 };
    }
  }

  async metrics(): Promise<Record<string, number>> {
    const { checkpointAgeMs, ...rest } = await this.health();
    const sizes = 'sizes' in rest ? Object.values(rest.sizes) : [];
    return {
      checkpoint_age_ms: checkpointAgeMs,
      log_events: sizes.reduce((sum, size) => sum + size, 0),
      writer_queue_requests: this.#writer.waiting,
    };
  }

  /** Moves the ledger's clock; undefined goes back to the real one. Refuses `clock-is-real`. */
  async setClock(nowMs: number | undefined): Promise<void> {
    await this.#writer.ask({ kind: 'clock', nowMs });
  }

  /** Finishes what was accepted, signs it, and lets go of the data folder. */
  async close(): Promise<void> {
    await this.#anchoring?.stop();
    await this.#witnessing?.stop();
    // Readers first: the last connection to close folds the WAL into the file, and only a writer can.
    await this.#reading.close();
    this.#store?.close();
    await (this.#cluster ?? this.#writer).close();
  }

  /** With the quorum's cosignatures where the policy asks for any, so that an anchor holds them too. */
  #latestToAnchor(site: string) {
    const { quorum } = sitePolicy(this.#policies, this.#known.must(site));
    if (quorum !== undefined) return this.#witnessing?.witnessed(site);
    const row = this.#store.checkpoint(site);
    return row === undefined || row.size === 0 ? undefined : row;
  }

  /** Another process may have made it. */
  async #meet(site: string): Promise<void> {
    if (this.#cluster !== undefined && this.#known.get(site) === undefined) {
      await this.#known.learnSites();
    }
  }

  /** Checked here, beside the writer; a key that is missed may have been enrolled elsewhere. */
  async #verified(site: string, bridge: string, jws: string, records: readonly string[]) {
    await this.#meet(site);
    this.#known.must(site);
    const find = (_: string, id: string, epoch: number) => this.#known.key(site, id, epoch);
    const verify = () => verifyIncomingBatch(site, bridge, jws, records, find, this.#primitives);
    if (this.#cluster === undefined) return verify();
    try {
      return verify();
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'device-key-unknown') throw error;
      await this.#known.learnKeys(site);
      return verify();
    }
  }

  async #query<T>(query: Query): Promise<T> {
    const value = (await this.#writer.ask({ kind: 'query', query })) as T;
    return value;
  }

  async #settle(site: string): Promise<void> {
    await this.#writer.ask({ kind: 'settle', site });
  }

  async #signedSize(site: string): Promise<number> {
    return (await this.#reading.latest(site))?.size ?? 0;
  }

  async #enrolledKeys(site: string): Promise<BridgeKeyRow[]> {
    const bridges = await this.#query<{ bridge: string; keys: BridgeKeyRow[] }[]>({
      site,
      ask: 'bridges',
    });
    return bridges.flatMap(({ bridge, keys }) => keys.map((key) => ({ ...key, site, bridge })));
  }
}

/** Names are display data: an event has none. */
function named<T extends object>(view: T, name: string | undefined): T & { name?: string } {
  return name === undefined ? view : { ...view, name };
}
