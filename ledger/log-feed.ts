import type { Cluster } from './cluster/cluster.ts';
import type { KnownSites } from './known-sites.ts';
import type { PlacedEvent } from './reading/log-reading.ts';
import type { Reading } from './reading/reading.ts';
import type { SiteRow } from './store/port.ts';

/** How far a reader has come, and the name that the log had then. */
export interface FeedPlace {
  readonly origin: string;
  readonly leaf: number;
}

/** The logs in their own order, for whoever tells others what was logged. */
export class LogFeed {
  readonly #reading: Reading;
  readonly #known: KnownSites;
  readonly #cluster: Cluster | undefined;

  constructor(reading: Reading, known: KnownSites, cluster: Cluster | undefined) {
    this.#reading = reading;
    this.#known = known;
    this.#cluster = cluster;
  }

  /** The sites that this process writes for: what has to be done once for a site is done there. */
  ownSites(): SiteRow[] {
    const membership = this.#cluster?.membership;
    if (membership === undefined) return this.#known.all;
    const { writer } = membership;
    if (writer === undefined) return [];
    return membership.view.sites.flatMap((each) =>
      each.writer === writer ? (this.#known.get(each.site) ?? []) : [],
    );
  }

  /** The end of what is signed: where a new reader begins. */
  async end(site: string): Promise<FeedPlace> {
    const leaf = (await this.#reading.latest(site))?.size ?? 0;
    return { origin: this.#known.must(site).origin, leaf };
  }

  /** Events from a place on that a signed checkpoint holds, with where they begin. */
  async signedEvents(
    site: string,
    from: FeedPlace,
    limit: number,
  ): Promise<FeedPlace & { readonly events: readonly PlacedEvent[] }> {
    const row = this.#known.must(site);
    const { origin } = row;
    const leaf =
      from.origin === origin
        ? from.leaf
        : await this.#reading.leafSince(row, from.origin, from.leaf);
    return { origin, leaf, events: await this.#reading.signedEvents(site, leaf, limit) };
  }
}
