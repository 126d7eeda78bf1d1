import { RecordFields } from './record-fields.ts';
import { badRow, truncated } from './settlement-refusals.ts';

/** No row of a settlement file is longer; what is, is no such file, and is not kept in memory. */
const LONGEST_RECORD = 65_536;
const MOST_FIELDS = 512;

const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;
const TICK = 0x60;

export type TextEncoding = 'utf-8' | 'gbk';

export interface RecordForm {
  readonly encoding: TextEncoding;
  /** A byte below 0x30, or a tab or semicolon: none of them is ever part of a GBK character. */
  readonly separator?: number;
  /** Values may stand in quotation marks with separators and line ends inside (RFC 4180). */
  readonly quotes?: boolean;
  /**
   * WeChat's form: a record that begins with a back-tick has one before every value, so that a value
   * ends only at `,` and a back-tick. A line end is part of a value while `columns` are not there yet.
   */
  readonly ticks?: boolean;
}

/**
 * Records of separated values, cut out of bytes as they come, without a text or an array for each. The
 * record given to `take` is the same object every time and counts only during the call.
 */
export class ByteRecords {
  /** How many values a record with back-ticks has; its parser knows it from the heading. */
  columns = 0;
  readonly #separator: number;
  readonly #quotes: boolean;
  readonly #ticks: boolean;
  readonly #record: RecordFields;
  readonly #take: (record: RecordFields) => void;
  #rest: Buffer = Buffer.alloc(0);
  #atStart = true;

  constructor(form: RecordForm, take: (record: RecordFields) => void) {
    this.#separator = form.separator ?? COMMA;
    this.#quotes = form.quotes ?? false;
    this.#ticks = form.ticks ?? false;
    this.#record = new RecordFields(form.encoding, MOST_FIELDS);
    this.#take = take;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (this.#atStart && bytes.length < MARK.length) {
      this.#rest = Buffer.from(bytes);
      return;
    }
    let from = this.#afterMark(bytes);
    while (from < bytes.length) {
      const next = this.#scan(bytes, from, false);
      if (next < 0) break;
      from = next;
    }
    const left = bytes.length - from;
    if (left > LONGEST_RECORD) throw badRow(this.#record.number + 1, '1', 'too-long');
    // A copy: the chunk may be a buffer that its stream fills again.
    this.#rest = left === 0 ? Buffer.alloc(0) : Buffer.from(bytes.subarray(from));
  }

  /** The last record may lack its line end. Refuses `settlement-truncated` inside of a quoted value. */
  end(): void {
    const bytes = this.#rest;
    this.#rest = Buffer.alloc(0);
    const from = this.#afterMark(bytes);
    if (from < bytes.length && this.#scan(bytes, from, true) < 0) throw truncated('a quoted value');
  }

  /** Past a byte order mark, at the very beginning. */
  #afterMark(bytes: Buffer): number {
    if (!this.#atStart) return 0;
    this.#atStart = false;
    return bytes.indexOf(MARK) === 0 ? MARK.length : 0;
  }

  /** Reads one record at `from`; where the next begins, or -1 while its end is not there. */
  #scan(bytes: Buffer, from: number, ended: boolean): number {
    const record = this.#record;
    record.begin(bytes);
    if (this.#ticks && bytes[from] === TICK) return this.#scanTicks(bytes, from + 1, ended);
    const { length } = bytes;
    const separator = this.#separator;
    let start = from;
    for (let at = from; at < length; at += 1) {
      const byte = bytes[at];
      if (byte === QUOTE && at === start && this.#quotes) {
        at = this.#skipQuoted(bytes, at, ended);
        if (at < 0) return -1;
        record.quoted();
        if (at >= length) break;
        if (bytes[at] === LF) return this.#finish(start, at);
        record.add(start, at);
        start = at + 1;
      } else if (byte === separator) {
        record.add(start, at);
        start = at + 1;
      } else if (byte === LF) {
        return this.#finish(start, at);
      }
    }
    if (!ended) return -1;
    this.#finish(start, length);
    return length;
  }

  #scanTicks(bytes: Buffer, from: number, ended: boolean): number {
    const record = this.#record;
    record.isTicked = true;
    const { length } = bytes;
    let start = from;
    for (let at = from; at < length; at += 1) {
      const byte = bytes[at];
      if (byte === COMMA && bytes[at + 1] === TICK) {
        record.add(start, at);
        start = at + 2;
        at += 1;
      } else if (byte === LF && record.count + 1 >= this.columns) {
        return this.#finish(start, at);
      }
    }
    if (!ended) return -1;
    this.#finish(start, length);
    return length;
  }

  /** From an opening quotation mark to the separator, line end or end after the closing one. */
  #skipQuoted(bytes: Buffer, open: number, ended: boolean): number {
    const { length } = bytes;
    let at = open + 1;
    for (;;) {
      at = bytes.indexOf(QUOTE, at);
      if (at < 0) return -1;
      if (bytes[at + 1] !== QUOTE) break;
      at += 2;
    }
    for (at += 1; at < length; at += 1) {
      const byte = bytes[at];
      if (byte === this.#separator || byte === LF) return at;
      if (byte !== 0x20 && byte !== 0x09 && byte !== CR) {
        const { count, number } = this.#record;
        throw badRow(number + 1, String(count + 1), 'quote-inside');
      }
    }
    return ended ? length : -1;
  }

  #finish(start: number, lineEnd: number): number {
    const record = this.#record;
    const hasReturn = lineEnd > start && record.byteAt(lineEnd - 1) === CR;
    record.add(start, hasReturn ? lineEnd - 1 : lineEnd);
    this.#take(record);
    return lineEnd + 1;
  }
}
