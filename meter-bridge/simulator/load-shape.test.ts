import { describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../ledger/core/time.ts';
import { DAY_PATTERNS, shapedLoad } from './load-shape.ts';

const ORIGIN = Date.UTC(2026, 7, 1);

function load(seed: number) {
  return shapedLoad({
    seed,
    pattern: DAY_PATTERNS.shop,
    microsPerHour: 2_000_000n,
    originMs: ORIGIN,
    offsetMs: 8 * HOUR_MS,
  });
}

describe('a shaped load', () => {
  it('depends on seed and time alone, in whatever order it is asked', () => {
    const times = Array.from({ length: 200 }, (_, i) => ORIGIN + i * 1_234_567);
    const forward = load(3);
    const ascending = times.map((ms) => forward.at(ms));
    const jumping = load(3);
    const descending = times.toReversed().map((ms) => jumping.at(ms));
    expect(descending.toReversed()).toEqual(ascending);
    expect(load(4).at(times.at(-1) ?? 0)).not.toBe(ascending.at(-1));
  });

  it('never falls, is zero at its origin, and stays near its mean over weeks', () => {
    const shop = load(1);
    const hours = Array.from(
      { length: 24 * 28 + 1 },
      (_, i) => shop.at(ORIGIN + i * HOUR_MS) ?? -1n,
    );
    expect(hours[0]).toBe(0n);
    expect(shop.at(ORIGIN - HOUR_MS)).toBe(0n);
    expect(hours.every((value, i) => i === 0 || value >= (hours[i - 1] ?? 0n))).toBe(true);
    const mean = (hours.at(-1) ?? 0n) / BigInt(24 * 28);
    expect(mean > 1_800_000n && mean < 2_800_000n).toBe(true);
  });
});
