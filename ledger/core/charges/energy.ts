import { formatMicros, parseMicros } from '../decimal.ts';
import { type CompiledTariff, compileTariff } from '../rating.ts';
import { Refusal } from '../refusal.ts';
import type { Tariff } from '../tariff.ts';
import { refuseUnplanned } from './event-days.ts';
import { allowanceMicros, quotaLimit } from './quota.ts';
import { type AnyTariff, isMetered, type TariffV2 } from './tariff-v2.ts';
import type { AccountTerms } from './terms.ts';

/** Whether the metered part depends on the terms of an account: by a quota or an allowance by a term. */
export function needsTerms({ quota, allowance }: TariffV2): boolean {
  return quota !== undefined || allowance?.per !== undefined;
}

/** The tier of a free allowance; no tier of a tariff with one may have its name. */
export const FREE_TIER = 'free';

/**
 * Makes the metered part of a tariff ready for `rateInterval`, which rates both formats by the same
 * rules. With terms and event days, the result depends on logged facts alone: the tariff, the
 * account's terms, and the event days. With `index`, its prices are only what is added to the index:
 * such use is for `rateIndexed`. Refuses `tariff-not-metered`, `term-missing`, what
 * `compileTariff` refuses, and `event-day-unplanned`.
 */
export function compileEnergy(
  tariff: AnyTariff,
  terms: AccountTerms,
  eventDates: readonly string[] = [],
): CompiledTariff {
  if (!isMetered(tariff)) {
    const message = `Tariff ${tariff.id} has no price for metered use. Put the meter on another.`;
    throw new Refusal('tariff-not-metered', message, { tariff: tariff.id });
  }
  if (tariff.v === 1) return compileTariff(tariff);
  for (const date of eventDates) refuseUnplanned(tariff, date);
  const energy = energyTariff(tariff, terms);
  const printed = energy.calendar.filter(({ date }) => !eventDates.includes(date));
  const events = eventDates.map((date) => ({ date, as: 'event' as const }));
  return compileTariff({ ...energy, calendar: [...printed, ...events] });
}

/**
 * The metered part in the shape of format 1, for rating only (it is never hashed or logged): limits in
 * percent become quantities, and a free allowance becomes a first tier `free` at price zero. Free use
 * counts toward the limits of the other tiers; a tier that ends within the allowance is left out.
 */
export function energyTariff(tariff: TariffV2, terms: AccountTerms): Tariff {
  const free = tariff.allowance ? allowanceMicros(tariff.allowance, terms) : 0n;
  let reached = free;
  const tiers = tariff.tiers.flatMap(({ tier, upTo, upToPercent }) => {
    if (upTo === undefined && upToPercent === undefined) return [{ tier }];
    const limit = upToPercent
      ? quotaLimit(tariff, terms, upToPercent)
      : parseMicros(upTo ?? '0.000000');
    if (limit <= reached) return [];
    reached = limit;
    return [{ tier, upTo: formatMicros(limit) }];
  });
  const kept = new Set(tiers.map(({ tier }) => tier));
  const prices = tariff.prices.filter(({ tier }) => kept.has(tier));
  const { id, version, name, utility, currency, unit, zone, validFrom, validTo } = tariff;
  const lowered = {
    ...{ v: 1 as const, id, version, name, utility, currency, unit, zone, validFrom },
    ...(validTo === undefined ? {} : { validTo }),
    rounding: tariff.rounding,
    window: tariff.window,
    tiers,
    calendar: tariff.calendar,
    seasons: tariff.seasons,
    prices,
    fees: tariff.fees,
  };
  if (free === 0n) return lowered;
  const periods = new Set(tariff.prices.map(({ period }) => period));
  return {
    ...lowered,
    tiers: [{ tier: FREE_TIER, upTo: formatMicros(free) }, ...tiers],
    prices: [
      ...[...periods].map((period) => ({ period, tier: FREE_TIER, price: '0.000000' })),
      ...prices,
    ],
  };
}
