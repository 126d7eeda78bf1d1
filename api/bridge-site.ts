import type { LedgerPort } from './ledger-port.ts';

/**
 * The sites of bridges, remembering what was found: a bridge never changes its site. Everybody who asks for
 * one bridge waits for the same promise, so those who asked first go on first, during the look-up and
 * after it: a batch that overtook another one would seem to leave a gap.
 */
export class BridgeSites {
  readonly #ledger: LedgerPort;
  readonly #known = new Map<string, Promise<string | undefined>>();

  constructor(ledger: LedgerPort) {
    this.#ledger = ledger;
  }

  siteOf(bridge: string): Promise<string | undefined> {
    const known = this.#known.get(bridge);
    if (known !== undefined) return known;
    const asked = this.#find(bridge);
    this.#known.set(bridge, asked);
    return asked;
  }

  /** What was not found is asked for again: strangers fill no memory, and a bridge may be made yet. */
  async #find(bridge: string): Promise<string | undefined> {
    let site: string | undefined;
    try {
      site = await this.#ledger.siteOfBridge(bridge);
    } finally {
      if (site === undefined) this.#known.delete(bridge);
    }
    return site;
  }
}
