import { randomFillSync } from 'node:crypto';

/** Random bytes of one id: two digits of a counter's start, and 62 bits behind the variant. */
const RANDOM_BYTES = 9;
const POOL_BYTES = RANDOM_BYTES * 1024;
const RANDOM_DIGITS = RANDOM_BYTES * 2;
const COUNTER_END = 0x1000;
/** The variant's digit in place of a random one: its upper two bits are fixed. */
const VARIANTS = '89ab89ab89ab89ab';
const HEX = '0123456789abcdef';

/**
 * UUIDv7 (RFC 9562 5.7) from a millisecond clock and a pool of random bytes. Ids rise strictly, also
 * within a millisecond and when the clock goes back: 12 bits count (6.2, method 1), and when they are
 * used up the time of the ids runs a millisecond ahead. So lists by id are lists by time.
 */
export class EventIds {
  readonly #pool = Buffer.allocUnsafe(POOL_BYTES);
  /** The pool as hex, and the first digit that was not used yet. */
  #digits = '';
  #at = 0;
  #ms = -1;
  /** Time and version of the ids of this millisecond, up to the counter. */
  #prefix = '';
  #counter = 0;

  next(nowMs: number): string {
    const at = this.#takeRandom();
    const digits = this.#digits;
    if (nowMs > this.#ms) {
      // A start in the lower half leaves room to count.
      this.#enter(nowMs, Number.parseInt(digits.slice(at, at + 2), 16));
    } else {
      this.#counter += 1;
      if (this.#counter === COUNTER_END) this.#enter(this.#ms + 1, 0);
    }
    const counter = this.#counter;
    const variant = VARIANTS.charAt(HEX.indexOf(digits.charAt(at + 2)));
    return (
      this.#prefix +
      HEX.charAt(counter >> 8) +
      HEX.charAt((counter >> 4) & 15) +
      HEX.charAt(counter & 15) +
      `-${variant}${digits.slice(at + 3, at + 6)}-${digits.slice(at + 6, at + RANDOM_DIGITS)}`
    );
  }

  #enter(ms: number, counter: number): void {
    const time = ms.toString(16).padStart(12, '0');
    this.#ms = ms;
    this.#counter = counter;
    this.#prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
  }

  /** Where the next random digits stand; each is used once. */
  #takeRandom(): number {
    if (this.#at + RANDOM_DIGITS > this.#digits.length) {
      this.#digits = randomFillSync(this.#pool).toString('hex');
      this.#at = 0;
    }
    const at = this.#at;
    this.#at += RANDOM_DIGITS;
    return at;
  }
}
