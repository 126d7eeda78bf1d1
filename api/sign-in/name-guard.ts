import { Refusal } from '../../ledger/core/refusal.ts';

/** Tries that nobody waits for; a hand slips, and another keyboard is set. */
const FREE_TRIES = 5;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 15 * 60_000;
const FORGOTTEN_AFTER_MS = 24 * 3_600_000;
const MOST_NAMES = 20_000;

/**
 * Tries of a name that did not open: after five each waits twice as long as the one before, up to a
 * quarter of an hour. It knows no more of names that there are than of others, so it tells nothing. In
 * memory, each process for itself: three processes give a guesser three tries at a time, not more.
 */
export class NameGuard {
  readonly #nowMs: () => number;
  readonly #tries = new Map<string, { count: number; atMs: number }>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /**
   * Counts a try before its outcome is known, so that many at once are no way around. Refuses
   * `sign-in-locked`, also for the right password.
   */
  begin(name: string): void {
    const now = this.#nowMs();
    const found = this.#tries.get(name);
    const before = found !== undefined && now - found.atMs < FORGOTTEN_AFTER_MS ? found : undefined;
    const waitMs = before === undefined ? 0 : before.atMs + waitAfter(before.count) - now;
    if (waitMs > 0) {
      const retryAfter = Math.ceil(waitMs / 1000);
      throw new Refusal(
        'sign-in-locked',
        `Too many wrong tries of this name. Wait ${retryAfter} s, then try again.`,
        { retryAfter },
      );
    }
    this.#tries.delete(name);
    this.#tries.set(name, { count: (before?.count ?? 0) + 1, atMs: now });
    if (this.#tries.size > MOST_NAMES) this.#forgetOldest();
  }

  /** It was the right one. */
  succeeded(name: string): void {
    this.#tries.delete(name);
  }

  get size(): number {
    return this.#tries.size;
  }

  /** A map gives its entries in the order of their last try. */
  #forgetOldest(): void {
    const [oldest] = this.#tries.keys();
    if (oldest !== undefined) this.#tries.delete(oldest);
  }
}

function waitAfter(tries: number): number {
  if (tries < FREE_TRIES) return 0;
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - FREE_TRIES));
}
