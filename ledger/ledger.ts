import { join } from 'node:path';
import { KeyWrap } from './account-keys.ts';
import { confirmCommand } from './anchor/anchor-event.ts';
import { type AnchoringOptions, anchorStorePath, type CourseState } from './anchor/anchoring.ts';
import { SqliteAnchorStore } from './anchor/sqlite-anchor-store.ts';
import { Attestations } from './attestations.ts';
import { type BillShare, BillShares } from './bill-shares.ts';
import { type BridgeKeyRow, BridgeKeys } from './bridge-keys.ts';
import { buildBundle, type DatedCheckpoint } from './bundle-builder.ts';
import { hex } from './core/bytes.ts';
import { Refusal } from './core/refusal.ts';
import { readOrMakeKek } from './log-keys.ts';
import { logProofsOf } from './log-proofs.ts';
import { entriesTile, hashTile } from './log-reader.ts';
import { nativePrimitives } from './native-primitives.ts';
import { OpenedKeys } from './opened-keys.ts';
import { type SignedLog, signedLog } from './signed-log.ts';
import type { SiteRow, StatementRow } from './store/port.ts';
import { SqliteReader } from './store/sqlite/sqlite-reader.ts';
import { verifyIncomingBatch } from './verify-batch.ts';
import type { AccountView, MeterView } from './views.ts';
import { WitnessedFiles } from './witness/witnessed-files.ts';
import type { WitnessedSite, WitnessingOptions } from './witness/witnessing.ts';
import type { BatchAnswer } from './writer/accept-batch.ts';
import type { CommandResult } from './writer/commands.ts';
import type { Command } from './writer/messages.ts';
import type { BillPlaces, Query } from './writer/queries.ts';
import type { NewSite } from './writer/thread-messages.ts';
import { WriterThread } from './writer/writer-thread.ts';

export interface LedgerOptions {
  /** Folder of the events' database. */
  readonly dataDir: string;
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
 * is durable; batches are verified here first, beside it; reading uses a connection of its own.
 */
export class Ledger {
  readonly #thread: WriterThread;
  readonly #store: SqliteReader;
  readonly #shares: BillShares;
  readonly #primitives = nativePrimitives();
  readonly #keys = new BridgeKeys();
  readonly #sites = new Map<string, SiteRow>();
  readonly #openedKeys: OpenedKeys;
  readonly #attestations: Attestations;

  private constructor(dataDir: string, thread: WriterThread, store: SqliteReader, wrap: KeyWrap) {
    this.#thread = thread;
    this.#store = store;
    this.#openedKeys = new OpenedKeys(store, wrap);
    this.#shares = new BillShares(store, (site, row) =>
      this.#thread.ask({ kind: 'directory', site, row }),
    );
    this.#attestations = new Attestations({
      proofs: logProofsOf(store),
      sites: () => this.sites(),
      confirm: async (site, anchor) => {
        await this.execute(confirmCommand(site, anchor));
      },
      openWitnessed: () => new WitnessedFiles(dataDir),
      openAnchors: () => new SqliteAnchorStore(anchorStorePath(dataDir)),
    });
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
    const store = new SqliteReader(join(dataDir, 'ledger.db'));
    const ledger = new Ledger(dataDir, thread, store, new KeyWrap(kek));
    const { sites, keys }: { sites: SiteRow[]; keys: BridgeKeyRow[] } = Object(ready);
    for (const row of sites) ledger.#sites.set(row.site, row);
    for (const key of keys) ledger.#keys.learn(key);
    return ledger;
  }

  /** Asks witnesses for cosignatures from now on, until `close`. Refuses `policy-other-log`. */
  startWitnessing(options: WitnessingOptions): void {
    this.#attestations.startWitnessing(options);
  }

  /** Anchors checkpoints on chains from now on, until `close`. Start witnessing before, if at all. */
  startAnchoring(options: AnchoringOptions): void {
    this.#attestations.startAnchoring(options);
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
    return ids.map((account) => this.#named(site, account, { account }));
  }

  async account(site: string, account: string) {
    const view = await this.#query<AccountView | undefined>({ site, ask: 'account', account });
    return view === undefined ? undefined : this.#named(site, account, view);
  }

  async events(site: string, account: string, page: { afterN?: number; limit: number }) {
    await this.#settle();
    const from = (page.afterN ?? -1) + 1;
    const leaves = this.#store.accountLeaves(site, account, from, from + page.limit);
    return [...this.#store.readEvents(site, leaves)].map((text, i) => ({
      text,
      leaf: leaves[i] ?? 0,
    }));
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
  ): StatementRow[] {
    return this.#store.statements(site, page);
  }

  statement(site: string, id: string) {
    const row = this.#store.statement(site, id);
    if (row === undefined) return undefined;
    const [text = '{}'] = this.#store.readEvents(site, [row.leaf]);
    const event: { data: { total: string; currency: string } } = JSON.parse(text);
    const { total, currency } = event.data;
    const commitment = hex(this.#store.commitments(site, row.leaf, row.leaf + 1));
    return { ...row, commitment, total, currency, statement: event.data };
  }

  /** JSON text of a proof bundle. Signs a checkpoint first when the statement is not under one yet. */
  async bundle(
    site: string,
    id: string,
    options: { readonly seen?: number } = {},
  ): Promise<string> {
    const row = this.#store.statement(site, id);
    if (row === undefined) {
      throw new Refusal('statement-unknown', `There is no statement ${id.slice(0, 64)}.`);
    }
    await this.#settle();
    if ((this.#store.checkpoint(site)?.size ?? 0) <= row.leaf) {
      await this.#thread.ask({ kind: 'checkpoint' });
    }
    const signed = this.#store.checkpoint(site)?.size ?? 0;
    const needed = Math.max(row.leaf + 1, Math.min(options.seen ?? 0, signed));
    const log = this.#site(site);
    const witnessed = await this.#attestations.witnessedCovering(log, needed);
    const { account, period } = row;
    const places = await this.#query<BillPlaces>({ site, ask: 'bill-places', account, period });
    const anchored = await this.#attestations.anchored(log, row.leaf + 1);
    const dated = new Map<number, DatedCheckpoint | undefined>();
    for (const { leaf } of places.tariffs) {
      dated.set(leaf + 1, await this.#attestations.datedBy(log, leaf + 1));
    }
    return buildBundle(this.#store, (owner, year) => this.#openedKeys.of(site, owner, year), {
      site: log,
      statement: row,
      policy: this.policy(site),
      places,
      seen: options.seen,
      witnessed,
      anchored,
      datedBy: (size) => dated.get(size),
      producedBy: SOFTWARE,
      nowMs: Date.now(),
    });
  }

  /** C2SP tlog-policy text that pins the site's log key and its witnesses, for readers. */
  policy(site: string): string {
    return this.#attestations.policy(this.#site(site));
  }

  /** Makes a share that opens one statement for 24 months. */
  shareBill(site: string, statement: string): Promise<BillShare> {
    return this.#shares.make(site, statement);
  }

  openByShareKey(site: string, statement: string, key: string): boolean {
    return this.#shares.opens(site, statement, key);
  }

  /** The statement that the twelve symbols of a code open. */
  statementOfCode(site: string, symbols: string): string | undefined {
    return this.#shares.statementOf(site, symbols);
  }

  /** Ends every share of a statement; how many still opened it. */
  unshareBill(site: string, statement: string): Promise<number> {
    return this.#shares.revoke(site, statement);
  }

  evidence(site: string, page: { after?: string; limit: number }) {
    const rows = this.#store.evidence(site, page.after ?? '', page.limit);
    return rows.map(({ doc, ...row }) => ({ ...row, doc: JSON.parse(doc) as unknown }));
  }

  /** Each log under its latest checkpoint. */
  logs(): SignedLog[] {
    return this.sites().map((row) => signedLog(this.#store, row));
  }

  checkpoint(site: string): string | undefined {
    return this.#store.checkpoint(site)?.note;
  }

  /** The latest checkpoint with the cosignatures that the site's policy asks for. */
  async witnessedCheckpoint(site: string): Promise<string | undefined> {
    return (await this.#attestations.witnessed(this.#site(site)))?.note;
  }

  witnesses(): readonly WitnessedSite[] {
    return this.#attestations.witnesses();
  }

  /** Each log on each chain, and how far it has come. */
  anchors(): Promise<readonly CourseState[]> {
    return this.#attestations.anchors();
  }

  /** Anchors what is signed; whether all of it is anchored. */
  async anchorNow(): Promise<boolean> {
    await this.#settle();
    await this.#thread.ask({ kind: 'checkpoint' });
    return await this.#attestations.anchorNow();
  }

  hashTile(site: string, level: number, index: number, width: number): Uint8Array | undefined {
    const size = this.#store.checkpoint(site)?.size ?? 0;
    return hashTile(this.#store, site, { level, index, width }, size);
  }

  entriesTile(site: string, index: number, width: number): Uint8Array | undefined {
    const size = this.#store.checkpoint(site)?.size ?? 0;
    return entriesTile(this.#store, site, { index, width }, size);
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
    await this.#attestations.stop();
    // Readers first: the last connection to close folds the WAL into the file, and only a writer can.
    this.#store.close();
    await this.#thread.close();
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

  #named<T extends object>(site: string, account: string, view: T): T & { name?: string } {
    const doc = this.#store.directory(site, 'account', account);
    if (doc === undefined) return view;
    const { name }: { name: string } = JSON.parse(doc);
    return { ...view, name };
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
