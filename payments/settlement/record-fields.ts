import { TextDecoder } from 'node:util';
import { type AmountForm, isNumberText, parseMinor } from './amount-text.ts';
import type { TextEncoding } from './byte-records.ts';
import { badRow, type FieldFault } from './settlement-refusals.ts';
import { type TimeForm, timeMs } from './time-text.ts';

const SPACE = 0x20;
const TAB = 0x09;

/**
 * The values of one record, still as bytes; only what is asked for is read. Values are without the
 * spaces and tabs around them. Every refusal names the row and the column as the file does.
 */
export class RecordFields {
  /** Row of the file, 1 for the first after the heading; the parser counts. */
  number = 0;
  count = 0;
  /** Every value stands behind a back-tick. */
  isTicked = false;
  /** Names from the heading, as they stand there. */
  names: readonly string[] = [];
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #quoted: Uint8Array;
  readonly #decoder: TextDecoder;
  #bytes: Buffer = Buffer.alloc(0);
  #isQuoted = 0;

  constructor(encoding: TextEncoding, mostFields: number) {
    this.#starts = new Int32Array(mostFields);
    this.#ends = new Int32Array(mostFields);
    this.#quoted = new Uint8Array(mostFields);
    this.#decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  }

  begin(bytes: Buffer): void {
    this.#bytes = bytes;
    this.count = 0;
    this.isTicked = false;
    this.#isQuoted = 0;
  }

  /** The value that is added next stands in quotation marks. */
  quoted(): void {
    this.#isQuoted = 1;
  }

  add(start: number, end: number): void {
    const { count } = this;
    if (count === this.#starts.length) throw badRow(this.number + 1, '', 'wrong-columns');
    this.#starts[count] = start;
    this.#ends[count] = end;
    this.#quoted[count] = this.#isQuoted;
    this.#isQuoted = 0;
    this.count = count + 1;
  }

  byteAt(at: number): number {
    return this.#bytes[at] ?? 0;
  }

  /** Nothing but spaces and tabs in the whole record. */
  get isBlank(): boolean {
    if (this.count > 1 || this.isTicked) return false;
    const [start, end] = this.#trimmed(0);
    return start === end;
  }

  get firstByte(): number {
    const [start, end] = this.#trimmed(0);
    return start < end ? this.byteAt(start) : 0;
  }

  /** The record as it stands, separators included. */
  whole(): string {
    return this.#decode(this.#starts[0] ?? 0, this.#ends[this.count - 1] ?? 0, 0);
  }

  all(): string[] {
    return Array.from({ length: this.count }, (_, index) => this.text(index));
  }

  /** Free text, whatever it looks like; empty where the column is missing. */
  text(index: number): string {
    if (index < 0 || index >= this.count) return '';
    const [start, end] = this.#trimmed(index);
    const text = this.#decode(start, end, index);
    return this.#quoted[index] === 1 && text.includes('""') ? text.replaceAll('""', '"') : text;
  }

  optional(index: number): string | undefined {
    const text = this.text(index);
    return text === '' ? undefined : text;
  }

  /** A number that something is found by: never empty, never changed by a spreadsheet. */
  id(index: number): string {
    const text = this.text(index);
    if (text === '') throw this.bad(index, 'empty');
    return this.#checkedId(index, text);
  }

  optionalId(index: number): string | undefined {
    const text = this.text(index);
    return text === '' ? undefined : this.#checkedId(index, text);
  }

  isEmpty(index: number): boolean {
    const [start, end] = this.#trimmed(index);
    return start === end;
  }

  /** An amount in units of 10^-`digits`; without a form, the point is `.` and nothing parts thousands. */
  minor(index: number, digits: number, form?: AmountForm): bigint {
    const [start, end] = this.#trimmed(index);
    const minor = parseMinor(this.#bytes, start, end, digits, form);
    if (typeof minor === 'string') throw this.bad(index, minor);
    return minor;
  }

  count32(index: number): number {
    const count = this.minor(index, 0);
    if (count < 0n || count > 0xffff_ffffn) throw this.bad(index, 'not-an-amount');
    return Number(count);
  }

  time(index: number, form: TimeForm): number {
    const [start, end] = this.#trimmed(index);
    const ms = timeMs(this.#bytes, start, end, form);
    if (Number.isNaN(ms)) throw this.bad(index, 'not-a-time');
    return ms;
  }

  bad(index: number, why: FieldFault) {
    const found = why === 'not-in-encoding' ? '' : this.text(index);
    const fullWidth = why !== 'too-fine' && /[０-９Ａ-Ｚａ-ｚ．：－]/u.test(found);
    const name = this.names[index] ?? String(index + 1);
    return badRow(this.number, name, fullWidth ? 'full-width' : why, found);
  }

  #checkedId(index: number, text: string): string {
    if (isNumberText(text)) return text;
    throw this.bad(
      index,
      /^\d(?:[.,]\d+)?E\+?\d+$/i.test(text) ? 'scientific' : 'not-a-number-of-ours',
    );
  }

  #trimmed(index: number): [number, number] {
    const bytes = this.#bytes;
    if (index < 0 || index >= this.count) return [0, 0];
    let start = this.#starts[index] ?? 0;
    let end = this.#ends[index] ?? 0;
    while (end > start && isPadding(bytes[end - 1])) end -= 1;
    while (start < end && isPadding(bytes[start])) start += 1;
    if (this.#quoted[index] !== 1) return [start, end];
    start += 1;
    end -= 1;
    while (end > start && isPadding(bytes[end - 1])) end -= 1;
    while (start < end && isPadding(bytes[start])) start += 1;
    return [start, end];
  }

  /** Plain ASCII makes a text of its own, which keeps no buffer alive; anything else is decoded. */
  #decode(start: number, end: number, index: number): string {
    const bytes = this.#bytes;
    let at = start;
    while (at < end && (bytes[at] ?? 0) < 0x80) at += 1;
    if (at === end) return bytes.toString('latin1', start, end);
    try {
      return this.#decoder.decode(bytes.subarray(start, end));
    } catch {
      const name = this.names[index] ?? String(index + 1);
      throw badRow(this.number, name, 'not-in-encoding');
    }
  }
}

function isPadding(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
