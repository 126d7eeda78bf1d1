import { parseMinor } from './amount-text.ts';
import { badRow, type FieldFault } from './settlement-refusals.ts';

const SPACE = 0x20;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Lines of fixed width, counted in bytes, one space between fields. A field is decoded by itself: its
 * width says where it ends even if a character of it is damaged. The line given to `take` is the same
 * object every time and counts only during the call.
 */
export class FixedLines {
  readonly #line: FixedLine;
  readonly #take: (line: FixedLine) => void;
  #rest: Buffer = Buffer.alloc(0);
  #lines = 0;

  constructor(widths: readonly number[], take: (line: FixedLine) => void) {
    this.#line = new FixedLine(widths);
    this.#take = take;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const { length } = this.#line;
    let from = 0;
    // Line ends are found by counting: a byte 0x0a cannot be told from one inside of a field.
    while (bytes.length - from >= length + 2) from = this.#read(bytes, from);
    this.#rest = Buffer.from(bytes.subarray(from));
  }

  /** The last line may lack its end. */
  end(): void {
    let bytes = this.#rest;
    this.#rest = Buffer.alloc(0);
    while (bytes.length > 0 && !isLineEnd(bytes, 0)) bytes = bytes.subarray(this.#read(bytes, 0));
  }

  #read(bytes: Buffer, from: number): number {
    const { length } = this.#line;
    const end = from + length;
    this.#lines += 1;
    if (end > bytes.length) throw badRow(this.#lines, '', 'wrong-columns');
    this.#line.begin(bytes, from, this.#lines);
    this.#take(this.#line);
    if (end === bytes.length) return end;
    const isPair = bytes[end] === CR && bytes[end + 1] === LF;
    if (!isPair && bytes[end] !== LF) throw badRow(this.#lines, '', 'wrong-columns');
    return end + (isPair ? 2 : 1);
  }
}

function isLineEnd(bytes: Buffer, at: number): boolean {
  return bytes[at] === CR || bytes[at] === LF;
}

/** One line; fields are numbered from 1, as their standard numbers them. */
export class FixedLine {
  number = 0;
  /** In bytes, without its end. */
  readonly length: number;
  readonly #starts: readonly number[];
  readonly #widths: readonly number[];
  readonly #decoder = new TextDecoder('gbk', { fatal: true });
  #bytes: Buffer = Buffer.alloc(0);
  #from = 0;

  constructor(widths: readonly number[]) {
    let at = 0;
    this.#widths = widths;
    this.#starts = widths.map((width) => {
      const start = at;
      at += width + 1;
      return start;
    });
    this.length = at - 1;
  }

  begin(bytes: Buffer, from: number, number: number): void {
    this.#bytes = bytes;
    this.#from = from;
    this.number = number;
    for (const start of this.#starts) {
      if (start > 0 && bytes[from + start - 1] !== SPACE) throw badRow(number, '', 'wrong-columns');
    }
  }

  /** Without the spaces that fill it. */
  text(field: number): string {
    const [start, end] = this.#range(field);
    const bytes = this.#bytes;
    let at = start;
    while (at < end && (bytes[at] ?? 0) < 0x80) at += 1;
    if (at === end) return bytes.toString('latin1', start, end);
    try {
      return this.#decoder.decode(bytes.subarray(start, end));
    } catch {
      throw badRow(this.number, String(field), 'not-in-encoding');
    }
  }

  optional(field: number): string | undefined {
    const text = this.text(field);
    return text === '' ? undefined : text;
  }

  id(field: number): string {
    const text = this.text(field);
    if (text === '') throw this.bad(field, 'empty');
    if (!/^[\x21-\x7e]+$/.test(text)) throw this.bad(field, 'not-a-number-of-ours');
    return text;
  }

  /** Fen, filled with zeros in front. */
  fen(field: number): bigint {
    const [start, end] = this.#range(field);
    const isDigits = this.#areDigits(start, end);
    const fen = isDigits ? parseMinor(this.#bytes, start, end, 0) : 'not-an-amount';
    if (typeof fen === 'string') throw this.bad(field, start === end ? 'empty' : fen);
    return fen;
  }

  /** `C` (to the merchant) or `D` (from the merchant) and 12 digits; undefined where it is blank. */
  signedFen(field: number, width = 13): bigint | undefined {
    const [start, whole] = this.#range(field);
    if (start === whole) return undefined;
    const end = Math.min(whole, start + width);
    const sign = this.#bytes[start];
    const isSigned = (sign === CREDIT || sign === DEBIT) && end - start === width;
    if (!isSigned || !this.#areDigits(start + 1, end)) throw this.bad(field, 'not-an-amount');
    const fen = parseMinor(this.#bytes, start + 1, end, 0);
    if (typeof fen === 'string') throw this.bad(field, fen);
    return sign === CREDIT ? fen : -fen;
  }

  bad(field: number, why: FieldFault) {
    const found = this.text(field);
    const fullWidth = /[０-９]/u.test(found);
    return badRow(this.number, String(field), fullWidth ? 'full-width' : why, found);
  }

  #areDigits(start: number, end: number): boolean {
    for (let at = start; at < end; at += 1) {
      const byte = this.#bytes[at] ?? 0;
      if (byte < 0x30 || byte > 0x39) return false;
    }
    return true;
  }

  #range(field: number): [number, number] {
    const bytes = this.#bytes;
    let start = this.#from + (this.#starts[field - 1] ?? 0);
    let end = start + (this.#widths[field - 1] ?? 0);
    while (end > start && bytes[end - 1] === SPACE) end -= 1;
    while (start < end && bytes[start] === SPACE) start += 1;
    return [start, end];
  }
}

const CREDIT = 0x43;
const DEBIT = 0x44;
