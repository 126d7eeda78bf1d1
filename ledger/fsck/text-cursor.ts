import { NO_TEXT, TextBlock } from './text-block.ts';

/** Classes of bytes; each is a bit. */
export const DIGIT = 1;
export const ID = 2;
export const TIME = 4;
export const LETTER = 8;
export const DECIMAL = 16;
export const UUID = 32;
/** Whatever stands in a JSON string as itself. */
export const PLAIN = 64;

/** Classes of each byte. */
const CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  const bit = (pattern: RegExp, value: number) => (pattern.test(char) ? value : 0);
  return (
    bit(/[0-9]/, DIGIT) +
    bit(/[A-Za-z0-9._-]/, ID) +
    bit(/[0-9T:.Z-]/, TIME) +
    bit(/[a-z-]/, LETTER) +
    bit(/[0-9.-]/, DECIMAL) +
    bit(/[0-9a-f-]/, UUID) +
    bit(/[ !#-[\]-~]/, PLAIN)
  );
});

/** A text that always stands the same, laid out for comparison by four bytes. At least four long. */
export function literal(text: string): TextBlock {
  return new TextBlock(Buffer.from(text, 'latin1'));
}

/** Decimals of more digits than this may be no safe integers in micros. */
const LONGEST_SAFE = 15;
const [MINUS, POINT, ZERO] = [45, 46, 48];

/**
 * Reads a text of a fixed shape from front to back. Each step answers whether its part stood there and
 * moves behind it; after a step that failed the cursor is of no more use.
 */
export class TextCursor {
  block = NO_TEXT;
  at = 0;
  end = 0;
  /** What `micros` and `integer` read. */
  value = 0;

  start(block: TextBlock, from: number, to: number): void {
    this.block = block;
    this.at = from;
    this.end = to;
  }

  /** A literal; where something else stands, the cursor does not move. */
  skip(expected: TextBlock): boolean {
    const { at } = this;
    const length = expected.bytes.length;
    if (at + length > this.end) return false;
    const here = this.block.view;
    const there = expected.view;
    const last = length - 4;
    for (let i = 0; i < last; i += 4) {
      if (here.getInt32(at + i, true) !== there.getInt32(i, true)) return false;
    }
    // These four may overlap the ones before them.
    if (here.getInt32(at + last, true) !== there.getInt32(last, true)) return false;
    this.at = at + length;
    return true;
  }

  /** One or more bytes of a class. */
  some(kind: number): boolean {
    const { bytes } = this.block;
    const { at: from, end } = this;
    let at = from;
    while (at < end && ((CLASSES[bytes[at] ?? 0] ?? 0) & kind) !== 0) at += 1;
    this.at = at;
    return at > from;
  }

  /** Exactly `count` bytes of a class. */
  exactly(count: number, kind: number): boolean {
    const { bytes } = this.block;
    const to = this.at + count;
    if (to > this.end) return false;
    for (let at = this.at; at < to; at += 1) {
      if (((CLASSES[bytes[at] ?? 0] ?? 0) & kind) === 0) return false;
    }
    this.at = to;
    return true;
  }

  /** `count` bytes that the caller compares with something, whatever they are. */
  pass(count: number): boolean {
    this.at += count;
    return this.at <= this.end;
  }

  /** The same bytes as `[from, to)` of this block. */
  again(from: number, to: number): boolean {
    const { at } = this;
    this.at = at + to - from;
    return this.at <= this.end && this.block.isSame(at, this.at, this.block, from);
  }

  /** One byte. */
  byte(expected: number): boolean {
    const { at } = this;
    this.at = at + 1;
    return at < this.end && this.block.bytes[at] === expected;
  }

  /** An integer from 0 on into `value`. */
  integer(): boolean {
    const { bytes } = this.block;
    const from = this.at;
    let at = from;
    let value = 0;
    for (; at < this.end; at += 1) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.at = at;
    this.value = value;
    return (
      at > from && value <= Number.MAX_SAFE_INTEGER && (at === from + 1 || bytes[from] !== ZERO)
    );
  }

  /** A fixed decimal of six digits into `value` as micros; false also for one that is too large. */
  micros(): boolean {
    const { bytes } = this.block;
    const from = this.at;
    const negative = bytes[from] === MINUS;
    this.at = negative ? from + 1 : from;
    if (!this.integer() || bytes[this.at] !== POINT) return false;
    const decimals = this.at + 1;
    if (decimals + 6 > this.end || decimals + 6 - from > LONGEST_SAFE) return false;
    let micros = this.value;
    for (let at = decimals; at < decimals + 6; at += 1) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return false;
      micros = micros * 10 + digit;
    }
    this.at = decimals + 6;
    this.value = negative ? -micros : micros;
    return !(negative && micros === 0);
  }
}
