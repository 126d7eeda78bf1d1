import { OwnBytes } from './bridge.ts';

// PostgreSQL's binary form of a one-dimensional array (array_recv in its src/backend/utils/adt/
// arrayfuncs.c): 32-bit words for dimensions, nulls, element type, length, lower bound; then each
// element as its length and its bytes. As text, bytes would be twice as long and be read twice.

const BYTEA = 17;
const INT8 = 20;
const TEXT = 25;
const HEADER = 5 * 4;

/** For a parameter of type `bytea[]`. */
export function byteaArray(items: readonly Uint8Array[]): OwnBytes {
  return arrayOf(BYTEA, items);
}

/** For a parameter of type `text[]`. */
export function textArray(items: readonly string[]): OwnBytes {
  return arrayOf(
    TEXT,
    items.map((item) => Buffer.from(item)),
  );
}

/** For a parameter of type `int8[]`; safe integers. */
export function int8Array(items: readonly number[]): OwnBytes {
  return arrayOf(
    INT8,
    items.map((item) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(BigInt(item));
      return bytes;
    }),
  );
}

function arrayOf(type: number, items: readonly Uint8Array[]): OwnBytes {
  const room = items.reduce((sum, { length }) => sum + 4 + length, HEADER);
  const bytes = new OwnBytes(room);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of [1, 0, type, items.length, 1].entries()) view.setInt32(4 * i, word);
  let at = HEADER;
  for (const item of items) {
    view.setInt32(at, item.length);
    bytes.set(item, at + 4);
    at += 4 + item.length;
  }
  return bytes;
}
