import { hash } from 'node:crypto';

/**
 * SHA-256 for the writer's inner loop. Asking for a text and writing it into a buffer costs less than
 * half of asking for a Buffer (docs/performance.md), so hashes travel as hex, as Latin-1 texts of 32
 * characters where bytes are wanted, or inside a caller's buffer.
 */
export function sha256Hex(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex');
}

/** SHA-256 as a text with a character a byte. */
export function sha256Latin1(data: Uint8Array): string {
  return hash('sha256', data, 'binary');
}

/** SHA-256 as the core wants it: bytes in, 32 fresh bytes out. */
export function sha256Bytes(data: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(32);
  out.write(hash('sha256', data, 'binary'), 'latin1');
  return out;
}

const BLOCK = 64;
const SALT_LABEL = Buffer.from('billproof/v1/salt');
const EVENT_LABEL = Buffer.from('billproof/v1/event\n');
const SALT_AT = EVENT_LABEL.length;
const TEXT_AT = SALT_AT + 32;
const MAX_EVENT_BYTES = 4 * 1024 * 1024;

/**
 * Salts under one account-year key. HMAC's two padded blocks are laid out once, which leaves two
 * one-shot hashes an event (RFC 2104; docs/formats.md, "Commitment and leaf").
 */
export class SaltKey {
  readonly key: Uint8Array;
  readonly #inner = Buffer.alloc(BLOCK + SALT_LABEL.length + 8, 0x36);
  readonly #outer = Buffer.alloc(BLOCK + 32, 0x5c);

  constructor(key: Uint8Array) {
    this.key = key;
    for (const [i, byte] of key.entries()) {
      this.#inner[i] = byte ^ 0x36;
      this.#outer[i] = byte ^ 0x5c;
    }
    this.#inner.set(SALT_LABEL, BLOCK);
  }

  /** Salt of event `n`, as hex. */
  salt(n: number): string {
    this.#padTo(n);
    return hash('sha256', this.#outer, 'hex');
  }

  /** Salt of event `n`, as Latin-1. */
  saltLatin1(n: number): string {
    this.#padTo(n);
    return hash('sha256', this.#outer, 'binary');
  }

  #padTo(n: number): void {
    const at = BLOCK + SALT_LABEL.length;
    this.#inner.writeUInt32BE(Math.floor(n / 0x1_0000_0000), at);
    this.#inner.writeUInt32BE(n % 0x1_0000_0000, at + 4);
    this.#outer.write(hash('sha256', this.#inner, 'binary'), BLOCK, 'latin1');
  }
}

/** Commits to event texts in one reused buffer. */
export class Committer {
  #buffer = Buffer.allocUnsafe(16 * 1024);

  constructor() {
    this.#buffer.set(EVENT_LABEL);
  }

  /** Commitment of a text under a salt, both hex. `ascii` promises that code units are bytes. */
  commit(saltHex: string, text: string, ascii: boolean): string {
    const room = TEXT_AT + text.length * (ascii ? 1 : 3);
    if (room > this.#buffer.length) this.#grow(room);
    this.#buffer.write(saltHex, SALT_AT, 'hex');
    const length = ascii
      ? this.#buffer.write(text, TEXT_AT, 'latin1')
      : this.#buffer.write(text, TEXT_AT, 'utf8');
    return hash('sha256', this.#buffer.subarray(0, TEXT_AT + length), 'hex');
  }

  /** Commitment, as hex, of the bytes `[from, to)` under a salt as Latin-1. */
  commitBytes(saltLatin1: string, bytes: Buffer, from: number, to: number): string {
    const end = TEXT_AT + to - from;
    if (end > this.#buffer.length) this.#grow(end);
    this.#buffer.write(saltLatin1, SALT_AT, 'latin1');
    bytes.copy(this.#buffer, TEXT_AT, from, to);
    return hash('sha256', this.#buffer.subarray(0, end), 'hex');
  }

  #grow(room: number): void {
    if (room > MAX_EVENT_BYTES) throw new RangeError('an event is longer than 4 MiB');
    this.#buffer = Buffer.allocUnsafe(Math.min(MAX_EVENT_BYTES, room * 2));
    this.#buffer.set(EVENT_LABEL);
  }
}
