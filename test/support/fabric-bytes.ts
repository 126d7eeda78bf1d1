import { createHash, type KeyObject, sign } from 'node:crypto';
import { hex } from '../../ledger/core/bytes.ts';
import { p256 } from '../../ledger/core/p256.ts';

/*
 * The bytes of Fabric as this test writes them: protobuf, DER and signatures, apart from the readers
 * that are tested with them.
 */

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return bytesOf(hash.digest());
}

export function bytesOf(value: Uint8Array | string): Uint8Array {
  return new Uint8Array(Buffer.from(value));
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return bytesOf(Buffer.concat(parts));
}

type Value = Uint8Array | string | number | undefined;

/** A protobuf message of fields in the order given; what is undefined, 0 or an empty text is left out. */
export function message(
  ...fields: readonly (readonly [field: number, value: Value])[]
): Uint8Array {
  return join(...fields.map(([field, value]) => protobufField(field, value)));
}

export function protobufField(field: number, value: Value): Uint8Array {
  if (value === undefined || value === 0 || value === '') return new Uint8Array(0);
  if (typeof value === 'number') return join(varint(field * 8), varint(value));
  const bytes = bytesOf(value);
  return join(varint(field * 8 + 2), varint(bytes.length), bytes);
}

export function varint(value: number): Uint8Array {
  const digits: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) digits.push((rest % 128) + 128);
  return Uint8Array.of(...digits, rest);
}

/** A DER value of any length. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = join(...parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : undefined;
  return join(Uint8Array.of(tag, ...(size ?? [0x82, length >> 8, length & 255])), content);
}

export function derInteger(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const even = digits.padStart(digits.length + (digits.length % 2), '0');
  return der(2, bytesOf(Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex')));
}

export function pem(label: string, bytes: Uint8Array): Uint8Array {
  const lines = Buffer.from(bytes).toString('base64').replace(/.{64}/g, '$&\n');
  return bytesOf(`-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`);
}

/** A DER signature with s in its lower half, or in its upper one, which Fabric refuses. */
export function signDer(
  key: KeyObject,
  data: Uint8Array,
  half: 'low' | 'high' = 'low',
): Uint8Array {
  const raw = sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' });
  const [r, s] = [raw.subarray(0, 32), raw.subarray(32)].map((part) => BigInt(`0x${hex(part)}`));
  const isLow = (s ?? 0n) <= p256.order / 2n;
  const other = p256.order - (s ?? 0n);
  return der(0x30, derInteger(r ?? 0n), derInteger(isLow === (half === 'low') ? (s ?? 0n) : other));
}

export function blockHeader(number: number, previous: Uint8Array, data: Uint8Array): Uint8Array {
  return der(0x30, derInteger(BigInt(number)), der(4, previous), der(4, data));
}
