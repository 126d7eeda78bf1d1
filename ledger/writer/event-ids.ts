import { randomFillSync } from 'node:crypto';

/** Random bytes of one id: two digits of a counter's start, and 62 bits behind the variant. */
const RANDOM_BYTES = 9;
const POOL_BYTES = RANDOM_BYTES * 1024;
const COUNTER_END = 0x1000;
const VARIANTS = ['8', '9', 'a', 'b'];

/**
 * UUIDv7 (RFC 9562 5.7) from a millisecond clock and a pool of random bytes. Ids rise strictly, also
 * within a millisecond and when the clock goes back: 12 bits count (6.2, method 1), and when they are
 * used up the time of the ids runs a millisecond ahead. So lists by id are lists by time.
 */
export class EventIds {
  readonly #pool = Buffer.allocUnsafe(POOL_BYTES);
  #at = POOL_BYTES;
  #ms = -1;
  #counter = 0;

  next(nowMs: number): string {
    const random = this.#random();
    if (nowMs > this.#ms) {
      this.#ms = nowMs;
      // A start in the lower half leaves room to count.
      this.#counter = Number.parseInt(random.slice(0, 2), 16);
    } else {
      this.#counter += 1;
      if (this.#counter === COUNTER_END) {
        this.#ms += 1;
        this.#counter = 0;
      }
    }
    const time = this.#ms.toString(16).padStart(12, '0');
    const counter = this.#counter.toString(16).padStart(3, '0');
    const variant = VARIANTS[Number.parseInt(random.charAt(2), 16) & 3] ?? '8';
    return (
      `${time.slice(0, 8)}-${time.slice(8)}-7${counter}-` +
      `${variant}${random.slice(3, 6)}-${random.slice(6, 18)}`
    );
  }

  #random(): string {
    if (this.#at + RANDOM_BYTES > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#at = 0;
    }
    const digits = this.#pool.toString('hex', this.#at, this.#at + RANDOM_BYTES);
    this.#at += RANDOM_BYTES;
    return digits;
  }
}
