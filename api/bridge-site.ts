import type { LedgerPort } from './ledger-port.ts';

/** The site that a bridge belongs to: neither its batches nor its enrolment name one. */
export async function siteOfBridge(
  ledger: LedgerPort,
  bridge: string,
): Promise<string | undefined> {
  for (const { site } of await ledger.sites()) {
    const bridges = await ledger.bridges(site);
    if (bridges.some((known) => known.bridge === bridge)) return site;
  }
  return undefined;
}

/** As `siteOfBridge`, remembering what was found: a bridge never changes its site. */
export class BridgeSites {
  readonly #ledger: LedgerPort;
  readonly #known = new Map<string, string>();

  constructor(ledger: LedgerPort) {
    this.#ledger = ledger;
  }

  /** At once for a bridge that was asked for before: batches come by the thousand. */
  siteOf(bridge: string): string | Promise<string | undefined> {
    return this.#known.get(bridge) ?? this.#find(bridge);
  }

  async #find(bridge: string): Promise<string | undefined> {
    const site = await siteOfBridge(this.#ledger, bridge);
    if (site !== undefined) this.#known.set(bridge, site);
    return site;
  }
}
