import { Refusal } from './refusal.ts';

/** How a quotient becomes an integer. `half-up` rounds a tie away from zero, `down` toward zero. */
export type RoundingMode = 'half-up' | 'half-even' | 'down';

/** An exact decimal number: `digits` x 10^-`scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** One unit (a yuan, a kWh) in micros. */
export const MICROS = 1_000_000n;

const FIXED = /^-?(?:0|[1-9]\d*)\.\d{6}$/;
const FREE = /^-?(?:0|[1-9]\d*)(?:\.\d{1,9})?$/;
/** Longer than any amount on earth, short enough that parsing it costs nothing. */
const LONGEST = 40;

/**
 * Money or a quantity in its one text form (formats.md: fixed scale of 6), as an integer of 10^-6.
 * Refuses `bad-decimal` for any other spelling, `-0.000000` included: one value, one text.
 */
export function parseMicros(text: string): bigint {
  if (text.length > LONGEST || !FIXED.test(text)) throw badDecimal(text, 'exactly 6 decimals');
  const point = text.length - 7;
  const micros = BigInt(text.slice(0, point) + text.slice(point + 1));
  if (micros === 0n && text.charCodeAt(0) === 45) throw badDecimal(text, 'no minus before zero');
  return micros;
}

/** The inverse of `parseMicros`: an integer of 10^-6 as text with exactly 6 decimals. */
export function formatMicros(micros: bigint): string {
  return formatDecimal(micros, 6);
}

/**
 * A register value or a factor such as `101.01`: 0 to 9 decimals, exactly as many as were written.
 * Refuses `bad-decimal` for a plus sign, an exponent, a leading zero, a bare point and minus zero.
 */
export function parseDecimal(text: string): Decimal {
  if (text.length > LONGEST || !FREE.test(text)) throw badDecimal(text, 'at most 9 decimals');
  const point = text.indexOf('.');
  const scale = point < 0 ? 0 : text.length - point - 1;
  const digits = BigInt(point < 0 ? text : text.slice(0, point) + text.slice(point + 1));
  if (digits === 0n && text.charCodeAt(0) === 45) throw badDecimal(text, 'no minus before zero');
  return { digits, scale };
}

/** `digits` x 10^-`scale` as text with exactly `scale` decimals. */
export function formatDecimal(digits: bigint, scale: number): string {
  if (digits < 0n) return `-${formatDecimal(-digits, scale)}`;
  const text = digits.toString();
  if (scale === 0) return text;
  const whole = text.length - scale;
  if (whole > 0) return `${text.slice(0, whole)}.${text.slice(whole)}`;
  return `0.${text.padStart(scale, '0')}`;
}

/** The decimal in micros, exactly. Refuses `too-many-decimals` where a digit would be lost. */
export function toMicros(decimal: Decimal): bigint {
  const { digits, scale } = decimal;
  if (scale <= 6) return digits * powerOfTen(6 - scale);
  const lost = powerOfTen(scale - 6);
  if (digits % lost !== 0n) {
    const text = formatDecimal(digits, scale);
    throw new Refusal(
      'too-many-decimals',
      `${text} is finer than 0.000001, the smallest step that is billed. Give 6 decimals at most.`,
      { text },
    );
  }
  return digits / lost;
}

/** `numerator / denominator` as an integer, exact but for the one declared rounding. */
export function roundDiv(numerator: bigint, denominator: bigint, mode: RoundingMode): bigint {
  if (denominator < 0n) return roundDiv(-numerator, -denominator, mode);
  if (denominator === 0n) throw new Error('roundDiv: the denominator must not be zero');
  if (numerator < 0n) return -roundPositive(-numerator, denominator, mode);
  return roundPositive(numerator, denominator, mode);
}

/** 10^exponent for an exponent of 0 to 40. */
export function powerOfTen(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent);
}

const POWERS: readonly bigint[] = Array.from(
  { length: 20 },
  (_, exponent) => 10n ** BigInt(exponent),
);

function roundPositive(numerator: bigint, denominator: bigint, mode: RoundingMode): bigint {
  if (mode === 'half-up') return (2n * numerator + denominator) / (2n * denominator);
  const quotient = numerator / denominator;
  if (mode === 'down') return quotient;
  const twice = 2n * (numerator - quotient * denominator);
  if (twice < denominator) return quotient;
  if (twice > denominator) return quotient + 1n;
  return quotient + (quotient & 1n);
}

function badDecimal(text: string, rule: string): Refusal {
  const shown = text.slice(0, LONGEST);
  return new Refusal('bad-decimal', `"${shown}" is not a decimal number here: write ${rule}.`, {
    text: shown,
    rule,
  });
}
