import { join } from 'node:path';
import { confirmCommand } from './anchor/anchor-event.ts';
import type { Anchor } from './anchor/anchor-store.ts';
import { Anchoring, type AnchoringOptions, type CourseState } from './anchor/anchoring.ts';
import { type BillShare, BillShares } from './bill-shares.ts';
import { type BridgeKeyRow, BridgeKeys } from './bridge-keys.ts';
import { assert } from './core/assert.ts';
import { Refusal } from './core/refusal.ts';
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
  /** `postgres://` URL of the database to read from instead; it holds a password. */
  readonly database?: string | undefined;
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
  readonly #thread: WriterThread;
  readonly #reading: Reading;
  /** What witnessing and anchoring read. */
  readonly #store: SqliteReader;
  readonly #shares: BillShares;
  readonly #primitives = nativePrimitives();
  readonly #keys = new BridgeKeys();
  readonly #sites = new Map<string, SiteRow>();
  readonly #dataDir: string;
  #witnessing: Witnessing | undefined;
  #anchoring: Anchoring | undefined;
  #policies: Policies = {};

  private constructor(
    dataDir: string,
    parts: {
      readonly thread: WriterThread;
      readonly reading: Reading;
      readonly store: SqliteReader;
    },
  ) {
    this.#dataDir = dataDir;
    this.#thread = parts.thread;
    this.#reading = parts.reading;
    this.#store = parts.store;
    this.#shares = new BillShares(this.#reading, (site, row) =>
      this.#thread.ask({ kind: 'directory', site, row }),
    );
  }

  /** Starts the writer. Refuses `data-in-use`, `kek-wrong`, `log-behind`, `log-forked`, `schema-newer`. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const { dataDir } = options;
    const keysDir = options.keysDir ?? join(dataDir, 'keys');
    const kek = options.kek ?? readOrMakeKek(keysDir);
    const { thread, ready } = await WriterThread.start({
      dataDir,
      keysDir,
      kek,
      checkpointPath: options.checkpointPath ?? join(dataDir, 'last-checkpoint', 'checkpoints.db'),
      checkpointMs: options.checkpointMs ?? 500,
      simulatedClock: options.simulatedClock ?? false,
    });
    const store = new SqliteReader(ledgerPath(dataDir));
    const reading = Reading.open({ location: storeLocation(dataDir, options.database), kek });
    const ledger = new Ledger(dataDir, { thread, reading, store });
    const { sites, keys }: { sites: SiteRow[]; keys: BridgeKeyRow[] } = Object(ready);
    for (const row of sites) ledger.#sites.set(row.site, row);
    for (const key of keys) ledger.#keys.learn(key);
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
    const result: CommandResult = Object(await this.#thread.ask({ kind: 'command', command }));
    if (command.do === 'enrol-device') await this.#relearnKeys(command.site);
    return result;
  }

  /** Refuses what is wrong with the batch before the writer sees it (`verifyIncomingBatch`). */
  async acceptBatch(
    site: string,
    bridge: string,
    jws: string,
    records: readonly string[],
  ): Promise<BatchAnswer> {
    this.#site(site);
    const find = (_: string, id: string, epoch: number) => this.#keys.find(site, id, epoch);
    const batch = verifyIncomingBatch(site, bridge, jws, records, find, this.#primitives);
    const answer = await this.#thread.ask({ kind: 'batch', batch });
    return JSON.parse(String(answer));
  }

  async createSite(site: NewSite): Promise<SiteRow> {
    const row: SiteRow = Object(await this.#thread.ask({ kind: 'create-site', site }));
    this.#sites.set(row.site, row);
    return row;
  }

  sites(): SiteRow[] {
    return [...this.#sites.values()];
  }

  site(site: string): SiteRow | undefined {
    return this.#sites.get(site);
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
    await this.#settle();
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
    await this.#settle();
    if ((await this.#signedSize(site)) <= row.leaf) await this.#thread.ask({ kind: 'checkpoint' });
    const seen = Math.min(options.seen ?? 0, await this.#signedSize(site));
    const witnessed = await this.#witnessing?.covering(site, Math.max(row.leaf + 1, seen));
    const { account, period } = row;
    const places = await this.#query<BillPlaces>({ site, ask: 'bill-places', account, period });
    return await this.#reading.bundle({
      site: this.#site(site),
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
    return readersPolicy(sitePolicy(this.#policies, this.#site(site)), anchors);
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
    await this.#settle();
    await this.#thread.ask({ kind: 'checkpoint' });
    for (const { site } of this.sites()) {
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
        await this.#thread.ask({ kind: 'health' }),
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
      writer_queue_requests: this.#thread.waiting,
    };
  }

  /** Moves the ledger's clock; undefined goes back to the real one. Refuses `clock-is-real`. */
  async setClock(nowMs: number | undefined): Promise<void> {
    await this.#thread.ask({ kind: 'clock', nowMs });
  }

  /** Finishes what was accepted, signs it, and lets go of the data folder. */
  async close(): Promise<void> {
    await this.#anchoring?.stop();
    await this.#witnessing?.stop();
    // Readers first: the last connection to close folds the WAL into the file, and only a writer can.
    await this.#reading.close();
    this.#store.close();
    await this.#thread.close();
  }

  /** With the quorum's cosignatures where the policy asks for any, so that an anchor holds them too. */
  #latestToAnchor(site: string) {
    const { quorum } = sitePolicy(this.#policies, this.#site(site));
    if (quorum !== undefined) return this.#witnessing?.witnessed(site);
    const row = this.#store.checkpoint(site);
    return row === undefined || row.size === 0 ? undefined : row;
  }

  #site(site: string): SiteRow {
    const row = this.#sites.get(site);
    if (row === undefined) {
      throw new Refusal('site-unknown', `There is no site ${site.slice(0, 64)}.`, {
        site: site.slice(0, 64),
      });
    }
    return row;
  }

  async #query<T>(query: Query): Promise<T> {
    const value = (await this.#thread.ask({ kind: 'query', query })) as T;
    return value;
  }

  async #settle(): Promise<void> {
    await this.#thread.ask({ kind: 'settle' });
  }

  async #signedSize(site: string): Promise<number> {
    return (await this.#reading.latest(site))?.size ?? 0;
  }

  async #relearnKeys(site: string): Promise<void> {
    const bridges = await this.#query<{ bridge: string; keys: BridgeKeyRow[] }[]>({
      site,
      ask: 'bridges',
    });
    for (const { bridge, keys } of bridges) {
      for (const key of keys) this.#keys.learn({ ...key, site, bridge });
    }
  }
}

/** Names are display data: an event has none. */
function named<T extends object>(view: T, name: string | undefined): T & { name?: string } {
  return name === undefined ? view : { ...view, name };
}
