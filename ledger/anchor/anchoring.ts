import { join } from 'node:path';
import type { TrustedAnchor } from '../core/trusted-anchor.ts';
import type { LogProofs } from '../log-proofs.ts';
import type { SiteRow } from '../store/port.ts';
import type { Anchor, AnchorStore } from './anchor-store.ts';
import {
  type AnchoredLog,
  Anchorer,
  type AnchorNews,
  type AnchorState,
  type SignedSize,
} from './anchorer.ts';
import type { AnchorChain, ChainKind } from './chain.ts';

/** A chain and how often a log goes there. */
export interface ChainSetup {
  /** The chain for the log of a site; undefined where it has none. May answer the same to many; asked once a site. */
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
  readonly proofs: LogProofs;
  /** Closed by `stop`. */
  readonly store: AnchorStore;
  /** The sites that this process has at present: they may come and go. */
  sites(): readonly SiteRow[];
  /** The newest checkpoint that may be anchored: with its cosignatures, where the policy asks for some. */
  latest(row: SiteRow): Promise<SignedSize | undefined>;
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
  readonly chain: AnchorChain;
  readonly anchorer: Anchorer;
  readonly everyMs: number;
  dueMs: number;
  round: Promise<boolean> | undefined;
  /** Its site has left this process. */
  isGone: boolean;
}

const TICK_MS = 100;
/** How often it is looked up whether somebody asks for a round. */
const LOOK_MS = 500;
/** When a round is tried again that came to no end. */
const AGAIN_MS = 5_000;

/** The file that `billproof anchor` reads beside a running service. */
export function anchorStorePath(dataDir: string): string {
  return join(dataDir, 'anchors', 'anchors.db');
}

/** Anchors the logs of all sites of this process, beside everything else: nothing that is acknowledged waits for it. */
export class Anchoring {
  readonly #ledger: AnchoredLedger;
  readonly #options: AnchoringOptions;
  readonly #store: AnchorStore;
  readonly #courses = new Map<string, readonly Course[]>();
  /** Of sites that are gone: rounds that were under way. */
  readonly #leaving = new Map<string, Promise<unknown>>();
  /** Of each site that was ever here. They stay open: a site may come back, and many may share one. */
  readonly #chains = new Map<string, readonly (AnchorChain | undefined)[]>();
  /** Sites of which the store knows where they are anchored. */
  readonly #followed = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #turn: Promise<void> | undefined;
  /** Rounds that somebody asked for, as far as they were seen. */
  #asked: number | undefined;
  #lookAtMs = 0;
  #isStopping = false;
  #isFailing = false;

  constructor(ledger: AnchoredLedger, options: AnchoringOptions) {
    this.#ledger = ledger;
    this.#options = options;
    this.#store = ledger.store;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /** The sites of this process. */
  async states(): Promise<CourseState[]> {
    return await Promise.all(
      this.#all().map(async ({ anchorer, everyMs }) => ({ ...(await anchorer.state()), everyMs })),
    );
  }

  /** What readers of a site's log may check receipts against, whichever process has the site. */
  trusted(row: SiteRow): TrustedAnchor[] {
    return this.#chainsOf(row).flatMap((chain) => chain?.trusted ?? []);
  }

  /** The chains that a site's log is anchored on, by name, whichever process has the site. */
  chains(row: SiteRow): string[] {
    return this.#chainsOf(row).flatMap((chain) => chain?.name ?? []);
  }

  /** The earliest anchored checkpoint of each of them that holds `size` events. */
  async covering(row: SiteRow, size: number): Promise<AnchoredCheckpoint[]> {
    const found: AnchoredCheckpoint[] = [];
    for (const chain of this.chains(row)) {
      const place = { site: row.site, chain };
      const anchor = await this.#store.covering(place, size);
      if (anchor === undefined) continue;
      const receipt = await this.#store.receipt(place, anchor.size);
      const { kind, size: held, note, atMs } = anchor;
      found.push({ kind, size: held, note, atMs, receipt });
    }
    return found;
  }

  /** Brings every log of this process, on every chain, up to now; whether all of them are. */
  async now(): Promise<boolean> {
    this.#meetSites();
    const rounds = this.#all().map((course) => this.#nextRound(course));
    await this.#follow();
    return (await Promise.all(rounds)).every(Boolean);
  }

  /** Ends what is under way, and begins nothing more. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#timer);
    // A call under way then fails; what it was about is kept, and asked for at the next start.
    const chains = [...this.#chains.values()].flat();
    for (const chain of new Set(chains)) chain?.close();
    await this.#turn;
    await Promise.all([...this.#all().map(({ round }) => round), ...this.#leaving.values()]);
    await this.#store.close();
  }

  #all(): Course[] {
    return [...this.#courses.values()].flat();
  }

  /** A turn that is slow is not overtaken by the next one. */
  #tick(): void {
    this.#turn ??= this.#startDue().finally(() => {
      this.#turn = undefined;
    });
  }

  async #startDue(): Promise<void> {
    try {
      this.#meetSites();
      await this.#follow();
      const isAsked = await this.#isAsked();
      for (const course of this.#all()) {
        const isDue = isAsked || performance.now() >= course.dueMs;
        if (isDue && course.round === undefined) void this.#start(course);
      }
      if (this.#isFailing) this.#tell('anchors-again', 'It anchors again.');
      this.#isFailing = false;
    } catch (error) {
      // Nothing that was acknowledged depends on it: the next turn tries again.
      if (!this.#isFailing) this.#tell('failed', error instanceof Error ? error.message : '');
      this.#isFailing = true;
    }
  }

  /** Whether somebody has asked for a round since the last look; the start of a process is one anyway. */
  async #isAsked(): Promise<boolean> {
    const nowMs = performance.now();
    if (nowMs < this.#lookAtMs) return false;
    const before = this.#asked;
    this.#asked = await this.#store.askedRounds();
    this.#lookAtMs = nowMs + LOOK_MS;
    return before !== undefined && this.#asked !== before;
  }

  /** What is of no log: there are ten turns a second, so once each. */
  #tell(code: string, why: string): void {
    if (!this.#isStopping) this.#options.tell({ site: '', chain: '', code, why });
  }

  /** One that begins from here on: the one under way may have looked at the log before. */
  async #nextRound(course: Course): Promise<boolean> {
    while (course.round !== undefined) await course.round;
    return await this.#start(course);
  }

  #start(course: Course): Promise<boolean> {
    if (this.#isStopping || course.isGone) return Promise.resolve(false);
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

  /** Sites come and go at any time. One that comes back begins with what is stored, once its past has ended. */
  #meetSites(): void {
    const rows = new Map(this.#ledger.sites().map((row) => [row.site, row]));
    for (const [site, courses] of this.#courses) if (!rows.has(site)) this.#leave(site, courses);
    for (const [site, row] of rows) {
      if (this.#courses.has(site) || this.#leaving.has(site)) continue;
      this.#courses.set(site, this.#coursesOf(row));
    }
  }

  #leave(site: string, courses: readonly Course[]): void {
    this.#courses.delete(site);
    this.#followed.delete(site);
    for (const course of courses) course.isGone = true;
    const rounds = courses.flatMap(({ round }) => round ?? []);
    if (rounds.length === 0) return;
    const left = Promise.all(rounds).finally(() => this.#leaving.delete(site));
    this.#leaving.set(site, left);
  }

  /** Says where the sites are anchored that came since the last time. */
  async #follow(): Promise<void> {
    for (const [site, courses] of this.#courses) {
      if (this.#followed.has(site)) continue;
      const chains = courses.map(({ chain }) => chain.name);
      await this.#store.follow(site, chains);
      if (this.#courses.get(site) === courses) this.#followed.add(site);
    }
  }

  #chainsOf(row: SiteRow): readonly (AnchorChain | undefined)[] {
    const known = this.#chains.get(row.site);
    if (known !== undefined) return known;
    const chains = this.#options.chains.map(({ chainOf }) => chainOf(row));
    this.#chains.set(row.site, chains);
    return chains;
  }

  #coursesOf(row: SiteRow): Course[] {
    const tell = (news: AnchorNews) => {
      if (!this.#isStopping) this.#options.tell(news);
    };
    // Only durations are measured by it: a clock that is set must not make one negative, or an alarm.
    const nowMs = () => Math.round(performance.now());
    return this.#chainsOf(row).flatMap((chain, i) => {
      if (chain === undefined) return [];
      const parts = { chain, store: this.#store, tell, nowMs };
      const anchorer = new Anchorer(this.#logOf(row), parts);
      const everyMs = this.#options.chains[i]?.everyMs ?? 0;
      return [{ chain, anchorer, everyMs, dueMs: 0, round: undefined, isGone: false }];
    });
  }

  #logOf(row: SiteRow): AnchoredLog {
    const { site, origin } = row;
    const { proofs, latest, confirm } = this.#ledger;
    return {
      ...{ site, origin },
      latest: () => latest(row),
      hasNews: (from, to) => proofs.hasNews(site, from, to),
      prove: (from, to) => proofs.prove(site, from, to),
      rootAt: (size) => proofs.rootAt(site, size),
      noteAt: (size) => proofs.noteAt(site, size),
      confirm: (anchor) => confirm(site, anchor),
    };
  }
}
