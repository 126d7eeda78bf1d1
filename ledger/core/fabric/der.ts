import { concat, u64be } from '../bytes.ts';
import { p256 } from '../p256.ts';
import { unreadable } from './unreadable.ts';

export const SEQUENCE = 0x30;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const BOOLEAN = 0x01;
export const SET = 0x31;

/** One value of X.690 DER: its tag, what it holds, and its bytes from the tag on. */
export interface DerItem {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

/** The values that stand one after the other in `bytes`: one-byte tags, shortest lengths, no rest. */
export function readDer(bytes: Uint8Array): readonly DerItem[] {
  const items: DerItem[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    const tag = bytes[at++] ?? 0;
    let length = bytes[at++] ?? 256;
    if (length > 0x80 && length <= 0x83) {
      const digits = bytes.subarray(at, at + length - 0x80);
      at += digits.length;
      length = digits.reduce((value, digit) => value * 256 + digit, 0);
      if (length < 128 || length < 256 ** (digits.length - 1)) throw unreadable();
    } else if (length > 127) {
      throw unreadable();
    }
    if ((tag & 31) === 31 || at + length > bytes.length) throw unreadable();
    items.push({
      tag,
      content: bytes.subarray(at, at + length),
      whole: bytes.subarray(start, at + length),
    });
    at += length;
  }
  return items;
}

/** What the item at `index` holds, which must be there and have this tag. */
export function contentAt(items: readonly DerItem[], index: number, tag: number): Uint8Array {
  return itemAt(items, index, tag).content;
}

export function itemAt(items: readonly DerItem[], index: number, tag: number): DerItem {
  const item = items[index];
  if (item?.tag !== tag) throw unreadable();
  return item;
}

/** The values inside the one SEQUENCE that `bytes` are. */
export function readSequence(bytes: Uint8Array): readonly DerItem[] {
  const items = readDer(bytes);
  if (items.length !== 1) throw unreadable();
  return readDer(contentAt(items, 0, SEQUENCE));
}

/** r || s of an ECDSA signature SEQUENCE{INTEGER r, INTEGER s} for P-256. */
export function rawSignature(der: Uint8Array): Uint8Array {
  const items = readSequence(der);
  if (items.length !== 2) throw unreadable();
  const [r, s] = [0, 1].map((index) => {
    const digits = contentAt(items, index, INTEGER);
    const [first = 255, second = 255] = digits;
    // Not negative, and no leading zero but the one that keeps it so.
    if (first > 127 || (first === 0 && second < 128)) throw unreadable();
    const value = first === 0 ? digits.subarray(1) : digits;
    if (value.length > 32) throw unreadable();
    return concat(new Uint8Array(32 - value.length), value);
  });
  return concat(r ?? EMPTY, s ?? EMPTY);
}

/** Whether s of r || s is in the lower half of its range, as Fabric wants it of all but certificates. */
export function isLowS(signature: Uint8Array): boolean {
  let s = 0n;
  for (const byte of signature.subarray(32)) s = s * 256n + BigInt(byte);
  return s <= p256.order >> 1n;
}

/**
 * The only bytes of a block header that anyone hashes or signs: SEQUENCE{INTEGER number, OCTET STRING
 * previous hash, OCTET STRING data hash}. Hashes are of 32 bytes; genesis has no previous one.
 */
export function blockHeaderBytes(
  number: number,
  previous: Uint8Array,
  data: Uint8Array,
): Uint8Array {
  const digits = u64be(number);
  let start = 0;
  while (start < 7 && digits[start] === 0 && (digits[start + 1] ?? 0) < 128) start += 1;
  const content = concat(
    encode(INTEGER, digits.subarray(start)),
    encode(OCTET_STRING, previous),
    encode(OCTET_STRING, data),
  );
  return encode(SEQUENCE, content);
}

const EMPTY = new Uint8Array(0);

/** Of at most 127 bytes. */
function encode(tag: number, content: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(tag, content.length), content);
}
