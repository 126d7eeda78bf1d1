import type { WriterRow } from './cluster-view.ts';

/** A writer that has not been heard of for so long is gone, whatever its session says: it may be stopped. */
export const SILENT_MS = 3_000;
/** One without a session has ended, or was cut off and is about to come back. */
const UNLOCKED_MS = 1_200;
/** Longest pause between two looks after which what was seen before still counts. */
const LOOK_MS = 1_500;

interface Seen {
  beats: number;
  /** When the beats were seen to change, and since when the lock is missing. */
  heardMs: number;
  unlockedMs: number | undefined;
}

/**
 * Tells who has gone from what one process has seen itself, by its own clock that only goes forward: no
 * two clocks are compared. Who looked away for a time, or has just come, begins to count anew.
 */
export class Liveness {
  readonly #seen = new Map<number, Seen>();
  #lookedMs = Number.NEGATIVE_INFINITY;

  /** Takes a look at all writers; those that are gone. */
  look(writers: readonly WriterRow[], nowMs: number): number[] {
    if (nowMs - this.#lookedMs > LOOK_MS) this.#seen.clear();
    this.#lookedMs = nowMs;
    const numbers = new Set(writers.map(({ writer }) => writer));
    for (const writer of this.#seen.keys()) if (!numbers.has(writer)) this.#seen.delete(writer);
    return writers.flatMap((row) => (this.#isGone(row, nowMs) ? [row.writer] : []));
  }

  #isGone({ writer, address, beats, locked }: WriterRow, nowMs: number): boolean {
    const seen = this.#seen.get(writer) ?? { beats, heardMs: nowMs, unlockedMs: undefined };
    this.#seen.set(writer, seen);
    if (seen.beats !== beats) Object.assign(seen, { beats, heardMs: nowMs });
    seen.unlockedMs = locked ? undefined : (seen.unlockedMs ?? nowMs);
    if (seen.unlockedMs !== undefined && nowMs - seen.unlockedMs >= UNLOCKED_MS) return true;
    // Who is alone beats for nobody.
    return address !== null && nowMs - seen.heardMs >= SILENT_MS;
  }
}
