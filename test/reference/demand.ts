import type { TimedQuantity } from '../../ledger/core/rating.ts';
import type { Zone } from '../../ledger/core/zone.ts';

/**
 * The maximum demand of a month, as slow and as plain as can be: each window asks every interval for its
 * part, and counts only if it is covered minute by minute. Times are whole minutes.
 */
export function referenceDemand(
  intervals: readonly TimedQuantity[],
  windowMinutes: number,
  zone: Zone,
  [year, month, days]: readonly [number, number, number],
): { power: bigint; at: number; complete: number } {
  let [power, at, complete] = [0n, 0, 0];
  for (let day = 1; day <= days; day += 1) {
    const midnight = zone.startOfDay(year, month, day);
    const next = zone.startOfDay(year, month, day + 1);
    for (let from = midnight; from < next; from += windowMinutes * 60_000) {
      const to = Math.min(from + windowMinutes * 60_000, next);
      if (!isCovered(intervals, from, to)) continue;
      let energy = 0n;
      for (const interval of intervals) {
        energy += shareUpTo(interval, to) - shareUpTo(interval, from);
      }
      const mean = halfUp(energy * 3_600_000n, BigInt(to - from));
      if (complete === 0 || mean > power) [power, at] = [mean, from];
      complete += 1;
    }
  }
  return { power, at, complete };
}

function isCovered(intervals: readonly TimedQuantity[], from: number, to: number): boolean {
  for (let minute = from; minute < to; minute += 60_000) {
    if (!intervals.some(({ fromMs, toMs }) => fromMs <= minute && minute < toMs)) return false;
  }
  return true;
}

function shareUpTo({ fromMs, toMs, quantityMicros }: TimedQuantity, ms: number): bigint {
  if (ms <= fromMs) return 0n;
  if (ms >= toMs) return quantityMicros;
  return (quantityMicros * BigInt(ms - fromMs)) / BigInt(toMs - fromMs);
}

function halfUp(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}
