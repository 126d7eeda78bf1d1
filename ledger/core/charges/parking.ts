import { formatMicros, parseMicros } from '../decimal.ts';
import { Refusal } from '../refusal.ts';
import { integer, list, MICROS, object, oneOf, type Read, TIME, text } from '../shape.ts';
import { civilFromDays, DAY_MS, formatDate, formatTime, MINUTE_MS } from '../time.ts';
import type { Zone } from '../zone.ts';
import { type Charge, type Rounding, roundMoney } from './charge.ts';
import type { ParkingRule } from './tariff-v2.ts';

const day = object({
  date: text(/^\d{4}-\d{2}-\d{2}$/),
  blocks: integer(),
  /** Charged to this place for this local day before this stay. */
  before: text(MICROS),
  amount: text(MICROS),
});

/** What an event says of one stay. */
export const parkingLine = object(
  {
    formula: oneOf('price x blocks', 'min(price x blocks, cap - before)', 'free'),
    from: text(TIME),
    to: text(TIME),
    freeMinutes: integer(),
    blockMinutes: integer(1),
    price: text(MICROS),
    days: list(day, 400),
    amount: text(MICROS),
  },
  { cap: text(MICROS) },
);
export type ParkingLine = Read<typeof parkingLine>;

export interface Stay {
  readonly rule: ParkingRule;
  readonly rounding: Rounding;
  readonly zone: Zone;
  readonly fromMs: number;
  readonly toMs: number;
  /** Charged on a local date (`2026-09-01`) by earlier stays that share the daily cap, in micros. */
  chargedOn(date: string): bigint;
}

/** A stay of more is a gate that did not see the car leave. */
const LONGEST_STAY_MS = 366 * DAY_MS;

/**
 * The charge of one stay, in at a time and out at a later one:
 *
 * 1. A stay of at most `freeMinutes` costs nothing. Longer ones are charged from their beginning
 *    (`whole-stay`) or from the end of the free minutes (`first-minutes`).
 * 2. The charged time is cut into blocks of `blockMinutes` of elapsed time; a begun block counts
 *    whole, for the local day in which it begins. So the hour that the clock skips or repeats is
 *    neither lost nor paid twice, and no block is paid in two days.
 * 3. A day costs R(price x blocks), at most R(dailyCap) less what `chargedOn` says is charged already,
 *    never below zero. The stay costs the sum of its days.
 *
 * Refuses `bad-stay`.
 */
export function parkingCharge(stay: Stay): Charge<ParkingLine> {
  const { rule, rounding, fromMs, toMs } = stay;
  if (!(fromMs <= toMs) || toMs - fromMs > LONGEST_STAY_MS) {
    throw new Refusal('bad-stay', 'A stay ends after it begins, within a year. Check its times.', {
      from: formatTime(fromMs),
      to: formatTime(toMs),
    });
  }
  const cap =
    rule.dailyCap === undefined
      ? undefined
      : roundMoney(parseMicros(rule.dailyCap), 1n, rounding, 6);
  let amountMicros = 0n;
  const days = [...blocksByDay(stay)].map(([date, blocks]) => {
    const before = stay.chargedOn(date);
    const whole = roundMoney(parseMicros(rule.price) * BigInt(blocks), 1n, rounding, 6);
    const room = cap === undefined ? whole : cap > before ? cap - before : 0n;
    const amount = whole < room ? whole : room;
    amountMicros += amount;
    return { date, blocks, before: formatMicros(before), amount: formatMicros(amount) };
  });
  const { freeMinutes, blockMinutes, price } = rule;
  const capped = cap === undefined ? 'price x blocks' : 'min(price x blocks, cap - before)';
  const line: ParkingLine = {
    formula: days.length === 0 ? 'free' : capped,
    ...{ from: formatTime(fromMs), to: formatTime(toMs), freeMinutes, blockMinutes, price },
    ...(cap === undefined ? {} : { cap: formatMicros(cap) }),
    ...{ days, amount: formatMicros(amountMicros) },
  };
  return { amountMicros, line };
}

/** Begun blocks by local date, in order. */
function blocksByDay({ rule, zone, fromMs, toMs }: Stay): Map<string, number> {
  const blocks = new Map<string, number>();
  const freeMs = rule.freeMinutes * MINUTE_MS;
  if (toMs - fromMs <= freeMs) return blocks;
  const blockMs = rule.blockMinutes * MINUTE_MS;
  let startMs = rule.free === 'first-minutes' ? fromMs + freeMs : fromMs;
  while (startMs < toMs) {
    const { date, endMs } = dayAt(zone, startMs);
    // Blocks of this stay that begin in (or at the start of) what is left of the day.
    const count = Math.ceil((Math.min(endMs, toMs) - startMs) / blockMs);
    blocks.set(date, (blocks.get(date) ?? 0) + count);
    startMs += count * blockMs;
  }
  return blocks;
}

/** The local day [its start, `endMs`) that holds the instant: days never overlap, as in zone.ts. */
function dayAt(zone: Zone, ms: number): { readonly date: string; readonly endMs: number } {
  let number = Math.floor((ms + zone.offsetAt(ms)) / DAY_MS);
  const startOf = (days: number) => {
    const { year, month, day } = civilFromDays(days);
    return zone.startOfDay(year, month, day);
  };
  // Where the clock went back over midnight it shows the old date again; the new day has begun.
  while (startOf(number + 1) <= ms) number += 1;
  const { year, month, day } = civilFromDays(number);
  return { date: formatDate(year, month, day), endMs: startOf(number + 1) };
}
