/** A place in the log of changes of a PostgreSQL server, as `pg_lsn` writes it: two hexadecimal words. */
export function positionOf(lsn: string): bigint {
  const [high = '', low = ''] = lsn.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

interface Mark {
  readonly position: bigint;
  /** A moment before which everything that was committed stands before the position. */
  readonly atMs: number;
}

const MOST_MARKS = 1_000;

/**
 * How old what a replica answers is at most, by the watch of the process that asks: it has seen how far
 * the primary had come at a moment, and the replica has passed that place. No clock of a server is asked.
 */
export class ReplicaAge {
  #marks: Mark[] = [];
  /** The newest moment that the replica is known to have reached. */
  #reachedMs = Number.NEGATIVE_INFINITY;

  /** The primary had come to `position` by the moment `atMs`. */
  primaryAt(position: bigint, atMs: number): void {
    const last = this.#marks.at(-1);
    // One that was replaced by another begins elsewhere: what was seen of it says nothing of the new one.
    if (last !== undefined && last.position > position) this.#marks = [];
    this.#marks.push({ position, atMs });
    if (this.#marks.length > MOST_MARKS) this.#marks.shift();
  }

  /** The replica has everything up to `position`, and never less from now on. */
  replicaAt(position: bigint): void {
    const passed = this.#marks.findLastIndex((mark) => mark.position <= position);
    const mark = this.#marks[passed];
    if (mark === undefined) return;
    this.#reachedMs = Math.max(this.#reachedMs, mark.atMs);
    this.#marks = this.#marks.slice(passed);
  }

  /** Nothing is known of it any more, as when it cannot be reached. */
  forget(): void {
    this.#reachedMs = Number.NEGATIVE_INFINITY;
  }

  /** In milliseconds; infinite when nothing is known. */
  ageMs(nowMs: number): number {
    return nowMs - this.#reachedMs;
  }
}
