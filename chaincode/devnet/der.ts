/**
 * The few parts of DER (X.690) that certificates, signatures and Fabric's block headers are made
 * of. Every function answers a whole element: tag, length, content.
 */

export function sequence(...elements: readonly Uint8Array[]): Buffer {
  return element(0x30, ...elements);
}

/** A set of one element: of more, their order would matter. */
export function setOfOne(only: Uint8Array): Buffer {
  return element(0x31, only);
}

export function integer(value: number | bigint): Buffer {
  const text = value.toString(16);
  return unsigned(Buffer.from(text.length % 2 === 0 ? text : `0${text}`, 'hex'));
}

/** An integer that is not negative, from its big-endian bytes. */
export function unsigned(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start += 1;
  const content = bytes.subarray(start);
  const isNegative = (content[0] ?? 0) >= 0x80;
  return isNegative ? element(0x02, Buffer.of(0), content) : element(0x02, content);
}

export function octets(bytes: Uint8Array): Buffer {
  return element(0x04, bytes);
}

/** Bits whose number is a multiple of eight less `unused`. */
export function bits(bytes: Uint8Array, unused = 0): Buffer {
  return element(0x03, Buffer.of(unused), bytes);
}

export function truth(): Buffer {
  return element(0x01, Buffer.of(0xff));
}

/** Dotted numbers, each below 2^28. */
export function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

export function printable(text: string): Buffer {
  return element(0x13, Buffer.from(text, 'latin1'));
}

/** RFC 5280 section 4.1.2.5: two digits of the year before 2050, four from then on. */
export function time(at: Date): Buffer {
  const digits = `${at.toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
  const isShort = at.getUTCFullYear() < 2050;
  return isShort
    ? element(0x17, Buffer.from(digits.slice(2), 'latin1'))
    : element(0x18, Buffer.from(digits, 'latin1'));
}

/** `[n]` around whole elements. */
export function tagged(n: number, ...elements: readonly Uint8Array[]): Buffer {
  return element(0xa0 + n, ...elements);
}

/** `[n]` in place of the tag of an octet string. */
export function taggedOctets(n: number, bytes: Uint8Array): Buffer {
  return element(0x80 + n, bytes);
}

function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.of(tag), lengthBytes(length), ...contents]);
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  if (length < 0x100) return Buffer.of(0x81, length);
  return Buffer.of(0x82, length >> 8, length & 0xff);
}

function base128(value: number): number[] {
  const groups = [value & 0x7f];
  for (let rest = value >> 7; rest > 0; rest >>= 7) groups.unshift((rest & 0x7f) | 0x80);
  return groups;
}
