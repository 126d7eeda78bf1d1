import type { Books } from '../ledger/books/books.ts';
import type { Command, CommandResult, NewSite, WalletPart } from './ledger-commands.ts';

/** What the HTTP side needs of the ledger; `ledger/ledger.ts` is its one implementation. */
export interface LedgerPort {
  /**
   * One command, durable when the promise resolves. A command sent again with the same idempotency
   * key gives the first result with `replayed: true`; the same key with another request is refused
   * (`idempotency-mismatch`). Throws `Refusal`.
   */
  execute(command: Command): Promise<CommandResult>;
  /** Verifies, rates and posts one batch; what the answer names as accepted is durable. */
  acceptBatch(
    site: string,
    bridge: string,
    jws: string,
    records: readonly string[],
  ): Promise<BatchAnswer>;
  createSite(site: NewSite): Promise<unknown>;

  sites(): Awaitable<readonly SiteView[]>;
  findSite(site: string): Awaitable<SiteView | undefined>;
  accounts(site: string, page: Page): Awaitable<readonly AccountRow[]>;
  account(site: string, account: string): Awaitable<AccountView | undefined>;
  events(site: string, account: string, page: EventPage): Awaitable<readonly EventView[]>;
  meters(site: string, page: Page): Awaitable<readonly MeterView[]>;
  meter(site: string, meter: string): Awaitable<MeterView | undefined>;
  tariffs(site: string): Awaitable<readonly TariffView[]>;
  bridges(site: string): Awaitable<readonly BridgeView[]>;
  /** The site that a bridge belongs to: neither its batches nor its enrolment name one. */
  siteOfBridge(bridge: string): Awaitable<string | undefined>;
  statements(site: string, page: StatementPage): Awaitable<readonly StatementRow[]>;
  statement(site: string, id: string): Awaitable<StatementView | undefined>;
  heldReadings(site: string, page: Page): Awaitable<readonly HeldReading[]>;
  evidence(site: string, page: Page): Awaitable<readonly EvidenceView[]>;
  balances(site: string): Awaitable<readonly BookBalance[]>;

  /** What is known of the business outside the log: orders, payments, approvals. */
  readonly documents: DocumentPort;
  readonly money: MoneyPort;
  /** The logs in their own order. */
  readonly feed: FeedPort;
  /** The general ledger. */
  readonly books: BooksPort;

  /** JSON text of the statement's proof bundle; `seen` is a tree size that the asker remembers. */
  bundle(site: string, statement: string, options: { readonly seen?: number }): Awaitable<string>;
  /** A new share: its key (16 random bytes in base64url) and code open one statement for 24 months. */
  shareBill(site: string, statement: string): Awaitable<{ key: string; code: string }>;
  openByShareKey(site: string, statement: string, key: string): Awaitable<boolean>;
  /** The statement that the twelve symbols of a code (`core/bill-code.ts`) open. */
  statementOfCode(site: string, symbols: string): Awaitable<string | undefined>;
  /** Ends every share of a statement; how many still opened it. */
  unshareBill(site: string, statement: string): Awaitable<number>;

  /** Each log under its latest checkpoint. */
  logs(): Awaitable<readonly SignedLog[]>;
  /** Signed note text of the latest checkpoint. */
  checkpoint(site: string): Awaitable<string | undefined>;
  witnessedCheckpoint(site: string): Awaitable<string | undefined>;
  hashTile(
    site: string,
    level: number,
    index: number,
    width: number,
  ): Awaitable<Uint8Array | undefined>;
  entriesTile(site: string, index: number, width: number): Awaitable<Uint8Array | undefined>;

  /** Sites with witnesses, and how those answer. */
  witnesses(): Awaitable<readonly WitnessedSite[]>;
  /** Each log on each chain that it is anchored on. */
  anchors(): Awaitable<readonly AnchoredSite[]>;

  health(): Awaitable<Health>;
  /** Numbers by name, in the units that the names end in. */
  metrics(): Awaitable<Readonly<Record<string, number>>>;
  close(): Promise<void>;
}

export type BooksPort = Pick<
  Books,
  'asked' | 'follow' | 'trialBalance' | 'byBook' | 'byDay' | 'journal' | 'entries'
>;

/** What money would do and has done. */
export interface MoneyPort {
  /** What a payment would do to the wallets, by the function that divides it when it comes. */
  previewTopUp(site: string, topUp: PlannedTopUp): Promise<TopUpPreview>;
  /** The charges of a period against the grid's bills of it, by both methods. */
  passThrough(
    site: string,
    asked: { readonly wallet: string; readonly period: string },
  ): Promise<object>;
}

export interface PlannedTopUp {
  readonly account: string;
  /** Either the parts themselves, or one amount and the rule that divides it among wallets. */
  readonly parts?: readonly WalletPart[] | undefined;
  readonly split?: { readonly amount: string; readonly rule: unknown } | undefined;
}

export interface TopUpPreview {
  readonly account: string;
  readonly amount: string;
  readonly currency: string;
  readonly parts: readonly { readonly wallet: string; readonly [member: string]: unknown }[];
}

export interface DocumentPort {
  find(site: string, kind: string, id: string): Promise<unknown>;
  /** In the order of their ids. */
  page(
    site: string,
    kind: string,
    page: Page,
  ): Promise<readonly { readonly id: string; readonly doc: unknown }[]>;
}

/** How far a reader of a log has come, and the name that the log had then. */
export interface FeedPlace {
  readonly origin: string;
  readonly leaf: number;
}

export interface FeedPort {
  /** Sites that this process writes for: what has to be done once for a site is done there. */
  ownSites(): readonly { readonly site: string }[];
  /** The end of what is signed. */
  end(site: string): Promise<FeedPlace>;
  /** Events from a place on that a signed checkpoint holds, with where they begin. */
  signedEvents(
    site: string,
    from: FeedPlace,
    limit: number,
  ): Promise<FeedPlace & { readonly events: readonly EventView[] }>;
}

export type Awaitable<T> = T | Promise<T>;

/** By meter: the last sequence that is durable, and the first one that is missing. */
export interface BatchAnswer {
  readonly accepted: Readonly<Record<string, number>>;
  /** Records that were known already. */
  readonly known: number;
  readonly wanted: Readonly<Record<string, number>>;
}

export interface Page {
  /** The last item of the page before. */
  readonly after?: string;
  readonly limit: number;
}
export interface EventPage {
  /** `n` of the last event of the page before; absent: from the first. */
  readonly afterN?: number;
  readonly limit: number;
}
export interface StatementPage extends Page {
  readonly account?: string | undefined;
  readonly period?: string | undefined;
}

export interface SiteView extends NewSite {
  readonly vkey: string;
}
export interface AccountRow {
  readonly account: string;
  readonly name?: string;
}
export interface AccountView extends AccountRow {
  readonly wallets: readonly { readonly wallet: string; readonly balance: string }[];
  readonly meters: readonly string[];
  /** Events of the account so far. */
  readonly n: number;
}
export interface EventView {
  /** Verbatim canonical text. */
  readonly text: string;
  readonly leaf: number;
}
export interface MeterView {
  readonly meter: string;
  readonly [member: string]: unknown;
}
export interface TariffView {
  readonly hash: string;
  readonly tariff: unknown;
}
export interface BridgeView {
  readonly bridge: string;
  readonly [member: string]: unknown;
}
export interface StatementRow {
  readonly id: string;
  readonly account: string;
  readonly period: string;
  readonly n: number;
  readonly leaf: number;
}
export interface StatementView extends StatementRow {
  /** Commitment of the statement's event, 64 hex digits. */
  readonly commitment: string;
  /** 6 decimals. */
  readonly total: string;
  readonly currency: string;
  readonly statement: unknown;
}
export interface HeldReading {
  readonly meter: string;
  readonly [member: string]: unknown;
}
export interface EvidenceView {
  readonly id: string;
  readonly kind: string;
  readonly at: string;
  readonly doc: unknown;
}
export interface BookBalance {
  readonly book: string;
  readonly currency: string;
  /** 6 decimals. */
  readonly balance: string;
}
export interface Health {
  readonly store: 'ok' | 'failed';
  readonly writer: 'ok' | 'failed';
  /** Age of the oldest event that no signed checkpoint holds yet; 0 when there is none. */
  readonly checkpointAgeMs: number;
  readonly [member: string]: unknown;
}

export interface SignedLog {
  readonly site: string;
  readonly origin: string;
  readonly zone: string;
  /** Events under the latest checkpoint, and when that was signed. */
  readonly size: number;
  readonly atMs: number | undefined;
}
export interface WitnessedSite {
  readonly site: string;
  /** Events under the latest checkpoint that a quorum cosigned. */
  readonly size: number;
  /** Signed events that are not, and what the oldest of them is not older than. */
  readonly lag: number;
  readonly lagMs: number;
  /** Cosignatures that a quorum has at least; 0 when none is asked for. */
  readonly needed: number;
  /** Shortest time between two checkpoints that the witnesses are asked for. */
  readonly everyMs: number;
  readonly witnesses: readonly WitnessState[];
}
export interface AnchoredSite {
  readonly site: string;
  /** Names the very network. */
  readonly chain: string;
  readonly kind: 'fabric' | 'ethereum';
  /** By the newest receipt; undefined before the first. */
  readonly network: 'real' | 'development' | undefined;
  /** Events under the newest anchored checkpoint, and its time. */
  readonly size: number;
  readonly atMs: number | undefined;
  /** Signed events that are not anchored, and what the oldest of them is not older than. */
  readonly lag: number;
  readonly lagMs: number;
  /** Shortest time between two anchors. */
  readonly everyMs: number;
  /** Why it is not anchored at present. */
  readonly code: string | undefined;
}
export interface WitnessState {
  readonly witness: string;
  readonly size: number;
  readonly failures: number;
  /** Why it does not cosign at present. */
  readonly code: string | undefined;
}
