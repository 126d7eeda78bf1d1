import type { WriterRow } from './cluster-view.ts';

/** A writer that has not been heard of for so long is gone, whatever its session says: it may be stopped. */
export const SILENT_MS = 3_000;
/** One without a session has ended, or was cut off and is about to come back. */
const UNLOCKED_MS = 1_200;
/** Most that counts of the time before it was first seen without its lock: the database may have been away. */
const MOST_UNSEEN_MS = 400;
/** Most that one pause between two looks counts for: who was stopped itself has not watched meanwhile. */
const MOST_PAUSE_MS = 1_500;

interface Seen {
  beats: number;
  /** For how long it was watched since its beats changed, and without its lock. */
  silentMs: number;
  unlockedMs: number;
}

/**
 * Tells who has gone from what one process has seen itself, by its own clock that only goes forward: no
 * two clocks are compared, and time in which nobody looked does not count.
 */
export class Liveness {
  readonly #seen = new Map<number, Seen>();
  #lookedMs: number | undefined;

  /** Takes a look at all writers; those that are gone. */
  look(writers: readonly WriterRow[], nowMs: number): number[] {
    const watchedMs = Math.min(nowMs - (this.#lookedMs ?? nowMs), MOST_PAUSE_MS);
    this.#lookedMs = nowMs;
    const numbers = new Set(writers.map(({ writer }) => writer));
    for (const writer of this.#seen.keys()) if (!numbers.has(writer)) this.#seen.delete(writer);
    return writers.flatMap((row) => (this.#isGone(row, watchedMs) ? [row.writer] : []));
  }

  #isGone({ writer, address, beats, locked }: WriterRow, watchedMs: number): boolean {
    const seen = this.#seen.get(writer);
    const silentMs = seen?.beats === beats ? seen.silentMs + watchedMs : 0;
    const unlockedMs = locked || seen === undefined ? 0 : unlockedFor(seen, watchedMs);
    this.#seen.set(writer, { beats, silentMs, unlockedMs });
    // Who is alone beats for nobody.
    return unlockedMs >= UNLOCKED_MS || (address !== null && silentMs >= SILENT_MS);
  }
}

function unlockedFor({ unlockedMs }: Seen, watchedMs: number): number {
  return unlockedMs + (unlockedMs === 0 ? Math.min(watchedMs, MOST_UNSEEN_MS) : watchedMs);
}
