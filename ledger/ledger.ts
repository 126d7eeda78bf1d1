import { join } from 'node:path';
import { confirmCommand } from './anchor/anchor-event.ts';
import type { AnchoringOptions, CourseState } from './anchor/anchoring.ts';
import { Attestations } from './attestations.ts';
import { attestedIn, type Place } from './attested-place.ts';
import { type BillShare, BillShares } from './bill-shares.ts';
import { Books } from './books/books.ts';
import type { BridgeKeyRow } from './bridge-keys.ts';
import { AttestedSites } from './cluster/attested-sites.ts';
import { Cluster } from './cluster/cluster.ts';
import { readingOf } from './cluster/reading-of.ts';
import type { WriterPort } from './cluster/writer-port.ts';
import { Refusal } from './core/refusal.ts';
import { DocumentReading } from './document-reading.ts';
import { healthOf, type LedgerHealth, metricsOf } from './health.ts';
import { KnownSites } from './known-sites.ts';
import type { LedgerOptions } from './ledger-options.ts';
import { LogFeed } from './log-feed.ts';
import { readOrMakeKek } from './log-keys.ts';
import { MoneyReading } from './money-reading.ts';
import { nativePrimitives } from './native-primitives.ts';
import { Reading } from './reading/reading.ts';
import type { SignedLog } from './signed-log.ts';
import type { SiteRow, StatementRow } from './store/port.ts';
import { StoreUnavailable } from './store/store-errors.ts';
import { verifyIncomingBatch } from './verify-batch.ts';
import { type AccountView, type BookView, type MeterView, named } from './views.ts';
import { refuseOtherLogs } from './witness/site-policy.ts';
import type { WitnessedSite, WitnessingOptions } from './witness/witnessing.ts';
import type { BatchAnswer } from './writer/accept-batch.ts';
import type { CommandResult } from './writer/commands.ts';
import type { Command } from './writer/messages.ts';
import type { BillPlaces, Query } from './writer/queries.ts';
import type { NewSite } from './writer/thread-messages.ts';
import { WriterThread } from './writer/writer-thread.ts';

/**
 * The ledger as the rest of a process sees it. Writing goes to the writer's thread and resolves once it
 * is durable; batches are verified here first, beside it; reading has a connection of its own.
 */
export class Ledger {
  /** Orders, payments, approvals: what is known of the business outside the log. */
  readonly documents: DocumentReading;
  readonly feed: LogFeed;
  readonly books: Books;
  readonly money: MoneyReading;
  readonly #writer: WriterPort;
  readonly #cluster: Cluster | undefined;
  readonly #reading: Reading;
  readonly #shares: BillShares;
  readonly #primitives = nativePrimitives();
  readonly #known: KnownSites;
  /** What witnesses and chains attest of the sites of this process, and of all. */
  readonly #attestations: Attestations;
  readonly #attested: AttestedSites;

  private constructor(writer: WriterPort, reading: Reading, place: Place, cluster?: Cluster) {
    this.#writer = writer;
    this.#cluster = cluster;
    this.#reading = reading;
    this.documents = new DocumentReading(reading, (site) => this.#settle(site));
    this.books = new Books(reading.apart, (site) => this.#settle(site));
    this.money = new MoneyReading((query) => this.#query(query));
    this.#known = new KnownSites({
      sites: () => reading.sites(),
      keys: (site) => this.#enrolledKeys(site),
    });
    this.feed = new LogFeed(reading, this.#known, cluster);
    this.#shares = new BillShares(reading, (site, row) =>
      writer.ask({ kind: 'directory', site, row }),
    );
    this.#attestations = new Attestations({
      ...{ proofs: reading, ...attestedIn(place), sites: () => this.feed.ownSites() },
      confirm: async (site, anchor) => {
        await this.execute(confirmCommand(site, anchor));
      },
    });
    this.#attested = new AttestedSites(this.#attestations, cluster);
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
    if (database === undefined) {
      const location = { kind: 'sqlite', dataDir } as const;
      const { thread, ready } = await WriterThread.start(setup);
      const ledger = new Ledger(thread, Reading.open({ location, kek }), { dataDir });
      const { sites, keys }: { sites: SiteRow[]; keys: BridgeKeyRow[] } = Object(ready);
      ledger.#known.learn(sites, keys);
      return ledger;
    }
    let ledger: Ledger | undefined;
    const cluster = await Cluster.join(database, setup, async (question) => {
      if (ledger === undefined) throw new StoreUnavailable('This process has not come up yet.');
      return await ledger.#attested.answer(question);
    });
    const reading = readingOf(database, kek, cluster);
    ledger = new Ledger(cluster.writers, reading, database, cluster);
    await ledger.#known.learnSites();
    return ledger;
  }

  /** Asks witnesses for cosignatures from now on, until `close`. Refuses `policy-other-log`. */
  startWitnessing(options: WitnessingOptions): void {
    refuseOtherLogs(options.policies, this.#known.all);
    this.#attestations.startWitnessing(options);
  }

  /** Anchors checkpoints on chains from now on, until `close`. Start witnessing before, if at all. */
  startAnchoring(options: AnchoringOptions): void {
    this.#attestations.startAnchoring(options);
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
    await this.#meet(site);
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
    return this.#query<BookView[]>({ site, ask: 'balances' });
  }

  statements(site: string, page: Parameters<Reading['statements']>[1]): Promise<StatementRow[]> {
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
    const log = this.#known.must(site);
    const seen = Math.min(options.seen ?? 0, await this.#signedSize(site));
    const witnessed = await this.#attested.covering(log, Math.max(row.leaf + 1, seen));
    const { account, period } = row;
    const places = await this.#query<BillPlaces>({ site, ask: 'bill-places', account, period });
    return await this.#reading.bundle({
      site: log,
      statement: row,
      policy: this.policy(site),
      places,
      seen: options.seen,
      witnessed,
      anchored: await this.#attestations.anchored(log, row.leaf + 1),
      dated: await this.#dated(log, places),
      producedBy: 'billproof',
      nowMs: Date.now(),
    });
  }

  /** C2SP tlog-policy text that pins the site's log key and its witnesses, for readers. */
  policy(site: string): string {
    return this.#attestations.policy(this.#known.must(site));
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

  checkpoint(site: string): Promise<string | undefined> {
    return this.#reading.published(site);
  }

  /** The latest checkpoint with the cosignatures that the site's policy asks for. */
  async witnessedCheckpoint(site: string): Promise<string | undefined> {
    return (await this.#attestations.witnessed(this.#known.must(site)))?.note;
  }

  witnesses(): Promise<readonly WitnessedSite[]> {
    return this.#attested.witnesses();
  }

  /** Each log on each chain, and how far it has come. */
  anchors(): Promise<readonly CourseState[]> {
    return this.#attested.anchors();
  }

  /** Anchors what is signed; whether all of it is anchored. */
  async anchorNow(): Promise<boolean> {
    for (const { site } of this.sites()) await this.#writer.ask({ kind: 'checkpoint', site });
    return await this.#attested.anchorNow();
  }

  hashTile(site: string, level: number, index: number, width: number) {
    return this.#reading.hashTile(site, level, index, width);
  }

  entriesTile(site: string, index: number, width: number) {
    return this.#reading.entriesTile(site, index, width);
  }

  health(): Promise<LedgerHealth> {
    return healthOf(this.#writer, this.#cluster);
  }

  metrics(): Promise<Record<string, number>> {
    return metricsOf(this.#writer, this.#cluster);
  }

  /** Moves the ledger's clock; undefined goes back to the real one. Refuses `clock-is-real`. */
  async setClock(nowMs: number | undefined): Promise<void> {
    await this.#writer.ask({ kind: 'clock', nowMs });
  }

  /** Finishes what was accepted, signs it, and lets go of the data folder. */
  async close(): Promise<void> {
    await this.#attestations.stop();
    // Readers first: the last connection to close folds the WAL into the file, and only a writer can.
    await this.#reading.close();
    await (this.#cluster ?? this.#writer).close();
  }

  /** When others had seen each price list that a bill may name. */
  async #dated(log: SiteRow, { tariffs, rules }: BillPlaces) {
    const dates = [...tariffs, ...rules].map(async ({ leaf }) => {
      return [leaf + 1, await this.#attestations.datedBy(log, leaf + 1)] as const;
    });
    return new Map(await Promise.all(dates));
  }

  /** Another process may have made it. */
  async #meet(site: string): Promise<void> {
    if (this.#cluster !== undefined && this.#known.get(site) === undefined) {
      await this.#known.learnSites();
    }
  }

  /** Checked here, beside the writer; a key that is missed may have been enrolled elsewhere. */
  async #verified(site: string, bridge: string, jws: string, records: readonly string[]) {
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
