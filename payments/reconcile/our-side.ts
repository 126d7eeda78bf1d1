import type { MinorAmount } from '../provider.ts';
import { TextIndex } from './text-index.ts';

/** A payment as the ledger has taken it, with what its order was for. */
export interface OurPayment {
  /** The provider's number. */
  readonly id: string;
  readonly order: string;
  readonly amount: MinorAmount;
  /** What was ordered, in minor units; undefined where there is no such order. */
  readonly ordered?: bigint | undefined;
  readonly paidMs: number;
  readonly state: 'credited' | 'suspense' | 'resolved';
}

/** A refund as the ledger has paid it, by our number of it. */
export interface OurRefund {
  readonly refund: string;
  readonly amount: MinorAmount;
  readonly paidMs: number;
}

export interface OurEntry {
  readonly minor: bigint;
  readonly atMs: number;
}

const IN_DAY = 1;
const SEEN = 2;
const SUSPENSE = 4;
const FOREIGN = 8;
const NO_ORDER = -1;

/** Our payments, or our refunds, without an object for each: a million fit into some 90 MB. */
export class OurSide {
  readonly #ids = new TextIndex();
  readonly #orders = new TextIndex();
  #minors = new BigInt64Array(1_024);
  #times = new Float64Array(1_024);
  #orderOf = new Int32Array(1_024);
  #flags = new Uint8Array(1_024);

  /** False where the number is there already: ours are numbered once. */
  add(
    id: string,
    { minor, atMs }: OurEntry,
    about: { inDay: boolean; suspense?: boolean; foreign?: boolean; order?: string },
  ): boolean {
    const before = this.#ids.size;
    const at = this.#ids.add(id);
    if (at < before) return false;
    this.#growFor(at);
    this.#minors[at] = minor;
    this.#times[at] = atMs;
    this.#orderOf[at] = about.order === undefined ? NO_ORDER : this.#orders.add(about.order);
    this.#flags[at] =
      (about.inDay ? IN_DAY : 0) | (about.suspense ? SUSPENSE : 0) | (about.foreign ? FOREIGN : 0);
    return true;
  }

  /** -1 where there is none. */
  find(id: string | undefined): number {
    return id === undefined ? -1 : this.#ids.find(id);
  }

  entry(at: number): OurEntry {
    return { minor: this.#minors[at] ?? 0n, atMs: this.#times[at] ?? 0 };
  }

  minor(at: number): bigint {
    return this.#minors[at] ?? 0n;
  }

  id(at: number): string {
    return this.#ids.text(at);
  }

  /** The order of a payment; undefined where it has none. */
  orderOf(at: number): string | undefined {
    const order = this.#orderOf[at] ?? NO_ORDER;
    return order === NO_ORDER ? undefined : this.#orders.text(order);
  }

  isOfOrder(at: number, order: string): boolean {
    return this.#orderOf[at] === this.#orders.find(order);
  }

  /** Whether any payment of ours is of the order. */
  hasOrder(order: string): boolean {
    return this.#orders.find(order) >= 0;
  }

  isInDay(at: number): boolean {
    return this.#is(at, IN_DAY);
  }

  isSuspense(at: number): boolean {
    return this.#is(at, SUSPENSE);
  }

  isForeign(at: number): boolean {
    return this.#is(at, FOREIGN);
  }

  isSeen(at: number): boolean {
    return this.#is(at, SEEN);
  }

  see(at: number): void {
    this.#flags[at] = (this.#flags[at] ?? 0) | SEEN;
  }

  /** What is of the day and in no row so far. */
  *unseen(): Generator<number> {
    for (let at = 0; at < this.#ids.size; at += 1) {
      if (((this.#flags[at] ?? 0) & (IN_DAY | SEEN)) === IN_DAY) yield at;
    }
  }

  #is(at: number, flag: number): boolean {
    return ((this.#flags[at] ?? 0) & flag) !== 0;
  }

  #growFor(at: number): void {
    if (at < this.#minors.length) return;
    const length = Math.ceil(this.#minors.length * 1.5);
    const [minors, times] = [new BigInt64Array(length), new Float64Array(length)];
    const [orders, flags] = [new Int32Array(length), new Uint8Array(length)];
    minors.set(this.#minors);
    times.set(this.#times);
    orders.set(this.#orderOf);
    flags.set(this.#flags);
    [this.#minors, this.#times, this.#orderOf, this.#flags] = [minors, times, orders, flags];
  }
}
