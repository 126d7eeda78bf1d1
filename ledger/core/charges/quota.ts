import { formatMicros, parseMicros, powerOfTen, roundDiv } from '../decimal.ts';
import { Refusal } from '../refusal.ts';
import type { TariffFinding } from '../tariff.ts';
import { nanosOf, percentOf } from './charge.ts';
import type { AllowanceRule, TariffV2 } from './tariff-v2.ts';
import { type AccountTerms, termOf } from './terms.ts';

/**
 * A tier's limit in micros: percent of the account's quota for the window, a fraction of a micro
 * dropped. Refuses `quota-missing` where the tariff names no quota, and `term-missing`.
 */
export function quotaLimit(tariff: TariffV2, terms: AccountTerms, percent: string): bigint {
  if (tariff.quota) return percentOf(termOf(terms, tariff.quota.term), percent);
  const message = `Tariff ${tariff.id} has a limit of ${percent} %, but names no quota.`;
  throw new Refusal('quota-missing', message, { tariff: tariff.id, percent });
}

/** Free use per window in micros: the rule's quantity, times a term of the account where it says so. */
export function allowanceMicros(rule: AllowanceRule, terms: AccountTerms): bigint {
  const upTo = parseMicros(rule.upTo);
  if (rule.per === undefined) return upTo;
  return (upTo * termOf(terms, rule.per)) / powerOfTen(6);
}

/**
 * Compares the printed prices above the quota with first tier's price + multiple x base, rounded half up
 * to 6 decimals (Henan: base the water price, +1 below 10 % over, up to +5). The printed price is
 * billed; a difference is only reported.
 */
export function checkExcess(tariff: TariffV2): TariffFinding[] {
  const excess = tariff.quota?.excess;
  const [first] = tariff.tiers;
  if (!excess || !first) return [];
  const multiples = new Map(Object.entries(excess.multiples));
  return tariff.prices.flatMap(({ period, tier, price }, i) => {
    const multiple = multiples.get(tier);
    const own = tariff.prices.find((other) => other.period === period && other.tier === first.tier);
    if (multiple === undefined || !own) return [];
    const surcharge = roundDiv(
      parseMicros(excess.base) * nanosOf(multiple),
      powerOfTen(9),
      'half-up',
    );
    const computed = parseMicros(own.price) + surcharge;
    const printed = parseMicros(price);
    if (printed === computed) return [];
    const detail = {
      ...{ period, tier, printed: price, computed: formatMicros(computed) },
      difference: formatMicros(printed - computed),
    };
    return [{ code: 'price-differs-from-excess', pointer: `/prices/${i}/price`, detail }];
  });
}
