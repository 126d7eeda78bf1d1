import type { Anchor } from '../../ledger/anchor/anchor-store.ts';
import type { AnchoredLog } from '../../ledger/anchor/anchorer.ts';
import { prefixProof } from '../reference/rfc6962.ts';
import type { SignedLog } from '../support/signed-log.ts';

/** A log that grows when it is told to, as the anchorer sees it. */
export class GrowingLog implements AnchoredLog {
  readonly site: string;
  readonly #log: SignedLog;
  readonly confirmed: Anchor[] = [];
  size = 0;

  constructor(log: SignedLog, site = 'tower') {
    this.#log = log;
    this.site = site;
  }

  get origin(): string {
    return this.#log.origin;
  }

  async latest() {
    return this.size === 0 ? undefined : { size: this.size, note: this.#log.checkpoint(this.size) };
  }

  async hasNews(from: number, to: number): Promise<boolean> {
    return to > from;
  }

  async prove(from: number, to: number): Promise<readonly Uint8Array[]> {
    return prefixProof(from, this.#log.leaves.slice(0, to));
  }

  async rootAt(size: number): Promise<Uint8Array | undefined> {
    return size > this.size ? undefined : this.#log.root(size);
  }

  async noteAt(size: number): Promise<string | undefined> {
    return size > this.size ? undefined : this.#log.checkpoint(size);
  }

  confirm(anchor: Anchor): Promise<void> {
    this.confirmed.push(anchor);
    return Promise.resolve();
  }
}
