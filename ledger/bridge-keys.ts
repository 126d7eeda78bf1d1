import { fromBase64url } from './core/bytes.ts';
import { keyInEpoch } from './core/device-key.ts';
import type { SiteState } from './writer/site-state.ts';

/** An enrolled device key as the writer tells it. */
export interface BridgeKeyRow {
  readonly site: string;
  readonly bridge: string;
  readonly kid: string;
  readonly epoch: number;
  readonly x: string;
  readonly y: string;
}

/** All keys of these sites, by their states in the writer's memory. */
export function enrolledKeys(sites: ReadonlyMap<string, SiteState>): BridgeKeyRow[] {
  return [...sites].flatMap(([site, { bridges }]) =>
    [...bridges.values()].flatMap(({ bridge, keys }) =>
      keys.map(({ kid, epoch, x, y }) => ({ site, bridge, kid, epoch, x, y })),
    ),
  );
}

interface BridgeKey {
  readonly kid: string;
  readonly epoch: number;
  readonly publicKey: Uint8Array;
}

/** Enrolled device keys, for the checks that need no writer. */
export class BridgeKeys {
  /** By `site/bridge`. */
  readonly #keys = new Map<string, BridgeKey[]>();

  learn({ site, bridge, kid, epoch, x, y }: BridgeKeyRow): void {
    const publicKey = Buffer.concat([fromBase64url(x), fromBase64url(y)]);
    const known = this.#keys.get(`${site}/${bridge}`) ?? [];
    const others = known.filter((key) => key.kid !== kid || key.epoch !== epoch);
    this.#keys.set(`${site}/${bridge}`, [...others, { kid, epoch, publicKey }]);
  }

  find(site: string, bridge: string, epoch: number): BridgeKey | undefined {
    return keyInEpoch(this.#keys.get(`${site}/${bridge}`) ?? [], epoch);
  }
}
