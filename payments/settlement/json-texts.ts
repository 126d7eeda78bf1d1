import { tooLarge, truncated, unknownFormat } from './settlement-refusals.ts';

/** A page has 100 objects at most; this is far more than such a page has ever been. */
const LONGEST_TEXT = 16 * 2 ** 20;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * JSON objects that stand one after the other, white space between them, cut out of bytes as they come:
 * an object ends where its brackets close, so nothing that was cut off passes for a whole one.
 */
export class JsonTexts {
  readonly #format: string;
  readonly #take: (value: unknown) => void;
  #parts: Buffer[] = [];
  #held = 0;
  #depth = 0;
  #inText = false;
  #escaped = false;

  constructor(format: string, take: (value: unknown) => void) {
    this.#format = format;
    this.#take = take;
  }

  push(bytes: Buffer): void {
    let start = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (this.#inText) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inText = false;
      } else if (this.#depth === 0 && byte !== OPEN) {
        if (!isSpace(byte)) throw unknownFormat(this.#format, 'it is no list of JSON objects');
      } else if (byte === QUOTE) {
        this.#inText = true;
      } else if (byte === OPEN) {
        if (this.#depth === 0) start = at;
        this.#depth += 1;
      } else if (byte === CLOSE) {
        this.#depth -= 1;
        if (this.#depth === 0) this.#parse(bytes.subarray(start, at + 1));
      }
    }
    if (this.#depth === 0) return;
    this.#parts.push(Buffer.from(bytes.subarray(start)));
    this.#held += bytes.length - start;
    if (this.#held > LONGEST_TEXT) throw tooLarge('a JSON object', LONGEST_TEXT);
  }

  end(): void {
    if (this.#depth > 0) throw truncated('a JSON object');
  }

  #parse(end: Buffer): void {
    const text = Buffer.concat([...this.#parts, end]).toString('utf8');
    this.#parts = [];
    this.#held = 0;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw unknownFormat(this.#format, 'it is not written in JSON');
    }
    this.#take(value);
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
