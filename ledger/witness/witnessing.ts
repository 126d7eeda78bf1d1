import type { LogProofs } from '../log-proofs.ts';
import { nativePrimitives } from '../native-primitives.ts';
import type { SendToWitness } from './ask-witness.ts';
import { QuorumGatherer, type WitnessedLog } from './quorum-gatherer.ts';
import { recallWitnessed } from './recall-witnessed.ts';
import { type Policies, type SiteLog, sitePolicy } from './site-policy.ts';
import type { WitnessNews, WitnessState } from './witness-link.ts';
import type { WitnessedCheckpoint, WitnessedStore } from './witnessed-store.ts';

export interface WitnessingOptions {
  readonly policies: Policies;
  readonly send: SendToWitness;
  /** Shortest time between two checkpoints of a log that witnesses are asked for. */
  readonly everyMs: number;
  readonly tell: (news: WitnessNews) => void;
}

/** What witnessing needs of the ledger. */
export interface WitnessedLedger {
  readonly proofs: LogProofs;
  /** Closed by `stop`. */
  readonly store: WitnessedStore;
  /** The sites that this process has at present: they may come and go. */
  sites(): readonly SiteLog[];
}

/** A site's log and its witnesses as they are now. */
export interface WitnessedSite {
  readonly site: string;
  /** Events under the latest checkpoint that a quorum cosigned, and signed events that are not. */
  readonly size: number;
  readonly lag: number;
  /** The oldest of the latter is no older than this. */
  readonly lagMs: number;
  /** Cosignatures that a quorum has at least; 0 when none is asked for. */
  readonly needed: number;
  /** Shortest time between two checkpoints that the witnesses are asked for. */
  readonly everyMs: number;
  readonly witnesses: readonly WitnessState[];
}

/** How long who asks for a bill waits for a quorum that is not there yet. */
const PATIENCE_MS = 2_000;

/** Asks the witnesses of every site of this process for cosignatures, beside everything else. */
export class Witnessing {
  readonly #ledger: WitnessedLedger;
  readonly #options: WitnessingOptions;
  readonly #stop = new AbortController();
  readonly #primitives = nativePrimitives();
  /** By site; undefined where the policy names no witness and there is nothing to gather. */
  readonly #gatherers = new Map<string, QuorumGatherer | undefined>();
  /** Of sites that are gone: what was under way there. */
  readonly #leaving = new Map<string, Promise<void>>();
  /** Of other machines' sites: the last note that was found to hold. */
  readonly #recalled = new Map<string, WitnessedCheckpoint>();
  readonly #timer: NodeJS.Timeout;
  /** What fails at present, so that it is told of once. */
  readonly #failing = new Set<'ask' | 'keep'>();
  #turn: Promise<void> | undefined;

  constructor(ledger: WitnessedLedger, options: WitnessingOptions) {
    this.#ledger = ledger;
    this.#options = options;
    this.#meetSites();
    this.#timer = setInterval(() => this.#tick(), options.everyMs);
    this.#timer.unref();
    this.#tick();
  }

  /** The latest checkpoint of a site with a quorum; of a site that another process has, what that kept. */
  async witnessed(row: SiteLog): Promise<WitnessedCheckpoint | undefined> {
    this.#meetSites();
    const gatherer = this.#gatherers.get(row.site);
    if (gatherer === undefined) return await this.#recall(row);
    return gatherer.witnessed ?? (await gatherer.covering(0, 0));
  }

  /** The same once it holds `size` events, if that can be had within a moment. */
  async covering(row: SiteLog, size: number): Promise<WitnessedCheckpoint | undefined> {
    this.#meetSites();
    const gatherer = this.#gatherers.get(row.site);
    return gatherer === undefined
      ? await this.#recall(row)
      : await gatherer.covering(size, PATIENCE_MS);
  }

  /** The earliest kept checkpoint with a quorum that holds `size` events, of any site. */
  kept(site: string, size: number): Promise<WitnessedCheckpoint | undefined> {
    return this.#ledger.store.covering(site, size);
  }

  /** The sites of this process that have witnesses. */
  states(): WitnessedSite[] {
    const { everyMs } = this.#options;
    return [...this.#gatherers].flatMap(([site, gatherer]) => {
      if (gatherer === undefined) return [];
      const { witnessed, lag, lagMs, needed, states } = gatherer;
      const size = witnessed?.size ?? 0;
      return [{ site, size, lag, lagMs, needed, everyMs, witnesses: states }];
    });
  }

  /** Ends what is under way and asks nobody any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort();
    await this.#turn;
    const settled = [...this.#gatherers.values()].flatMap((one) => one?.settled() ?? []);
    await Promise.all([...settled, ...this.#leaving.values()]);
    await this.#ledger.store.close();
  }

  /** A turn that is slow is not overtaken by the next one. */
  #tick(): void {
    this.#turn ??= this.#askAll().finally(() => {
      this.#turn = undefined;
    });
  }

  async #askAll(): Promise<void> {
    try {
      this.#meetSites();
      const ticks = [...this.#gatherers.values()].flatMap((one) => one?.tick() ?? []);
      // Each to its end, or a slow one would be asked again and again meanwhile.
      const failed = (await Promise.allSettled(ticks)).find(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw failed.reason;
      this.#failing.delete('ask');
    } catch (error) {
      this.#failed('ask', '', error);
    }
  }

  async #keep(site: string, checkpoint: WitnessedCheckpoint): Promise<void> {
    const { store } = this.#ledger;
    try {
      await store.putLast(site, checkpoint);
      await store.keep(site, checkpoint, Date.now());
      this.#failing.delete('keep');
    } catch (error) {
      this.#failed('keep', site, error);
    }
  }

  /** Nothing that was acknowledged depends on it: the next turn tries again. */
  #failed(what: 'ask' | 'keep', site: string, error: unknown): void {
    if (this.#failing.has(what) || this.#stop.signal.aborted) return;
    this.#failing.add(what);
    const why = error instanceof Error ? error.message : '';
    this.#options.tell({ site, witness: '', code: 'failed', why });
  }

  /** Sites come and go at any time. One that comes back begins with what is stored, once its past has ended. */
  #meetSites(): void {
    const rows = new Map(this.#ledger.sites().map((row) => [row.site, row]));
    for (const [site, gatherer] of this.#gatherers) {
      if (!rows.has(site)) this.#leave(site, gatherer);
    }
    for (const [site, row] of rows) {
      if (this.#gatherers.has(site) || this.#leaving.has(site)) continue;
      this.#recalled.delete(site);
      this.#gatherers.set(site, this.#gathererFor(row));
    }
  }

  #leave(site: string, gatherer: QuorumGatherer | undefined): void {
    this.#gatherers.delete(site);
    if (gatherer === undefined) return;
    gatherer.retire();
    const left = gatherer.settled().then(() => void this.#leaving.delete(site));
    this.#leaving.set(site, left);
  }

  #gathererFor(row: SiteLog): QuorumGatherer | undefined {
    const log = this.#logOf(row);
    if (log.policy.witnesses.length === 0) return undefined;
    const { send, tell } = this.#options;
    return new QuorumGatherer(log, {
      ...{ send, tell, nowMs: Date.now, primitives: this.#primitives },
      ...{ stop: this.#stop.signal, store: this.#ledger.store },
      keep: (checkpoint) => this.#keep(row.site, checkpoint),
    });
  }

  /** Judged again only when there is another one: its log only grows. */
  async #recall(row: SiteLog): Promise<WitnessedCheckpoint | undefined> {
    const log = this.#logOf(row);
    if (log.policy.witnesses.length === 0) return undefined;
    const known = this.#recalled.get(row.site);
    const store = { last: (site: string) => this.#ledger.store.last(site) };
    if (known !== undefined && (await store.last(row.site)) === known.note) return known;
    const found = await recallWitnessed(log, { store, primitives: this.#primitives });
    if (found !== undefined) this.#recalled.set(row.site, found);
    return found;
  }

  #logOf(row: SiteLog): WitnessedLog {
    const { site } = row;
    const { proofs } = this.#ledger;
    return {
      ...{ site, policy: sitePolicy(this.#options.policies, row) },
      latest: () => proofs.latest(site),
      prove: (from, to) => proofs.prove(site, from, to),
      rootAt: (size) => proofs.rootAt(site, size),
    };
  }
}
