import type { TariffRef } from '../event-data.ts';
import type { TimedQuantity } from '../rating.ts';
import type { ChargeKind } from './charge-posted.ts';

interface VersionSums {
  /** Charged for the bill's own month, and by the whole bill, without minimum and tax. */
  month: bigint;
  bill: bigint;
  minimum: bigint;
}

/** Use of the bill's own month. */
export interface MonthUse extends TimedQuantity {
  readonly tariff: TariffRef;
  /** Wallet and unit of the meter: what a share by sub-metered use goes by. */
  readonly wallet: string;
  readonly unit: string;
}

/**
 * What the charges of one bill under format 2 rest on: use of its own month, and what each tariff version
 * has charged. Writer and verdict gather it from the same events, in any order.
 */
export class BillSums {
  readonly uses: MonthUse[] = [];
  readonly #versions = new Map<string, VersionSums>();
  readonly #refs = new Map<string, TariffRef>();

  /** An amount of the bill; `isOwn`: of the bill's own month, not late. */
  add(ref: TariffRef, micros: bigint, isOwn: boolean, kind?: ChargeKind): void {
    if (kind === 'tax') return;
    const sums = this.of(ref);
    if (kind === 'minimum') {
      sums.minimum += micros;
      return;
    }
    sums.bill += micros;
    if (isOwn) sums.month += micros;
  }

  of(ref: TariffRef): VersionSums {
    const key = `${ref.id}/${ref.version}`;
    const known = this.#versions.get(key) ?? { month: 0n, bill: 0n, minimum: 0n };
    this.#versions.set(key, known);
    this.#refs.set(key, ref);
    return known;
  }

  /** The tariff versions that charge something on this bill. */
  get refs(): readonly TariffRef[] {
    return [...this.#refs.values()];
  }

  /** Use under any version of a tariff, none of it twice: what overlaps the use before it is left out. */
  intervalsOf(tariff: string): TimedQuantity[] {
    let reachedMs = Number.NEGATIVE_INFINITY;
    return this.uses
      .filter(({ tariff: { id } }) => id === tariff)
      .toSorted((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs)
      .filter(({ fromMs, toMs }) => {
        if (fromMs < reachedMs) return false;
        reachedMs = toMs;
        return true;
      });
  }

  /** Sub-metered use in a wallet and unit, in micros. */
  metered(wallet: string, unit: string): bigint {
    const own = this.uses.filter((use) => use.wallet === wallet && use.unit === unit);
    return own.reduce((sum, { quantityMicros }) => sum + quantityMicros, 0n);
  }
}
