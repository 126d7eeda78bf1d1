import { parseDecimal, toMicros } from './decimal.ts';
import type { MeterInstalled } from './event-data.ts';
import type { Reading } from './reading.ts';
import { Refusal } from './refusal.ts';
import type { TariffBook } from './tariff-book.ts';
import { parseTime } from './time.ts';
import { consumption, planInterval, type TermsOf } from './usage.ts';

/** Doubts that stay until staff release the meter; the others pass with their reading. */
export const LASTING: ReadonlySet<string> = new Set([
  'exchanged',
  'reset',
  'out-of-range',
  'serial-differs',
  'register-fell',
  'jump',
]);

/** What the rules know of a meter besides the record. */
export interface MeterStanding {
  readonly binding: MeterInstalled | undefined;
  /** The reading up to which the meter is billed. */
  readonly last: { readonly value: string; readonly atMs: number } | undefined;
  /** A lasting doubt that was not released. */
  readonly held: string | undefined;
}

/**
 * Why a reading may not be billed: `no-value` for a failed poll, else the doubt that a `reading.held`
 * event names. Depends on the meter's standing and the record only, so whoever replays decides the same.
 */
export function reasonToHold(meter: MeterStanding, reading: Reading): string | undefined {
  const { status, serial, clock, ratio } = reading;
  if (status === 'timeout' || status === 'disconnected' || status === 'read-error')
    return 'no-value';
  const { binding, last } = meter;
  if (status !== 'good' && status !== 'substitute') return status;
  if (serial !== binding?.serial) return 'serial-differs';
  if (ratio.ct !== binding.ct || ratio.pt !== binding.pt) return 'ratio-differs';
  const register = registerOf(reading, binding.register);
  if (register === undefined) return 'register-missing';
  if (register.unit !== binding.unit) return 'unit-differs';
  if (clock === 'U') return 'clock-unsynchronised';
  if (last !== undefined && parseTime(reading.at) <= last.atMs) return 'clock-step';
  return meter.held;
}

/** As `reasonToHold`, for a reading whose interval cannot be charged. */
export function reasonNotToCharge(
  book: TariffBook,
  { binding, last }: MeterStanding,
  reading: Reading,
  termsOf: TermsOf,
): string | undefined {
  const value = binding && registerOf(reading, binding.register)?.value;
  if (binding === undefined || last === undefined || value === undefined) return undefined;
  const toMs = parseTime(reading.at);
  try {
    const { quantityMicros } = consumption(binding, last.value, value);
    refuseJump(binding.maxPerHour, quantityMicros, toMs - last.atMs);
    const interval = { fromMs: last.atMs, toMs, quantityMicros };
    planInterval(book, binding.tariff, interval, termsOf);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}

/** Refuses (`jump`) more than `maxPerHour` micros an hour, and what no event could hold. */
export function refuseJump(
  maxPerHour: string | undefined,
  quantityMicros: bigint,
  ms: number,
): void {
  if (quantityMicros <= MOST_MICROS) {
    if (maxPerHour === undefined) return;
    const limit = toMicros(parseDecimal(maxPerHour)) * BigInt(ms);
    if (quantityMicros * HOUR_MS <= limit) return;
  }
  throw new Refusal('jump', 'More than the meter can carry; held for review.');
}

/** Own members only: a register that is named like a member of every object is no register. */
export function registerOf({ registers }: Reading, register: string) {
  return registers !== undefined && Object.hasOwn(registers, register)
    ? registers[register]
    : undefined;
}

const HOUR_MS = 3_600_000n;
/** 100 million units in one interval: more than any meter carries, far below what an amount can say. */
const MOST_MICROS = 100_000_000_000_000n;
