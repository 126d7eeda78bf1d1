import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 10 * 1024;

/** UUIDv7 (RFC 9562 5.7) from a millisecond clock and a pool of random bytes. */
export class EventIds {
  readonly #pool = Buffer.allocUnsafe(POOL_BYTES);
  #at = POOL_BYTES;

  next(nowMs: number): string {
    if (this.#at + 10 > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#at = 0;
    }
    const random = this.#pool.toString('hex', this.#at, this.#at + 10);
    this.#at += 10;
    const time = nowMs.toString(16).padStart(12, '0');
    const variant = VARIANTS[Number.parseInt(random.charAt(3), 16) & 3] ?? '8';
    return (
      `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-` +
      `${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`
    );
  }
}

const VARIANTS = ['8', '9', 'a', 'b'];
