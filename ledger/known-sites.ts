import { type BridgeKeyRow, BridgeKeys } from './bridge-keys.ts';
import { Refusal } from './core/refusal.ts';
import type { SiteRow } from './store/port.ts';

/** Where sites and keys are learned that another process has made. */
export interface SiteSources {
  readonly sites: () => Promise<readonly SiteRow[]>;
  readonly keys: (site: string) => Promise<readonly BridgeKeyRow[]>;
}

/**
 * The sites and enrolled keys that this process knows of. They only ever become more, so what is known
 * is right; what is missed is looked up once, in case another process has made it.
 */
export class KnownSites {
  readonly #sources: SiteSources;
  readonly #sites = new Map<string, SiteRow>();
  readonly #keys = new BridgeKeys();
  #learning: Promise<void> | undefined;

  constructor(sources: SiteSources) {
    this.#sources = sources;
  }

  get all(): SiteRow[] {
    return [...this.#sites.values()];
  }

  get(site: string): SiteRow | undefined {
    return this.#sites.get(site);
  }

  /** Refuses `site-unknown`. */
  must(site: string): SiteRow {
    const row = this.#sites.get(site);
    if (row !== undefined) return row;
    const params = { site: site.slice(0, 64) };
    throw new Refusal('site-unknown', `There is no site ${params.site}.`, params);
  }

  key(site: string, bridge: string, epoch: number) {
    return this.#keys.find(site, bridge, epoch);
  }

  learn(sites: readonly SiteRow[], keys: readonly BridgeKeyRow[] = []): void {
    for (const row of sites) this.#sites.set(row.site, row);
    for (const key of keys) this.#keys.learn(key);
  }

  /** Looks up all sites; who asks meanwhile waits for the same look. */
  async learnSites(): Promise<void> {
    this.#learning ??= this.#sources.sites().then(
      (sites) => {
        this.#learning = undefined;
        this.learn(sites);
      },
      (error) => {
        this.#learning = undefined;
        throw error;
      },
    );
    await this.#learning;
  }

  async learnKeys(site: string): Promise<void> {
    this.learn([], await this.#sources.keys(site));
  }
}
