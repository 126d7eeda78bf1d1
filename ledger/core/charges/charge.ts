import { powerOfTen, type RoundingMode, roundDiv } from '../decimal.ts';

/** How an amount becomes a whole number of 10^-`scale` of the currency. */
export interface Rounding {
  readonly mode: RoundingMode;
  readonly scale: number;
}

/** What is charged, exactly, and the line that explains it: what an event's `data` says of it. */
export interface Charge<L> {
  readonly amountMicros: bigint;
  readonly line: L;
}

/**
 * The one rounding of a line. `numerator / denominator` is an amount in units of 10^-`digits` (a price
 * times a quantity has 12), the result is in micros and a whole number of 10^-`scale`.
 */
export function roundMoney(
  numerator: bigint,
  denominator: bigint,
  { mode, scale }: Rounding,
  digits = 12,
): bigint {
  const divisor = denominator * powerOfTen(digits - scale);
  return roundDiv(numerator, divisor, mode) * powerOfTen(6 - scale);
}

/** A percentage or multiple with up to 9 decimals, as an integer of 10^-9. */
export function nanosOf(factor: string): bigint {
  const [whole = '', fraction = ''] = factor.split('.');
  return BigInt(whole + fraction.padEnd(9, '0'));
}

/** One, in the units of `nanosOf`. */
export const NANO = 1_000_000_000n;

/** `percent` of a quantity in micros, a fraction of a micro dropped toward zero. */
export function percentOf(micros: bigint, percent: string): bigint {
  return (micros * nanosOf(percent)) / (100n * NANO);
}
