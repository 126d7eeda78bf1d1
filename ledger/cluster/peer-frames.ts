import { deserialize, serialize } from 'node:v8';

/** Longest message: a batch is at most some megabytes, and many go in one. */
const MOST_BYTES = 256 * 1024 * 1024;
const HEADER = 4;

/** A message between two processes of ours, as bytes: their number, then what a thread would be sent. */
export function frameOf(message: unknown): Buffer {
  const body = serialize(message);
  const frame = Buffer.allocUnsafe(HEADER + body.length);
  frame.writeUInt32BE(body.length);
  body.copy(frame, HEADER);
  return frame;
}

/** Puts messages together from the pieces in which they come. */
export class FrameReader {
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** Messages that are whole now. Throws when it is no message of ours: end the connection then. */
  take(piece: Buffer): unknown[] {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    const messages: unknown[] = [];
    for (;;) {
      const length = this.#length();
      if (length === undefined || this.#bytes < HEADER + length) return messages;
      const whole = this.#join();
      messages.push(deserialize(whole.subarray(HEADER, HEADER + length)));
      const rest = whole.subarray(HEADER + length);
      this.#pieces = rest.length === 0 ? [] : [rest];
      this.#bytes = rest.length;
    }
  }

  #length(): number | undefined {
    if (this.#bytes < HEADER) return undefined;
    const first = this.#pieces[0];
    const head = first !== undefined && first.length >= HEADER ? first : this.#join();
    const length = head.readUInt32BE();
    if (length > MOST_BYTES) throw new Error('a message between processes is too long');
    return length;
  }

  #join(): Buffer {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0] ?? Buffer.alloc(0);
  }
}
