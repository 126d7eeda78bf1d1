import { setTimeout as delay } from 'node:timers/promises';
import { sealBlock } from './block.ts';
import type { Chain } from './chain.ts';
import { BATCH_INTERVAL_MS, MOST_IN_BLOCK } from './channel.ts';
import type { OrdererOrganisation } from './organisations.ts';

/**
 * Puts transactions into blocks, in the order of their coming. A block is cut so long after its
 * first transaction as `RequestBatchMaxInterval` says, or when it is full.
 */
export class Orderer {
  readonly #chain: Chain;
  readonly #orderers: readonly OrdererOrganisation[];
  readonly #queue: Uint8Array[] = [];
  readonly #again: Uint8Array[] = [];
  #pausedUntil = 0;
  #isStopped = false;
  #failure: unknown;
  #run: Promise<void> | undefined;
  #full: () => void = () => undefined;

  constructor(chain: Chain, orderers: readonly OrdererOrganisation[]) {
    this.#chain = chain;
    this.#orderers = orderers;
  }

  /**
   * Takes an envelope whose signature was checked. It may be ordered and found invalid afterwards.
   * Throws once a block could not be written: nothing after it can be ordered.
   */
  submit(envelope: Uint8Array): void {
    if (this.#failure !== undefined) throw new Error(`no block can be written: ${this.#failure}`);
    if (this.#isStopped) return;
    this.#queue.push(envelope);
    if (this.#queue.length >= MOST_IN_BLOCK) this.#full();
    this.#start();
  }

  /** Puts it into a block after the next one too, as when two consenters hand on one request. */
  submitAgain(envelope: Uint8Array): void {
    this.#again.push(envelope);
  }

  /** Cuts no block for so long, as while the consenters look for a new leader. */
  pause(ms: number): void {
    this.#pausedUntil = Date.now() + ms;
  }

  /** Resolves once the block that is being written is on the disk; what waits is lost. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#full();
    await this.#run;
  }

  #start(): void {
    this.#run ??= this.#cutBlocks()
      .catch((error: unknown) => {
        this.#failure = error;
        this.#isStopped = true;
      })
      .finally(() => {
        this.#run = undefined;
        // What has come between the last look at the queue and now.
        if (this.#queue.length > 0 && !this.#isStopped) this.#start();
      });
  }

  async #cutBlocks(): Promise<void> {
    while (this.#queue.length > 0 && !this.#isStopped) {
      await this.#gather();
      if (this.#isStopped) return;
      const envelopes = this.#queue.splice(0, MOST_IN_BLOCK);
      await this.#chain.append(sealBlock(this.#chain.last, envelopes, this.#orderers));
      this.#queue.push(...this.#again.splice(0));
    }
  }

  async #gather(): Promise<void> {
    const pauseMs = this.#pausedUntil - Date.now();
    if (pauseMs > 0) {
      await this.#wait(pauseMs);
      if (this.#isStopped) return;
    }
    if (this.#queue.length < MOST_IN_BLOCK) await this.#wait(BATCH_INTERVAL_MS);
  }

  /** Waits, but not longer than until the block is full or the orderer stops. */
  async #wait(ms: number): Promise<void> {
    const ended = new AbortController();
    this.#full = () => {
      if (this.#isStopped || this.#pausedUntil <= Date.now()) ended.abort();
    };
    await delay(ms, undefined, { signal: ended.signal }).catch(() => undefined);
    this.#full = () => undefined;
  }
}
