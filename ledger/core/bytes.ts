import { assert } from './assert.ts';
import { Refusal } from './refusal.ts';

// Node and browsers both have these two; the core is compiled with the types of neither.
declare const TextEncoder: new () => {
  encode(text: string): Uint8Array;
  encodeInto(text: string, into: Uint8Array): { readonly written: number };
};
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

/** UTF-8 of the text. A lone surrogate has no UTF-8 form and is refused (`lone-surrogate`). */
export function utf8(text: string): Uint8Array {
  refuseHalves(text);
  return encoder.encode(text);
}

/**
 * `head` and then the UTF-8 of the text, to be hashed at once: the next call writes over the bytes.
 * A bill is thousands of texts, and a fresh array for each costs more than to fill it.
 */
export function utf8ToHash(text: string, ...head: readonly Uint8Array[]): Uint8Array {
  let at = 0;
  for (const part of head) at += part.length;
  // A code unit takes three bytes at most.
  if (at + 3 * text.length > scratch.length) return concat(...head, utf8(text));
  refuseHalves(text);
  let length = 0;
  for (const part of head) {
    scratch.set(part, length);
    length += part.length;
  }
  length += encoder.encodeInto(text, scratch.subarray(length)).written;
  return scratch.subarray(0, length);
}

/**
 * Whether a text holds no half of a surrogate pair. The native method is younger than the oldest
 * browsers that open the verification page.
 */
export function isWellFormed(text: string): boolean {
  return text.isWellFormed?.() ?? !/[\ud800-\udfff]/u.test(text);
}

/** The text of UTF-8 bytes, a leading byte order mark kept. Refusal `bad-utf8`. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Refusal('bad-utf8', 'The bytes are not UTF-8; save the text as UTF-8.');
  }
}

/** Lowercase hex, two digits a byte. */
export function hex(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += HEX_STEP) {
    const count = Math.min(HEX_STEP, bytes.length - start);
    hexCodes.length = 2 * count;
    for (let i = 0; i < count; i += 1) {
      const byte = at(bytes, start + i);
      hexCodes[2 * i] = HEX.charCodeAt(byte >>> 4);
      hexCodes[2 * i + 1] = HEX.charCodeAt(byte & 15);
    }
    text += String.fromCharCode(...hexCodes);
  }
  return text;
}

/** Bytes of lowercase hex. Refusal `bad-hex`. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw badHex();
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = digit(HEX_DIGITS, text, 2 * i);
    const low = digit(HEX_DIGITS, text, 2 * i + 1);
    if (high === NOT_A_DIGIT || low === NOT_A_DIGIT) throw badHex();
    bytes[i] = high * 16 + low;
  }
  return bytes;
}

/** Base64 of RFC 4648 section 4, padded. */
export function base64(bytes: Uint8Array): string {
  const text = encode64(bytes, STANDARD);
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/**
 * Bytes of RFC 4648 section 4 base64 in its one spelling: padded, no white space, unused bits zero
 * (section 3.5). Refusal `bad-base64`.
 */
export function fromBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) throw badBase64();
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  return decode64(text, text.length - padding, STANDARD_DIGITS);
}

/** Base64url of RFC 4648 section 5 without padding, as JOSE writes it (RFC 7515 section 2). */
export function base64url(bytes: Uint8Array): string {
  return encode64(bytes, URL_SAFE);
}

/** Bytes of unpadded base64url in its one spelling. Refusal `bad-base64`. */
export function fromBase64url(text: string): Uint8Array {
  return decode64(text, text.length, URL_SAFE_DIGITS);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Eight bytes, big endian. `n` is a safe integer of at least 0. */
export function u64be(n: number): Uint8Array {
  assert(Number.isSafeInteger(n) && n >= 0, `u64be takes a safe integer of at least 0, not ${n}`);
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(n / 2 ** 32));
  view.setUint32(4, n % 2 ** 32);
  return bytes;
}

/** For public bytes: its time depends on where they differ. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const encoder = new TextEncoder();
const scratch = new Uint8Array(32_768);
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const NOT_A_DIGIT = 255;
const HEX = '0123456789abcdef';
const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
// Many bytes at a time: a text made of pairs is a tree of pairs, which whoever compares it takes apart.
const HEX_STEP = 32;
const hexCodes: number[] = [];
const HEX_DIGITS = digitTable(HEX);
const STANDARD_DIGITS = digitTable(STANDARD);
const URL_SAFE_DIGITS = digitTable(URL_SAFE);

function digitTable(alphabet: string): Uint8Array {
  const table = new Uint8Array(128).fill(NOT_A_DIGIT);
  for (let value = 0; value < alphabet.length; value++) table[alphabet.charCodeAt(value)] = value;
  return table;
}

function digit(table: Uint8Array, text: string, position: number): number {
  return table[text.charCodeAt(position)] ?? NOT_A_DIGIT;
}

function at(bytes: Uint8Array, position: number): number {
  return bytes[position] ?? 0;
}

function encode64(bytes: Uint8Array, alphabet: string): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (at(bytes, i) << 16) | (at(bytes, i + 1) << 8) | at(bytes, i + 2);
    text += alphabet.charAt(group >>> 18) + alphabet.charAt((group >>> 12) & 63);
    text += alphabet.charAt((group >>> 6) & 63) + alphabet.charAt(group & 63);
  }
  // The last group may have had one byte or two.
  return text.slice(0, Math.ceil((bytes.length * 4) / 3));
}

function decode64(text: string, length: number, digits: Uint8Array): Uint8Array {
  if (length % 4 === 1) throw badBase64();
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let bits = 0;
  let held = 0;
  let offset = 0;
  for (let i = 0; i < length; i++) {
    const value = digit(digits, text, i);
    if (value === NOT_A_DIGIT) throw badBase64();
    bits = ((bits << 6) | value) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[offset++] = bits >>> held;
    }
  }
  // Unused bits that are not zero would give the same bytes a second spelling.
  if ((bits & ((1 << held) - 1)) !== 0) throw badBase64();
  return bytes;
}

function refuseHalves(text: string): void {
  if (isWellFormed(text)) return;
  throw new Refusal('lone-surrogate', 'The text holds half of a character; send valid Unicode.');
}

function badHex(): Refusal {
  return new Refusal('bad-hex', 'The value is not lowercase hex; use 0-9 and a-f, two a byte.');
}

function badBase64(): Refusal {
  return new Refusal('bad-base64', 'The value is not canonical base64; encode the bytes again.');
}
