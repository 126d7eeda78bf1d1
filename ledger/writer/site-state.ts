import { TermsCourse } from '../core/charges/terms-course.ts';
import { CompactRange } from '../core/compact-range.ts';
import { DepositCourse } from '../core/deposit-course.ts';
import type { MeterInstalled, RegisterRef, StatementIssued } from '../core/event-data.ts';
import { PassThroughCourse } from '../core/pass-through-course.ts';
import { ZERO_HASH } from '../core/reading.ts';
import { TariffBook, type TariffVersion } from '../core/tariff-book.ts';
import { type BillingProgress, freshProgress } from '../core/usage.ts';
import { CreditCourse } from '../core/wallet-terms.ts';
import { zoneOf } from '../core/zone.ts';
import { type SaltKey, sha256Bytes } from './fast-hash.ts';

/** An account as the writer carries it from event to event. Money in micros. */
export interface AccountState {
  readonly account: string;
  readonly currency: string;
  /** Number of its next event, and the commitment of its last one. */
  n: number;
  prev: string;
  readonly wallets: Map<string, bigint>;
  /** Salting keys by calendar year. */
  readonly keys: Map<number, SaltKey>;
  /** `n` of the first event of each bill that is not issued yet. */
  readonly periodStarts: Map<string, number>;
  readonly openedAt: string;
  /** When it was closed for good. */
  closedAt: string | undefined;
  lastStatement:
    | { readonly n: number; readonly leaf: number; readonly data: StatementIssued }
    | undefined;
  /** Earliest bill that may still take charges; empty before the first statement. */
  firstOpen: string;
  /** Names of fees charged already: `period/tariff/version/fee`. */
  readonly fees: Set<string>;
  /** What was given back of a top-up, by its `n`; zero where an event was undone whole. */
  readonly settled: Map<number, bigint>;
  /** Terms of its wallets, and what they owe under them. */
  readonly credit: CreditCourse;
  /** What it was charged by period, and of the account `site` what the grid billed. */
  readonly passed: PassThroughCourse;
  readonly deposits: DepositCourse;
  /** Since when its meters are on tariffs of format 2, and until when the last one was. */
  readonly onTariffs: Map<string, { readonly fromMs: number; toMs?: number }>;
  /** Charged for parking on bills that are not issued, as `period/tariff/date`. */
  readonly parking: Map<string, bigint>;
  /** What is agreed with it, month by month. */
  readonly terms: TermsCourse;
  /** `n` and leaf of facts about it that proofs need: meters by name, terms as `terms/<version>`. */
  readonly facts: FactPlace[];
  /** First use of each tariff version, as `id/version`. */
  readonly firstUses: Map<string, FactPlace>;
  /** Leaves of its newest events, as far as the projection does not have them. */
  freshLeaves: number[];
  dirty: boolean;
}

export interface FactPlace {
  readonly key: string;
  readonly n: number;
  readonly leaf: number;
}

/** The chain of records of one meter, and how far it has been billed. */
export interface MeterState {
  readonly meter: string;
  bridge: string;
  epoch: number;
  /** Last record; -1 before the first of an epoch. */
  seq: number;
  hash: string;
  /** `at` of the last record that was billed or set as a start. */
  binding: MeterInstalled | undefined;
  account: string;
  installedAt: string;
  /** Where billing stands: the next interval starts here. */
  last: (RegisterRef & { readonly atMs: number }) | undefined;
  /** Why readings are set aside, if they are. */
  held: string | undefined;
  /** The newest reading that was set aside with a value, where a release starts again. */
  heldReading: (RegisterRef & { readonly atMs: number }) | undefined;
  /** The newest record with a value; only a replay needs it. */
  lastSeen: (RegisterRef & { readonly atMs: number }) | undefined;
  progress: BillingProgress;
  /** Numbers of its newest records, as far as the projection does not have them. */
  freshRecords: number[];
  /** What the last charge looked up, for the next one: looking up costs more than charging. */
  charged: ChargeContext | undefined;
  dirty: boolean;
}

export interface ChargeContext {
  readonly prepaid: Book;
  readonly revenue: Book;
  readonly period: string;
  readonly version: TariffVersion;
}

export interface BridgeState {
  readonly bridge: string;
  /** SHA-256 of the one-time enrolment token, hex; empty once used. */
  tokenHash: string;
  epoch: number;
  /** Enrolled keys, newest last. */
  readonly keys: BridgeKey[];
  /** Roots of the batches accepted last, to answer a repeat without looking further. */
  readonly recentRoots: Set<string>;
  dirty: boolean;
}

export interface BridgeKey {
  readonly kid: string;
  readonly epoch: number;
  readonly x: string;
  readonly y: string;
  readonly leaf: number;
  readonly n: number;
}

/** A ledger account of the books: debits positive, credits negative, in micros. */
export class Book {
  readonly name: string;
  micros = 0n;
  dirty = false;

  constructor(name: string) {
    this.name = name;
  }

  post(micros: bigint): void {
    this.micros += micros;
    this.dirty = true;
  }
}

/** One site in memory: everything that the next event of any account depends on. */
export class SiteState {
  readonly site: string;
  /** Name of its log. */
  origin: string;
  readonly currency: string;
  readonly zone: string;
  readonly accounts = new Map<string, AccountState>();
  readonly meters = new Map<string, MeterState>();
  readonly bridges = new Map<string, BridgeState>();
  readonly books = new Map<string, Book>();
  readonly tariffs = new TariffBook(sha256Bytes);
  readonly tariffFacts: FactPlace[] = [];
  /** Event days, as `<tariff>/<date>`, and pools, as `pool/<tariff>/<share>/<month>`. */
  readonly ruleFacts: FactPlace[] = [];
  tree = new CompactRange(sha256Bytes);
  /** Records stored so far: the number of the next one. */
  records = 0;

  constructor(row: { site: string; origin: string; currency: string; zone: string }) {
    this.site = row.site;
    this.origin = row.origin;
    this.currency = row.currency;
    this.zone = row.zone;
  }

  get size(): number {
    return this.tree.size;
  }

  newAccount(account: string, openedAt: string, currency = this.currency): AccountState {
    const state: AccountState = {
      account,
      currency,
      n: 0,
      prev: ZERO_HASH,
      wallets: new Map(),
      keys: new Map(),
      periodStarts: new Map(),
      openedAt,
      closedAt: undefined,
      lastStatement: undefined,
      firstOpen: '',
      fees: new Set(),
      settled: new Map(),
      terms: new TermsCourse(),
      onTariffs: new Map(),
      parking: new Map(),
      credit: new CreditCourse(),
      passed: new PassThroughCourse(),
      deposits: new DepositCourse(),
      facts: [],
      firstUses: new Map(),
      freshLeaves: [],
      dirty: true,
    };
    this.accounts.set(account, state);
    return state;
  }

  meter(meter: string): MeterState {
    const known = this.meters.get(meter);
    if (known !== undefined) return known;
    const state: MeterState = {
      meter,
      bridge: '',
      epoch: -1,
      seq: -1,
      hash: ZERO_HASH,
      binding: undefined,
      account: '',
      installedAt: '',
      last: undefined,
      held: undefined,
      heldReading: undefined,
      lastSeen: undefined,
      progress: freshProgress(),
      freshRecords: [],
      charged: undefined,
      dirty: true,
    };
    this.meters.set(meter, state);
    return state;
  }

  bridge(bridge: string): BridgeState {
    const known = this.bridges.get(bridge);
    if (known !== undefined) return known;
    const recentRoots = new Set<string>();
    const state = { bridge, tokenHash: '', epoch: -1, keys: [], recentRoots, dirty: true };
    this.bridges.set(bridge, state);
    return state;
  }

  /** Local month of an instant, as `2026-09`. */
  localMonth(ms: number): string {
    return zoneOf(this.zone).monthOf(ms);
  }

  book(name: string): Book {
    const known = this.books.get(name);
    if (known !== undefined) return known;
    const book = new Book(name);
    this.books.set(name, book);
    return book;
  }

  /** Adds to a ledger account of the books. */
  post(book: string, micros: bigint): void {
    this.book(book).post(micros);
  }
}
