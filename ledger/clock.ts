/** What has to do with time, as a process has it; a simulation brings its own. */
export interface Clock {
  /** Milliseconds since 1970 (UTC), as people have set it: it may jump, also back. */
  nowMs(): number;
  /** Milliseconds since some moment; never goes back. Durations are measured by it. */
  elapsedMs(): number;
  /** Runs `work` once, so many milliseconds later. `mayEnd`: the process need not live on for it. */
  later(ms: number, work: () => void, mayEnd?: boolean): Later;
}

export interface Later {
  /** It does not run any more; nothing when it has run. */
  cancel(): void;
}

export const realClock: Clock = {
  nowMs: () => Date.now(),
  elapsedMs: () => performance.now(),
  later(ms, work, mayEnd = false) {
    const timer = setTimeout(work, ms);
    if (mayEnd) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
