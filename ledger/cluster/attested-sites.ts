import type { CourseState } from '../anchor/anchoring.ts';
import type { Attestations } from '../attestations.ts';
import type { SiteRow } from '../store/port.ts';
import type { WitnessedCheckpoint } from '../witness/witnessed-store.ts';
import type { WitnessedSite } from '../witness/witnessing.ts';
import type { Cluster } from './cluster.ts';

/** What one process asks another about the sites that the other has. */
type Question =
  | { readonly kind: 'covering'; readonly row: SiteRow; readonly size: number }
  | { readonly kind: 'witnesses' }
  | { readonly kind: 'anchors' }
  | { readonly kind: 'anchor-now' };

/**
 * What witnesses and chains attest of all sites: each is asked for by the process that writes for it, and
 * the others ask that one. Alone, a process has all sites.
 */
export class AttestedSites {
  readonly #own: Attestations;
  readonly #cluster: Cluster | undefined;

  constructor(own: Attestations, cluster: Cluster | undefined) {
    this.#own = own;
    this.#cluster = cluster;
  }

  /** The witnessed checkpoint once it holds `size` events, if that can be had within a moment. */
  async covering(row: SiteRow, size: number): Promise<WitnessedCheckpoint | undefined> {
    const atHome = () => this.#own.witnessedCovering(row, size);
    if (this.#cluster === undefined) return await atHome();
    const question: Question = { kind: 'covering', row, size };
    const { writers } = this.#cluster;
    const found = await writers.askOwner(row.site, question, true, atHome);
    return found as WitnessedCheckpoint | undefined;
  }

  async witnesses(): Promise<readonly WitnessedSite[]> {
    const others = await this.#askOthers<readonly WitnessedSite[]>({ kind: 'witnesses' });
    return [this.#own.witnesses(), ...others].flat();
  }

  /** Each log on each chain, and how far it has come. */
  async anchors(): Promise<readonly CourseState[]> {
    const others = await this.#askOthers<readonly CourseState[]>({ kind: 'anchors' });
    return [await this.#own.anchors(), ...others].flat();
  }

  /** Anchors what is signed; whether all of it is anchored. */
  async anchorNow(): Promise<boolean> {
    const others = await this.#askOthers<boolean>({ kind: 'anchor-now' });
    return [await this.#own.anchorNow(), ...others].every(Boolean);
  }

  /** What another process asks. */
  async answer(body: unknown): Promise<unknown> {
    const question = body as Question;
    switch (question.kind) {
      case 'covering':
        return await this.#own.witnessedCovering(question.row, question.size);
      case 'witnesses':
        return this.#own.witnesses();
      case 'anchors':
        return await this.#own.anchors();
      case 'anchor-now':
        return await this.#own.anchorNow();
    }
  }

  async #askOthers<T>(question: Question): Promise<T[]> {
    return ((await this.#cluster?.writers.askOthers(question)) ?? []) as T[];
  }
}
