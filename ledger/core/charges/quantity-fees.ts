import { formatMicros, parseMicros } from '../decimal.ts';
import { ID, integer, MICROS, object, oneOf, type Read, shown, text } from '../shape.ts';
import { type Charge, type Rounding, roundMoney } from './charge.ts';
import type { CapacityRule, QuantityFee } from './tariff-v2.ts';
import { type AccountTerms, termOf } from './terms.ts';

/** What an event says of a fee by quantity: area, kVA, parking places. */
export const quantityFeeLine = object({
  formula: oneOf('price x quantity x days / of'),
  fee: text(ID),
  term: text(ID),
  unit: shown(1, 16),
  price: text(MICROS),
  quantity: text(MICROS),
  days: integer(),
  of: integer(1),
  amount: text(MICROS),
});
export type QuantityFeeLine = Read<typeof quantityFeeLine>;

export interface QuantityFeeFacts {
  readonly rule: QuantityFee;
  readonly rounding: Rounding;
  readonly terms: AccountTerms;
  /** Active days of the month, and all of them, as `activeDays` counts them. */
  readonly days: number;
  readonly of: number;
}

/**
 * R(price x quantity x days / of), rounded once; with proration `none` the whole month as soon as one
 * day was active. Refuses `term-missing`, `term-negative`.
 */
export function quantityFeeCharge(facts: QuantityFeeFacts): Charge<QuantityFeeLine> {
  const { rule, rounding, terms, days, of } = facts;
  const quantity = termOf(terms, rule.term);
  const share = rule.proration === 'daily' ? days : days > 0 ? of : 0;
  const exact = parseMicros(rule.price) * quantity * BigInt(share);
  const amountMicros = roundMoney(exact, BigInt(of), rounding);
  const { fee, term, unit, price } = rule;
  const line: QuantityFeeLine = {
    ...{ formula: 'price x quantity x days / of', fee, term, unit, price },
    quantity: formatMicros(quantity),
    ...{ days, of, amount: formatMicros(amountMicros) },
  };
  return { amountMicros, line };
}

/** The capacity charge of a month: a fee by kVA of the account's transformers. */
export function capacityFee(rule: CapacityRule): QuantityFee {
  return { fee: 'capacity', unit: 'kVA', ...rule };
}
