import { concat } from '../bytes.ts';
import { unreadable } from './unreadable.ts';

/** One value of RLP (Yellow Paper, appendix B): a string or a list, and its bytes from the prefix on. */
export interface RlpItem {
  readonly isList: boolean;
  /** The string, or the values of the list one after the other. */
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

/** The values that stand one after the other in `bytes`: each in its shortest form, no rest. */
export function readRlp(bytes: Uint8Array): readonly RlpItem[] {
  const items: RlpItem[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    const first = bytes[at] ?? 0;
    const isList = first >= 0xc0;
    let length = 1;
    if (first >= 0x80) {
      at += 1;
      length = first - (isList ? 0xc0 : 0x80);
    }
    if (length > SHORT) {
      const digits = bytes.subarray(at, at + length - SHORT);
      at += digits.length;
      length = numberOf(digits);
      if (length <= SHORT) throw unreadable();
    }
    const content = bytes.subarray(at, at + length);
    at += length;
    const hasPrefix = at - start > 1;
    if (at > bytes.length || (hasPrefix && !isList && length === 1 && (content[0] ?? 0) < 0x80)) {
      throw unreadable();
    }
    items.push({ isList, content, whole: bytes.subarray(start, at) });
  }
  return items;
}

/** The values inside the one list that `bytes` are. */
export function readRlpList(bytes: Uint8Array): readonly RlpItem[] {
  const [item, ...others] = readRlp(bytes);
  if (item?.isList !== true || others.length > 0) throw unreadable();
  return readRlp(item.content);
}

/** The string that an item is, which must be one, and of `length` bytes where that is given. */
export function stringOf(item: RlpItem | undefined, length?: number): Uint8Array {
  if (item === undefined || item.isList) throw unreadable();
  if (length !== undefined && item.content.length !== length) throw unreadable();
  return item.content;
}

/** The digits of an integer of at most `maxBytes` bytes: big endian, none of them a leading zero. */
export function digitsOf(item: RlpItem | undefined, maxBytes: number): Uint8Array {
  const digits = stringOf(item);
  if (digits.length > maxBytes || digits[0] === 0) throw unreadable();
  return digits;
}

/** A number in its shortest form, big endian. Up to 2^53 - 1; what is larger is refused. */
export function numberOf(digits: Uint8Array): number {
  const value = digits.reduce((sum, digit) => sum * 256 + digit, 0);
  if (digits[0] === 0 || value > Number.MAX_SAFE_INTEGER) throw unreadable();
  return value;
}

/** Longest content whose length stands in the prefix itself. */
const SHORT = 55;

export function encodeString(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 1 && (bytes[0] ?? 0) < 0x80) return bytes;
  return concat(prefix(0x80, bytes.length), bytes);
}

/** A list of values that are encoded already. */
export function encodeList(items: readonly Uint8Array[]): Uint8Array {
  const content = concat(...items);
  return concat(prefix(0xc0, content.length), content);
}

function prefix(base: number, length: number): Uint8Array {
  if (length <= SHORT) return Uint8Array.of(base + length);
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return Uint8Array.of(base + SHORT + digits.length, ...digits);
}
