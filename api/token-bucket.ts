export interface BucketRule {
  /** Requests a second that may go on for ever. */
  readonly perSecond: number;
  /** Requests that may come at once after a rest. */
  readonly burst: number;
}

/** Token buckets by caller, in memory. Callers who rest long enough are forgotten. */
export class TokenBuckets {
  readonly #rule: BucketRule;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(rule: BucketRule, nowMs: () => number) {
    this.#rule = rule;
    this.#nowMs = nowMs;
  }

  /** Takes one token; else tells in how many whole seconds one will be there. */
  take(
    caller: string,
  ): { readonly ok: true } | { readonly ok: false; readonly retryAfter: number } {
    const bucket = this.#filled(caller);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return { ok: true };
    }
    return { ok: false, retryAfter: Math.ceil((1 - bucket.tokens) / this.#rule.perSecond) };
  }

  /** Whether a token is left, without taking it. */
  has(caller: string): boolean {
    return !this.#buckets.has(caller) || this.#filled(caller).tokens >= 1;
  }

  get size(): number {
    return this.#buckets.size;
  }

  #filled(caller: string): { tokens: number; atMs: number } {
    const now = this.#nowMs();
    const found = this.#buckets.get(caller);
    if (found === undefined) {
      if (this.#buckets.size >= MOST_CALLERS) this.#forgetRested(now);
      const fresh = { tokens: this.#rule.burst, atMs: now };
      this.#buckets.set(caller, fresh);
      return fresh;
    }
    const gained = (Math.max(0, now - found.atMs) * this.#rule.perSecond) / 1000;
    found.tokens = Math.min(this.#rule.burst, found.tokens + gained);
    found.atMs = now;
    return found;
  }

  /** A bucket that is full again says no more than no bucket. All full: the oldest half goes. */
  #forgetRested(now: number): void {
    const fullAfterMs = (this.#rule.burst / this.#rule.perSecond) * 1000;
    for (const [caller, { atMs }] of this.#buckets) {
      if (now - atMs >= fullAfterMs) this.#buckets.delete(caller);
    }
    let surplus = this.#buckets.size - MOST_CALLERS / 2;
    for (const caller of this.#buckets.keys()) {
      if (surplus-- <= 0) break;
      this.#buckets.delete(caller);
    }
  }
}

/** Keeps a flood of addresses from filling the memory. */
const MOST_CALLERS = 20_000;
