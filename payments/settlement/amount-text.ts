import type { FieldFault } from './settlement-refusals.ts';

/** Longer than any amount on earth: what has more digits is no amount. */
const MOST_DIGITS = 30;
/** That many digits are exact as a number, which is much faster than a bigint. */
const EXACT_DIGITS = 15;

const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;

/** How a bank writes amounts, where it is not `1234.56`. Bytes; 0 for none. */
export interface AmountForm {
  readonly point: number;
  readonly thousands: number;
}
const PLAIN: AmountForm = { point: POINT, thousands: 0 };

/**
 * An amount written with ASCII digits as an integer of 10^-`digits`, exactly, or why it is none. Fewer
 * decimals are filled with zeros; more are refused unless they are zeros, so nothing is ever rounded.
 */
export function parseMinor(
  bytes: Uint8Array,
  start: number,
  end: number,
  digits: number,
  { point, thousands }: AmountForm = PLAIN,
): bigint | FieldFault {
  if (start >= end) return 'empty';
  const sign = bytes[start];
  let at = sign === MINUS || sign === PLUS ? start + 1 : start;
  let text = '';
  let value = 0;
  let count = 0;
  let decimals = -1;
  let group = -1;
  for (; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    const digit = byte - 0x30;
    if (digit >= 0 && digit <= 9) {
      if (decimals >= digits) {
        if (digit !== 0) return 'too-fine';
        decimals += 1;
        continue;
      }
      count += 1;
      if (count > MOST_DIGITS) return 'too-long';
      if (count > EXACT_DIGITS) text = text === '' ? `${value}${digit}` : `${text}${digit}`;
      else value = value * 10 + digit;
      if (decimals >= 0) decimals += 1;
      else if (group >= 0) group += 1;
    } else if (byte === point && decimals < 0 && count > 0) {
      if (group >= 0 && group !== 3) return 'not-an-amount';
      decimals = 0;
    } else if (byte === thousands && thousands !== 0 && decimals < 0 && count > 0) {
      if (group >= 0 ? group !== 3 : count > 3) return 'not-an-amount';
      group = 0;
    } else {
      return isExponent(byte) && count > 0 ? 'scientific' : 'not-an-amount';
    }
  }
  if (count === 0 || decimals === 0) return 'not-an-amount';
  if (decimals < 0 && group >= 0 && group !== 3) return 'not-an-amount';
  const missing = digits - Math.min(digits, Math.max(0, decimals));
  const whole = count > EXACT_DIGITS ? BigInt(text) : BigInt(value);
  const minor = missing === 0 ? whole : whole * 10n ** BigInt(missing);
  return sign === MINUS ? -minor : minor;
}

/** The same of a text. */
export function parseMinorText(text: string, digits: number): bigint | FieldFault {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) > 0x7f) return /[０-９]/u.test(text) ? 'full-width' : 'not-an-amount';
  }
  const bytes = Buffer.from(text, 'latin1');
  return parseMinor(bytes, 0, bytes.length, digits);
}

/** Whether a text may be a number of an order, a payment, a reference: printable ASCII, not 1.23E+15. */
export function isNumberText(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return !text.includes('+') || !/^\d(?:[.,]\d+)?E\+\d+$/i.test(text);
}

function isExponent(byte: number): boolean {
  return byte === 0x45 || byte === 0x65;
}
