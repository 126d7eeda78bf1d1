import { HOUR_MS } from '../../ledger/core/time.ts';

/**
 * What has flowed through a meter. `micros` counts millionths of the utility's unit (kWh, m3) since
 * the load began; `undefined` where nothing is known and a poll has to fail.
 */
export interface Load {
  at(ms: number): bigint | undefined;
}

/** A daily pattern in percent of the mean rate, one figure an hour of the local day. */
export interface DayPattern {
  readonly workday: readonly number[];
  readonly weekend: readonly number[];
}

export interface ShapeOptions {
  /** Equal seeds give equal loads, whatever is asked in between and in whatever order. */
  readonly seed: number;
  readonly pattern: DayPattern;
  /** Mean rate, in millionths of the unit an hour. */
  readonly microsPerHour: bigint;
  /** The load is zero before this instant. */
  readonly originMs: number;
  /** Local time minus UTC, which places the pattern in the day. */
  readonly offsetMs: number;
}

const SLOT_MS = HOUR_MS / 4;
const DAY_MS = 24 * HOUR_MS;

/** A pattern with seeded noise of a quarter either way, constant within each quarter of an hour. */
export function shapedLoad(options: ShapeOptions): Load {
  const first = Math.floor(options.originMs / SLOT_MS);
  let slot = first;
  let done = 0n;
  return {
    at(ms) {
      const wanted = Math.max(first, Math.floor(ms / SLOT_MS));
      if (wanted < slot) {
        slot = first;
        done = 0n;
      }
      for (; slot < wanted; slot++) done += rateIn(options, slot) * BigInt(SLOT_MS);
      const within = BigInt(Math.max(0, ms - slot * SLOT_MS));
      return (done + rateIn(options, slot) * within) / BigInt(HOUR_MS);
    },
  };
}

/** Shapes of the demonstration building, by name. */
export const DAY_PATTERNS = {
  home: {
    workday: pattern(
      '40 35 30 30 30 45 90 130 90 60 55 60 90 80 60 60 75 130 220 270 260 220 150 80',
    ),
    weekend: pattern(
      '50 40 35 30 30 35 60 100 130 140 130 130 150 140 120 110 120 150 210 240 230 200 150 90',
    ),
  },
  shop: {
    workday: pattern(
      '20 20 20 20 20 25 40 80 130 170 180 190 200 200 190 180 180 190 190 170 120 60 30 25',
    ),
    weekend: pattern(
      '20 20 20 20 20 25 40 90 150 200 220 230 240 240 230 220 220 220 210 180 130 70 30 25',
    ),
  },
  office: {
    workday: pattern(
      '25 25 25 25 25 30 60 120 190 220 220 210 180 210 220 220 210 170 110 70 50 40 30 25',
    ),
    weekend: pattern('25 25 25 25 25 25 25 30 35 40 40 40 40 40 40 40 35 30 30 25 25 25 25 25'),
  },
  flat: { workday: pattern('100'), weekend: pattern('100') },
} as const satisfies Readonly<Record<string, DayPattern>>;

export type PatternName = keyof typeof DAY_PATTERNS;

function pattern(text: string): readonly number[] {
  return text.split(' ').map(Number);
}

function rateIn(options: ShapeOptions, slot: number): bigint {
  const localMs = slot * SLOT_MS + options.offsetMs;
  const day = Math.floor(localMs / DAY_MS);
  // Day 0 was a Thursday.
  const weekend = (((day + 3) % 7) + 7) % 7 >= 5;
  const figures = weekend ? options.pattern.weekend : options.pattern.workday;
  const hour = Math.floor((localMs - day * DAY_MS) / HOUR_MS);
  const percent = figures[hour % figures.length] ?? 100;
  const noise = 75 + (mix(options.seed, slot) % 51);
  return (options.microsPerHour * BigInt(percent * noise)) / 10_000n;
}

/** A 32-bit mix of seed and slot (the finaliser of MurmurHash3): noise without any state. */
function mix(seed: number, slot: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(slot | 0, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
