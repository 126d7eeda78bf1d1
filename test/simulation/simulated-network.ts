import type { Random } from './random.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** What may go wrong on the way; all zero, everything arrives after `leastMs`. */
export interface NetworkFaults {
  lost: number;
  doubled: number;
  /** Longest extra delay, so that what was sent later may arrive first. */
  jitterMs: number;
  /** Chance of a delay beyond every time-out. */
  late: number;
}

const LEAST_MS = 5;
const LATE_MS = 90_000;

/** Carries messages: late, twice, in another order, or not at all. */
export class SimulatedNetwork {
  readonly faults: NetworkFaults = { lost: 0, doubled: 0, jitterMs: 0, late: 0 };
  readonly #time: SimulatedTime;
  readonly #random: Random;
  /** Ends that nothing reaches or leaves. */
  readonly cutOff = new Set<string>();

  constructor(time: SimulatedTime, random: Random) {
    this.#time = time;
    this.#random = random;
  }

  /** `arrive` runs at the other end, once, more than once or never. */
  send(from: string, to: string, arrive: () => void): void {
    if (this.#random.chance(this.faults.lost)) return;
    this.#carry(from, to, arrive);
    if (this.#random.chance(this.faults.doubled)) this.#carry(from, to, arrive);
  }

  #carry(from: string, to: string, arrive: () => void): void {
    const { jitterMs, late } = this.faults;
    const delayMs = LEAST_MS + this.#random.int(0, jitterMs + 1);
    const extraMs = this.#random.chance(late) ? this.#random.int(0, LATE_MS) : 0;
    this.#time.later(delayMs + extraMs, () => {
      if (!this.cutOff.has(from) && !this.cutOff.has(to)) arrive();
    });
  }
}
