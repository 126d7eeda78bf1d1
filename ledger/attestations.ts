import type { AnchorStore } from './anchor/anchor-store.ts';
import type { SignedSize } from './anchor/anchorer.ts';
import {
  type AnchoredCheckpoint,
  type AnchoredLedger,
  Anchoring,
  type AnchoringOptions,
  type CourseState,
} from './anchor/anchoring.ts';
import type { DatedCheckpoint } from './bundle-builder.ts';
import { assert } from './core/assert.ts';
import type { LogProofs } from './log-proofs.ts';
import type { SiteRow } from './store/port.ts';
import {
  type Policies,
  readersPolicy,
  refuseOtherLogs,
  sitePolicy,
} from './witness/site-policy.ts';
import type { WitnessedCheckpoint, WitnessedStore } from './witness/witnessed-store.ts';
import { type WitnessedSite, Witnessing, type WitnessingOptions } from './witness/witnessing.ts';

/** What asking witnesses and chains needs of the ledger. */
export interface AttestedLogs {
  readonly proofs: LogProofs;
  /** The sites that this process has at present. */
  sites(): readonly SiteRow[];
  readonly confirm: AnchoredLedger['confirm'];
  /** Opened when witnessing or anchoring starts, and closed by `stop`. */
  openWitnessed(): WitnessedStore;
  openAnchors(): AnchorStore;
}

/** What others attest of the logs: witnesses by cosignatures, chains by receipts. Nobody waits for it. */
export class Attestations {
  readonly #logs: AttestedLogs;
  #witnessing: Witnessing | undefined;
  #anchoring: Anchoring | undefined;
  #policies: Policies = {};

  constructor(logs: AttestedLogs) {
    this.#logs = logs;
  }

  /** Asks witnesses for cosignatures from now on, until `stop`. Refuses `policy-other-log`. */
  startWitnessing(options: WitnessingOptions): void {
    assert(this.#witnessing === undefined, 'witnessing starts once');
    const { proofs } = this.#logs;
    refuseOtherLogs(options.policies, this.#logs.sites());
    const ledger = { proofs, store: this.#logs.openWitnessed(), sites: () => this.#logs.sites() };
    this.#witnessing = new Witnessing(ledger, options);
    this.#policies = options.policies;
  }

  /** Anchors checkpoints on chains from now on, until `stop`. Start witnessing before, if at all. */
  startAnchoring(options: AnchoringOptions): void {
    assert(this.#anchoring === undefined, 'anchoring starts once');
    const { proofs, confirm } = this.#logs;
    const latest = (row: SiteRow) => this.#latestToAnchor(row);
    const sites = () => this.#logs.sites();
    const ledger = { proofs, confirm, latest, sites, store: this.#logs.openAnchors() };
    this.#anchoring = new Anchoring(ledger, options);
  }

  /** C2SP tlog-policy text that pins the site's log key and its witnesses, for readers. */
  policy(row: SiteRow): string {
    return readersPolicy(sitePolicy(this.#policies, row), this.#anchoring?.trusted(row) ?? []);
  }

  /** The latest checkpoint with the cosignatures that the site's policy asks for. */
  async witnessed(row: SiteRow): Promise<WitnessedCheckpoint | undefined> {
    return await this.#witnessing?.witnessed(row);
  }

  /** The same once it holds `size` events, if that can be had within a moment. */
  async witnessedCovering(row: SiteRow, size: number): Promise<WitnessedCheckpoint | undefined> {
    return await this.#witnessing?.covering(row, size);
  }

  /** The chains that the site's log is anchored on, by name. */
  chains(row: SiteRow): readonly string[] {
    return this.#anchoring?.chains(row) ?? [];
  }

  /** The earliest anchored checkpoint of each chain that holds `size` events. */
  async anchored(row: SiteRow, size: number): Promise<AnchoredCheckpoint[]> {
    return (await this.#anchoring?.covering(row, size)) ?? [];
  }

  /** The earliest checkpoint, dated by others, that holds `size` events. */
  async datedBy(row: SiteRow, size: number): Promise<DatedCheckpoint | undefined> {
    const kept = await this.#witnessing?.kept(row.site, size);
    return kept ?? (await this.anchored(row, size))[0];
  }

  witnesses(): readonly WitnessedSite[] {
    return this.#witnessing?.states() ?? [];
  }

  /** Each log on each chain, and how far it has come. */
  async anchors(): Promise<readonly CourseState[]> {
    return (await this.#anchoring?.states()) ?? [];
  }

  /** Has what is signed witnessed, and anchors it; whether all of it is anchored. */
  async anchorNow(): Promise<boolean> {
    for (const row of this.#logs.sites()) {
      const size = (await this.#logs.proofs.latest(row.site))?.size ?? 0;
      await this.witnessedCovering(row, size);
    }
    return (await this.#anchoring?.now()) ?? true;
  }

  /** Ends what is under way, and begins nothing more. */
  async stop(): Promise<void> {
    await this.#anchoring?.stop();
    await this.#witnessing?.stop();
  }

  /** With the quorum's cosignatures where the policy asks for any, so that an anchor holds them too. */
  async #latestToAnchor(row: SiteRow): Promise<SignedSize | undefined> {
    if (sitePolicy(this.#policies, row).quorum !== undefined) return await this.witnessed(row);
    const latest = await this.#logs.proofs.latest(row.site);
    return latest === undefined || latest.size === 0 ? undefined : latest;
  }
}
