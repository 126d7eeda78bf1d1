import { proveGrowth, rootIfStored } from '../log-reader.ts';
import { nativePrimitives } from '../native-primitives.ts';
import type { StoreReader } from '../store/port.ts';
import type { SendToWitness } from './ask-witness.ts';
import { QuorumGatherer, type WitnessedCheckpoint, type WitnessedLog } from './quorum-gatherer.ts';
import { type Policies, refuseOtherLogs, sitePolicy } from './site-policy.ts';
import type { WitnessNews, WitnessState } from './witness-link.ts';
import { WitnessedFile, witnessedPath } from './witnessed-file.ts';
import { WitnessedNotes, witnessedNotesPath } from './witnessed-notes.ts';

export interface WitnessingOptions {
  readonly policies: Policies;
  readonly send: SendToWitness;
  /** Shortest time between two checkpoints of a log that witnesses are asked for. */
  readonly everyMs: number;
  readonly tell: (news: WitnessNews) => void;
}

/** What witnessing needs of the ledger. */
export interface WitnessedLedger {
  readonly dataDir: string;
  readonly store: StoreReader;
  sites(): readonly { readonly site: string; readonly vkey: string }[];
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

/** Asks the witnesses of every site for cosignatures, beside everything else. */
export class Witnessing {
  readonly #ledger: WitnessedLedger;
  readonly #options: WitnessingOptions;
  readonly #stop = new AbortController();
  readonly #gatherers = new Map<string, QuorumGatherer>();
  readonly #met = new Set<string>();
  readonly #notes: WitnessedNotes;
  readonly #timer: NodeJS.Timeout;

  /** Refuses `policy-other-log`. */
  constructor(ledger: WitnessedLedger, options: WitnessingOptions) {
    this.#ledger = ledger;
    this.#options = options;
    refuseOtherLogs(options.policies, ledger.sites());
    this.#notes = new WitnessedNotes(witnessedNotesPath(ledger.dataDir));
    this.#meetSites();
    this.#timer = setInterval(() => this.#tick(), options.everyMs);
    this.#timer.unref();
  }

  /** The latest checkpoint of a site with a quorum. */
  witnessed(site: string): WitnessedCheckpoint | undefined {
    return this.#gatherers.get(site)?.witnessed;
  }

  /** The same once it holds `size` events, if that can be had within a moment. */
  async covering(site: string, size: number): Promise<WitnessedCheckpoint | undefined> {
    this.#meetSites();
    return await this.#gatherers.get(site)?.covering(size, PATIENCE_MS);
  }

  states(): WitnessedSite[] {
    const { everyMs } = this.#options;
    return [...this.#gatherers].map(([site, { witnessed, lag, lagMs, needed, states }]) => {
      const size = witnessed?.size ?? 0;
      return { site, size, lag, lagMs, needed, everyMs, witnesses: states };
    });
  }

  /** Ends what is under way and asks nobody any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort();
    await Promise.all([...this.#gatherers.values()].map((gatherer) => gatherer.settled()));
    this.#notes.close();
  }

  #tick(): void {
    try {
      this.#meetSites();
      for (const gatherer of this.#gatherers.values()) gatherer.tick();
    } catch (error) {
      // Nothing that was acknowledged depends on it: the next turn tries again.
      const why = error instanceof Error ? error.message : '';
      this.#options.tell({ site: '', witness: '', code: 'failed', why });
    }
  }

  #keep(site: string, checkpoint: WitnessedCheckpoint): void {
    try {
      this.#notes.keep(site, checkpoint, Date.now());
    } catch (error) {
      const why = error instanceof Error ? error.message : '';
      this.#options.tell({ site, witness: '', code: 'failed', why });
    }
  }

  /** Sites may come at any time. One whose policy names no witness has nothing to gather. */
  #meetSites(): void {
    const { policies, send, tell } = this.#options;
    for (const row of this.#ledger.sites()) {
      const { site } = row;
      if (this.#met.has(site)) continue;
      const policy = sitePolicy(policies, row);
      this.#met.add(site);
      if (policy.witnesses.length === 0) continue;
      const file = new WitnessedFile(witnessedPath(this.#ledger.dataDir, site));
      const log = { ...logIn(this.#ledger.store, site), site, policy };
      const parts = { send, tell, nowMs: Date.now, primitives: nativePrimitives() };
      const keep = (checkpoint: WitnessedCheckpoint) => this.#keep(site, checkpoint);
      const gatherer = new QuorumGatherer(log, file, { ...parts, keep, stop: this.#stop.signal });
      this.#gatherers.set(site, gatherer);
    }
  }
}

function logIn(store: StoreReader, site: string): Omit<WitnessedLog, 'site' | 'policy'> {
  return {
    latest: () => store.checkpoint(site),
    prove: (from, to) => proveGrowth(store, site, from, to),
    rootAt: (size) => rootIfStored(store, site, size),
  };
}
