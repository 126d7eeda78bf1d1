import { formatDecimal, powerOfTen, roundDiv } from '../ledger/core/decimal.ts';
import type { Decode, RegisterPoint } from './device-profile.ts';
import { wordsOf } from './device-profile.ts';

/**
 * The displayed value of a point in units of 10^`exp10`, from its big-endian register bytes (words
 * in the order ABCD). `undefined` when a float is not a number of this scale (NaN, infinite).
 */
export function decodeDigits(point: RegisterPoint, bytes: Uint8Array): bigint | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (point.decode) {
    case 'uint16':
      return BigInt(view.getUint16(0));
    case 'int16':
      return BigInt(view.getInt16(0));
    case 'uint32':
      return BigInt(view.getUint32(0));
    case 'int32':
      return BigInt(view.getInt32(0));
    case 'uint64':
      return view.getBigUint64(0);
    case 'float32':
      return float32Digits(view.getUint32(0), -point.exp10);
  }
}

/** The displayed value as decimal text with exactly `-exp10` decimals. */
export function displayText(point: RegisterPoint, digits: bigint): string {
  return formatDecimal(digits, -point.exp10);
}

/**
 * Register bytes that show a value: the inverse of `decodeDigits`. A float32 is the nearest single
 * to the decimal, as a meter would compute it. Integers wrap at the width of the register.
 */
export function encodeDigits(point: RegisterPoint, digits: bigint): Uint8Array {
  const bytes = new Uint8Array(2 * wordsOf(point));
  const view = new DataView(bytes.buffer);
  if (point.decode === 'float32') {
    view.setFloat32(0, Number(displayText(point, digits)));
    return bytes;
  }
  const value = BigInt.asUintN(8 * bytes.length, digits);
  for (let i = 0; i < bytes.length; i++) {
    view.setUint8(i, Number((value >> BigInt(8 * (bytes.length - 1 - i))) & 0xffn));
  }
  return bytes;
}

/** Whether a register of this kind can show a value below zero. */
export function isSigned(decode: Decode): boolean {
  return decode === 'int16' || decode === 'int32' || decode === 'float32';
}

/**
 * IEEE 754 binary32 as an exact fraction: mantissa x 2^exponent, rounded half to even to `decimals`
 * places. No floating-point arithmetic takes part, so equal registers give equal text everywhere.
 */
function float32Digits(bits: number, decimals: number): bigint | undefined {
  const field = (bits >>> 23) & 0xff;
  if (field === 0xff) return undefined;
  const fraction = BigInt(bits & 0x7fffff);
  const mantissa = field === 0 ? fraction : fraction | 0x800000n;
  const exponent = (field === 0 ? 1 : field) - 150;
  const scaled = (bits >>> 31 === 1 ? -mantissa : mantissa) * powerOfTen(decimals);
  if (exponent >= 0) return scaled << BigInt(exponent);
  return roundDiv(scaled, 1n << BigInt(-exponent), 'half-even');
}
