import { join } from 'node:path';
import type { TrustedAnchor } from '../core/trusted-anchor.ts';
import { proveGrowth, rootIfStored } from '../log-reader.ts';
import type { SiteRow, StoreReader } from '../store/port.ts';
import type { Anchor, AnchorStore } from './anchor-store.ts';
import {
  type AnchoredLog,
  Anchorer,
  type AnchorNews,
  type AnchorState,
  type SignedSize,
} from './anchorer.ts';
import type { AnchorChain, ChainKind } from './chain.ts';
import { hasNews } from './news.ts';
import { SqliteAnchorStore } from './sqlite-anchor-store.ts';

/** A chain and how often a log goes there. */
export interface ChainSetup {
  /** The chain for the log of a site; undefined where it has none. May answer the same to many. */
  readonly chainOf: (site: SiteRow) => AnchorChain | undefined;
  /** Shortest time between two anchors of a log. */
  readonly everyMs: number;
}

export interface AnchoringOptions {
  readonly chains: readonly ChainSetup[];
  readonly tell: (news: AnchorNews) => void;
}

/** What anchoring needs of the ledger. */
export interface AnchoredLedger {
  readonly dataDir: string;
  readonly store: StoreReader;
  sites(): readonly SiteRow[];
  /** The newest checkpoint that may be anchored: with its cosignatures, where the policy asks for some. */
  latest(site: string): SignedSize | undefined;
  confirm(site: string, anchor: Anchor): Promise<void>;
}

/** A checkpoint that holds what was asked for, and the receipt of its anchor. */
export interface AnchoredCheckpoint {
  readonly kind: ChainKind;
  readonly size: number;
  readonly note: string;
  /** The time that the receipt gives. */
  readonly atMs: number;
  /** JSON text. */
  readonly receipt: string;
}

/** How far a log has come on a chain, and how often it goes there. */
export interface CourseState extends AnchorState {
  readonly everyMs: number;
}

/** One log on one chain, and its own time. */
interface Course {
  readonly site: string;
  readonly chain: AnchorChain;
  readonly anchorer: Anchorer;
  readonly everyMs: number;
  dueMs: number;
  round: Promise<boolean> | undefined;
}

const TICK_MS = 100;
/** When a round is tried again that came to no end. */
const AGAIN_MS = 5_000;

/** The file that `billproof anchor` reads beside a running service. */
export function anchorStorePath(dataDir: string): string {
  return join(dataDir, 'anchors', 'anchors.db');
}

/** Anchors the logs of all sites, beside everything else: nothing that is acknowledged waits for it. */
export class Anchoring {
  readonly #ledger: AnchoredLedger;
  readonly #options: AnchoringOptions;
  readonly #store: AnchorStore;
  readonly #courses: Course[] = [];
  readonly #met = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #isStopping = false;
  #isFailing = false;

  constructor(ledger: AnchoredLedger, options: AnchoringOptions) {
    this.#ledger = ledger;
    this.#options = options;
    this.#store = new SqliteAnchorStore(anchorStorePath(ledger.dataDir));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  states(): CourseState[] {
    return this.#courses.map(({ anchorer, everyMs }) => ({ ...anchorer.state, everyMs }));
  }

  /** What readers of a site's log may check receipts against. */
  trusted(site: string): TrustedAnchor[] {
    this.#meetSites();
    return this.#of(site).map(({ chain }) => chain.trusted);
  }

  /** The chains that a site's log is anchored on, by name. */
  chains(site: string): string[] {
    return this.#of(site).map(({ chain }) => chain.name);
  }

  /** Brings every log of every chain up to now; whether all of them are. */
  async now(): Promise<boolean> {
    this.#meetSites();
    const rounds = this.#courses.map(async (course) => {
      await course.round;
      return await this.#start(course);
    });
    return (await Promise.all(rounds)).every(Boolean);
  }

  /** Ends what is under way, and begins nothing more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    // A call under way then fails; what it was about is kept, and asked for at the next start.
    for (const chain of new Set(this.#courses.map(({ chain }) => chain))) chain.close();
    for (const { round } of this.#courses) await round;
    this.#store.close();
  }

  #of(site: string): Course[] {
    return this.#courses.filter((course) => course.site === site);
  }

  #tick(): void {
    try {
      this.#meetSites();
      const nowMs = performance.now();
      const isAsked = this.#store.takeAskedRound();
      for (const course of this.#courses) {
        if ((isAsked || nowMs >= course.dueMs) && course.round === undefined)
          void this.#start(course);
      }
      if (this.#isFailing) this.#tell('anchors-again', 'It anchors again.');
      this.#isFailing = false;
    } catch (error) {
      // Nothing that was acknowledged depends on it: the next turn tries again.
      if (!this.#isFailing) this.#tell('failed', error instanceof Error ? error.message : '');
      this.#isFailing = true;
    }
  }

  /** What is of no log: there are ten turns a second, so once each. */
  #tell(code: string, why: string): void {
    this.#options.tell({ site: '', chain: '', code, why });
  }

  #start(course: Course): Promise<boolean> {
    if (this.#isStopping) return Promise.resolve(false);
    course.dueMs = performance.now() + course.everyMs;
    const round = course.anchorer.round().then((done) => {
      course.round = undefined;
      // Undecided, or away: neither waits for the time of the next anchor.
      if (!done) course.dueMs = Math.min(course.dueMs, performance.now() + AGAIN_MS);
      return done;
    });
    course.round = round;
    return round;
  }

  /** Sites may come at any time. */
  #meetSites(): void {
    for (const row of this.#ledger.sites()) {
      if (this.#met.has(row.site)) continue;
      this.#met.add(row.site);
      for (const { chainOf, everyMs } of this.#options.chains) {
        const chain = chainOf(row);
        if (chain === undefined) continue;
        const tell = (news: AnchorNews) => {
          if (!this.#isStopping) this.#options.tell(news);
        };
        // Only durations are measured by it: a clock that is set must not make one negative, or an alarm.
        const nowMs = () => Math.round(performance.now());
        const parts = { chain, store: this.#store, tell, nowMs };
        const anchorer = new Anchorer(this.#logOf(row), parts);
        const { site } = row;
        this.#courses.push({ site, chain, anchorer, everyMs, dueMs: 0, round: undefined });
        this.#store.follow(this.#courses.map((one) => ({ site: one.site, chain: one.chain.name })));
      }
    }
  }

  #logOf({ site, origin }: SiteRow): AnchoredLog {
    const { store, latest, confirm } = this.#ledger;
    return {
      ...{ site, origin },
      latest: () => latest(site),
      hasNews: (from, to) => hasNews(store, site, from, to),
      prove: (from, to) => proveGrowth(store, site, from, to),
      rootAt: (size) => rootIfStored(store, site, size),
      noteAt(size) {
        const row = store.checkpoint(site, size);
        return row?.size === size ? row.note : undefined;
      },
      confirm: (anchor) => confirm(site, anchor),
    };
  }
}
