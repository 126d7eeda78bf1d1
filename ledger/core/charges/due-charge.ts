import type { TariffRef } from '../event-data.ts';
import type { Zone } from '../zone.ts';
import type { BillSums } from './bill-sums.ts';
import type { Charge } from './charge.ts';
import type { ChargeKind } from './charge-posted.ts';
import { demandCharge, maximumDemand } from './demand.ts';
import { minimumCharge } from './minimum.ts';
import { powerBasis } from './power-basis.ts';
import { capacityFee, quantityFeeCharge } from './quantity-fees.ts';
import type { TariffV2 } from './tariff-v2.ts';
import { taxOf } from './tax.ts';
import type { AccountTerms } from './terms.ts';
import type { TermsCourse } from './terms-course.ts';

/** What a charge of one month under one tariff version rests on. */
export interface DueFacts {
  readonly ref: TariffRef;
  readonly tariff: TariffV2;
  readonly zone: Zone;
  readonly terms: AccountTerms;
  readonly period: string;
  readonly sums: BillSums;
  readonly days: number;
  readonly of: number;
}

export interface DueName {
  readonly charge: ChargeKind;
  readonly name: string;
}

/** What a month under a tariff may be charged when its bill closes, in the order in which it is posted. */
export function closingCharges(tariff: TariffV2): DueName[] {
  const { quantityFees = [], demand, capacity, minimum, tax } = tariff;
  const names: (DueName | undefined)[] = [
    ...quantityFees.map(({ fee }) => ({ charge: 'fee' as const, name: fee })),
    demand && { charge: 'demand', name: 'demand' },
    capacity && { charge: 'fee', name: 'capacity' },
    minimum && { charge: 'minimum', name: 'minimum' },
    tax && { charge: 'tax', name: tax.tax },
  ];
  return names.filter((due) => due !== undefined);
}

/**
 * One of `closingCharges` as it is charged: `amountMicros` is what the bill grows by. Undefined where the
 * tariff has no such charge, or the account's basis for power is another. Refuses what the charge does.
 */
export function dueCharge({ charge, name }: DueName, facts: DueFacts): Charge<object> | undefined {
  const { tariff, terms, days, of, sums, ref } = facts;
  const { rounding } = tariff;
  const month = { rounding, terms, days, of };
  if (charge === 'fee') {
    const isCapacity = name === 'capacity' && tariff.capacity;
    if (isCapacity && powerBasis(tariff, terms) !== 'capacity') return undefined;
    const rule = isCapacity
      ? capacityFee(isCapacity)
      : tariff.quantityFees?.find(({ fee }) => fee === name);
    return rule && quantityFeeCharge({ rule, ...month });
  }
  // One name each: a second one would be a second charge.
  if (charge === 'demand') return name === 'demand' ? dueDemand(facts) : undefined;
  if (charge === 'minimum' && name === 'minimum' && tariff.minimum) {
    const chargedMicros = sums.of(ref).month;
    return minimumCharge({ rule: tariff.minimum, chargedMicros, ...month });
  }
  if (charge !== 'tax' || tariff.tax?.tax !== name) return undefined;
  const { bill, minimum } = sums.of(ref);
  const { amountMicros, line } = taxOf(tariff.tax, bill + minimum);
  return { amountMicros: tariff.tax.mode === 'on-top' ? amountMicros : 0n, line };
}

function dueDemand(facts: DueFacts): Charge<object> | undefined {
  const { tariff, terms, zone, period, sums, days, of, ref } = facts;
  const { demand: rule, rounding } = tariff;
  const basis = powerBasis(tariff, terms);
  if (rule === undefined || basis === undefined || basis === 'capacity') return undefined;
  const peak = maximumDemand(sums.intervalsOf(ref.id), rule.windowMinutes, zone, period);
  return demandCharge({ rule, rounding, terms, basis, peak, days, of });
}

/** From when on in a month an account is on a tariff by its terms; undefined where it is not. */
export function onTariffFrom(course: TermsCourse, tariff: string, month: string, startMs: number) {
  const set = course.in(month);
  if (set?.tariffs?.includes(tariff) !== true) return undefined;
  return set.version === 1 && set.from === month ? Math.max(set.atMs, startMs) : startMs;
}
