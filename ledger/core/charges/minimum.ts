import { formatMicros, parseMicros, powerOfTen } from '../decimal.ts';
import { integer, MICROS, object, oneOf, type Read, text } from '../shape.ts';
import { type Charge, type Rounding, roundMoney } from './charge.ts';
import type { MinimumRule } from './tariff-v2.ts';
import { type AccountTerms, termOf } from './terms.ts';

/** What an event says of the rest up to a month's minimum. */
export const minimumLine = object(
  {
    formula: oneOf('max(0, minimum x days / of - charged)'),
    minimum: text(MICROS),
    charged: text(MICROS),
    days: integer(),
    of: integer(1),
    amount: text(MICROS),
  },
  { quantity: text(MICROS) },
);
export type MinimumLine = Read<typeof minimumLine>;

export interface MinimumFacts {
  readonly rule: MinimumRule;
  readonly rounding: Rounding;
  readonly terms: AccountTerms;
  /** All charges of the month to the wallet under this tariff, tax on top not included. */
  readonly chargedMicros: bigint;
  readonly days: number;
  readonly of: number;
}

/**
 * What is missing to the minimum of a month: R(minimum x days / of) less what was charged, or zero. The
 * minimum is the amount, times a term of the account where the rule says so (`quantity`); with
 * proration `none` it is whole as soon as one day was active. Refuses `term-missing`, `term-negative`.
 */
export function minimumCharge(facts: MinimumFacts): Charge<MinimumLine> {
  const { rule, rounding, terms, chargedMicros, days, of } = facts;
  const quantity = rule.per === undefined ? undefined : termOf(terms, rule.per);
  const share = rule.proration === 'daily' ? days : days > 0 ? of : 0;
  const exact = parseMicros(rule.amount) * (quantity ?? powerOfTen(6)) * BigInt(share);
  const due = roundMoney(exact, BigInt(of), rounding);
  const amountMicros = due > chargedMicros ? due - chargedMicros : 0n;
  const line: MinimumLine = {
    ...{ formula: 'max(0, minimum x days / of - charged)', minimum: rule.amount },
    ...(quantity === undefined ? {} : { quantity: formatMicros(quantity) }),
    ...{ charged: formatMicros(chargedMicros), days, of, amount: formatMicros(amountMicros) },
  };
  return { amountMicros, line };
}
