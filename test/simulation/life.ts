import type { SimulatedTime } from './simulated-time.ts';

/** The process ends here; whoever catches it meets it again at the next thing that it asks of its machine. */
export class Ended extends Error {}

/**
 * One run of a process, from its start to its end. What it has planned does not happen after its end,
 * and waits while it is paused: as a machine that swaps, or a container that is moved.
 */
export class Life {
  readonly #time: SimulatedTime;
  readonly #onEnd: (error: unknown) => void;
  #paused: (() => void)[] | undefined;
  isAlive = true;

  /** `onEnd` is told what ended it: an `Ended`, or a mistake of its own. */
  constructor(time: SimulatedTime, onEnd: (error: unknown) => void) {
    this.#time = time;
    this.#onEnd = onEnd;
  }

  readonly later = (ms: number, work: () => void): (() => void) => {
    let isOff = false;
    const cancel = this.#time.later(ms, () => {
      if (!isOff) this.run(work);
    });
    return () => {
      isOff = true;
      cancel();
    };
  };

  /** Does something as this process: at once, at its resumption, or never. */
  run(work: () => void): void {
    if (!this.isAlive) return;
    if (this.#paused !== undefined) {
      this.#paused.push(work);
      return;
    }
    try {
      work();
    } catch (error) {
      this.end(error);
    }
  }

  pause(): void {
    this.#paused ??= [];
  }

  resume(): void {
    const waiting = this.#paused ?? [];
    this.#paused = undefined;
    for (const work of waiting) this.later(0, work);
  }

  end(error: unknown = new Ended('it was ended')): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#onEnd(error);
  }

  /** Ends it in the middle of what it does. */
  cut(why: string): never {
    const error = new Ended(why);
    this.end(error);
    throw error;
  }

  /** What a machine does for a process that is no more: nothing. */
  mustLive(): void {
    if (!this.isAlive) throw new Ended('it has ended');
  }
}
