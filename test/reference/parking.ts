import type { ParkingRule } from '../../ledger/core/charges/tariff-v2.ts';
import type { Zone } from '../../ledger/core/zone.ts';

/**
 * What a stay of whole minutes costs by local date, minute by minute: a parking meter that starts a
 * block when the last one has run out, and looks at the clock on the wall. Micros, not rounded.
 */
export function referenceParking(
  rule: Pick<ParkingRule, 'blockMinutes' | 'freeMinutes' | 'free'>,
  price: bigint,
  cap: bigint | undefined,
  zone: Zone,
  [from, to]: readonly [number, number],
  charged: ReadonlyMap<string, bigint>,
): Map<string, bigint> {
  const cost = new Map<string, bigint>();
  const minutes = (to - from) / 60_000;
  if (minutes <= rule.freeMinutes) return cost;
  let paidUntil = rule.free === 'first-minutes' ? rule.freeMinutes : 0;
  for (let minute = 0; minute < minutes; minute += 1) {
    if (minute < paidUntil) continue;
    paidUntil = minute + rule.blockMinutes;
    const { year, month, day } = zone.localParts(from + minute * 60_000);
    const date = [year, month, day].map((part) => String(part).padStart(2, '0')).join('-');
    const already = (cost.get(date) ?? 0n) + (charged.get(date) ?? 0n);
    const room = cap === undefined ? price : cap - already;
    const paid = price < room ? price : room > 0n ? room : 0n;
    cost.set(date, (cost.get(date) ?? 0n) + paid);
  }
  return cost;
}
