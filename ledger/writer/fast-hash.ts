import { hash } from 'node:crypto';
import { KEY_BYTES } from '../account-keys.ts';
import { assert } from '../core/assert.ts';

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

const inner = Buffer.alloc(BLOCK + SALT_LABEL.length + 8, 0x36);
inner.set(SALT_LABEL, BLOCK);
const outer = Buffer.alloc(BLOCK + 32, 0x5c);

/**
 * Salts under one account-year key: two one-shot hashes an event (RFC 2104; docs/formats.md, "Commitment
 * and leaf"). All keys share the two padded blocks. A pair of its own for each would be laid out only
 * once, but hundreds of them come out of a far cache, which takes longer.
 */
export class SaltKey {
  readonly key: Uint8Array;

  constructor(key: Uint8Array) {
    assert(key.length === KEY_BYTES, 'an account-year key has 32 bytes');
    this.key = Uint8Array.from(key);
  }

  /** Salt of event `n`, as hex. */
  salt(n: number): string {
    this.#padTo(n);
    return hash('sha256', outer, 'hex');
  }

  /** Salt of event `n`, as Latin-1. */
  saltLatin1(n: number): string {
    this.#padTo(n);
    return hash('sha256', outer, 'binary');
  }

  #padTo(n: number): void {
    const { key } = this;
    for (let i = 0; i < KEY_BYTES; i += 1) {
      const byte = key[i] ?? 0;
      inner[i] = byte ^ 0x36;
      outer[i] = byte ^ 0x5c;
    }
    const at = BLOCK + SALT_LABEL.length;
    inner.writeUInt32BE(Math.floor(n / 0x1_0000_0000), at);
    inner.writeUInt32BE(n % 0x1_0000_0000, at + 4);
    outer.write(hash('sha256', inner, 'binary'), BLOCK, 'latin1');
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
    this.#buffer.write(saltHex, SALT_AT, 'hex');
    return this.#hashText(text, ascii);
  }

  /** The same, for event `n` of an account by its key. */
  commitEvent(key: SaltKey, n: number, text: string, ascii: boolean): string {
    this.#buffer.write(key.saltLatin1(n), SALT_AT, 'latin1');
    return this.#hashText(text, ascii);
  }

  #hashText(text: string, ascii: boolean): string {
    const room = TEXT_AT + text.length * (ascii ? 1 : 3);
    if (room > this.#buffer.length) this.#grow(room);
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
    const salted = this.#buffer.subarray(0, TEXT_AT);
    this.#buffer = Buffer.allocUnsafe(Math.min(MAX_EVENT_BYTES, room * 2));
    this.#buffer.set(salted);
  }
}
