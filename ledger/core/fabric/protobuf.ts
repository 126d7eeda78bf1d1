import { fromUtf8 } from '../bytes.ts';
import { unreadable } from './unreadable.ts';

/**
 * A protobuf message, read strictly: fields in ascending order and none that is not expected, shortest
 * varints, no zero that need not be written, nothing behind the end. So a message has one spelling, and
 * no reader of it can come to another meaning (repeated members are merged by some, replaced by others).
 *
 * `fields` has a letter for each field number from 1 on: `n` a varint, `b` bytes (or a text, or a message
 * inside), `*` any number of those, `-` refused. Only wire types 0 and 2 exist in what Fabric signs.
 */
export class Message {
  readonly #numbers = new Map<number, number>();
  readonly #chunks = new Map<number, Uint8Array[]>();

  constructor(bytes: Uint8Array, fields: string) {
    const cursor = { bytes, at: 0 };
    let last = 0;
    while (cursor.at < bytes.length) {
      const tag = readVarint(cursor);
      const field = Math.floor(tag / 8);
      const kind = fields[field - 1];
      if (field < last || (field === last && kind !== '*')) throw unreadable();
      last = field;
      if (kind === 'n' && tag % 8 === 0) {
        const value = readVarint(cursor);
        if (value === 0) throw unreadable();
        this.#numbers.set(field, value);
      } else if ((kind === 'b' || kind === '*') && tag % 8 === 2) {
        const end = readVarint(cursor) + cursor.at;
        if (end > bytes.length) throw unreadable();
        const list = this.#chunks.get(field) ?? [];
        list.push(bytes.subarray(cursor.at, end));
        this.#chunks.set(field, list);
        cursor.at = end;
      } else {
        throw unreadable();
      }
    }
  }

  /** The varint of a field, up to 2^53 - 1; 0 where it is absent, as protobuf has it. */
  number(field: number): number {
    return this.#numbers.get(field) ?? 0;
  }

  /** The bytes of a field; none where it is absent. */
  bytes(field: number): Uint8Array {
    return this.list(field)[0] ?? NONE;
  }

  text(field: number): string {
    return fromUtf8(this.bytes(field));
  }

  /** The message inside a field; an empty one where it is absent. */
  inner(field: number, fields: string): Message {
    return new Message(this.bytes(field), fields);
  }

  list(field: number): readonly Uint8Array[] {
    return this.#chunks.get(field) ?? [];
  }

  /** The values of a `map<string, …>` field by their keys. */
  map(field: number): ReadonlyMap<string, Uint8Array> {
    const entries = this.list(field).map((bytes) => new Message(bytes, 'bb'));
    const found = new Map(entries.map((entry) => [entry.text(1), entry.bytes(2)]));
    if (found.size < entries.length) throw unreadable();
    return found;
  }
}

const NONE = new Uint8Array(0);

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** A varint of at most 2^53 - 1 in its shortest form. */
function readVarint(cursor: Cursor): number {
  let value = 0;
  for (let scale = 1; scale < 2 ** 56; scale *= 128) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined || (byte === 0 && scale > 1)) break;
    value += (byte % 128) * scale;
    if (byte < 128 && value <= Number.MAX_SAFE_INTEGER) return value;
    if (byte < 128) break;
  }
  throw unreadable();
}
