interface Event {
  readonly atMs: number;
  readonly order: number;
  work: (() => void) | undefined;
}

/** Most events of one moment. Whoever tries again at once, without end, stops time for everybody. */
const MOST_AT_ONCE = 20_000;

/** Time does not go on any more. */
export class StandsStill extends Error {}

/**
 * The one queue of everything that happens, in simulated milliseconds since the run began. Between two
 * events every promise runs to its end, so what follows is the same each time.
 */
export class SimulatedTime {
  readonly #heap: Event[] = [];
  #order = 0;
  #atOnce = 0;
  nowMs = 0;

  /** Runs `work` once, so many milliseconds later; answers what calls that off. */
  readonly later = (ms: number, work: () => void): (() => void) => {
    const event: Event = { atMs: this.nowMs + Math.max(0, ms), order: this.#order++, work };
    this.#push(event);
    return () => {
      event.work = undefined;
    };
  };

  /** Lets time pass until then, or until `isDone`; false when the time came first. Throws `StandsStill`. */
  async runUntil(untilMs: number, isDone: () => boolean = () => false): Promise<boolean> {
    for (
      let next = this.#heap[0];
      next !== undefined && next.atMs <= untilMs;
      next = this.#heap[0]
    ) {
      this.#pop();
      if (next.work === undefined) continue;
      this.#atOnce = next.atMs === this.nowMs ? this.#atOnce + 1 : 0;
      if (this.#atOnce > MOST_AT_ONCE) throw new StandsStill('something is tried again at once');
      this.nowMs = next.atMs;
      next.work();
      // A turn of the event loop begins when no promise has anything left to do.
      await new Promise((resolve) => setImmediate(resolve));
      if (isDone()) return true;
    }
    this.nowMs = untilMs;
    return false;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, event)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      const [left, right] = [heap[below], heap[below + 1]];
      if (left !== undefined && right !== undefined && isBefore(right, left)) below += 1;
      const child = heap[below];
      if (child === undefined || isBefore(last, child)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
