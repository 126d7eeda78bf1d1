import { performance } from 'node:perf_hooks';
import type { ClockQuality } from '../ledger/core/reading.ts';

/** Both clocks of the bridge, in milliseconds. */
export interface BridgeClock {
  /** Wall clock, since 1970. */
  nowMs(): number;
  /** Monotonic, since the bridge started. */
  uptimeMs(): number;
}

/** Runs `work` once, so many milliseconds later; answers what calls that off. */
export type Later = (ms: number, work: () => void) => () => void;

export const realLater: Later = (ms, work) => {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
};

export interface ClockWatchOptions {
  readonly clock: BridgeClock;
  /** What the operator vouches for as long as no step is seen. */
  readonly declared: ClockQuality;
  /** A larger disagreement of the two clocks between two looks is a step. */
  readonly limitMs?: number;
  /** How long after a step the time counts as unknown. */
  readonly holdMs?: number;
  readonly onStep: (step: { readonly byMs: number; readonly atMs: number }) => void;
}

/** Time that the process shares with its machine. */
export function systemClock(): BridgeClock {
  const start = performance.now();
  return { nowMs: () => Date.now(), uptimeMs: () => Math.floor(performance.now() - start) };
}

/**
 * Watches for steps of the wall clock by comparing it with the monotonic one. A step rewrites
 * nothing: it is told, and the records after it carry `U` until the hold is over.
 */
export function watchClock(options: ClockWatchOptions): () => ClockQuality {
  const { clock, declared, limitMs = 1_000, holdMs = 600_000 } = options;
  let lead = clock.nowMs() - clock.uptimeMs();
  let unknownUntil = -Infinity;
  return () => {
    const atMs = clock.nowMs();
    const uptime = clock.uptimeMs();
    const byMs = atMs - uptime - lead;
    lead = atMs - uptime;
    if (Math.abs(byMs) > limitMs) {
      unknownUntil = uptime + holdMs;
      options.onStep({ byMs, atMs });
    }
    return uptime < unknownUntil ? 'U' : declared;
  };
}
