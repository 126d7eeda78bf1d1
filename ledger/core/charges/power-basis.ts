import { Refusal } from '../refusal.ts';
import type { TariffV2 } from './tariff-v2.ts';
import type { AccountTerms } from './terms.ts';

/** Undefined where the tariff charges no power. Refuses `basis-missing` where nothing decides. */
export function powerBasis(tariff: TariffV2, terms: AccountTerms) {
  const { demand, capacity } = tariff;
  if (!demand && !capacity) return undefined;
  const basis = terms.basis ?? (demand ? undefined : 'capacity');
  const fits = basis === 'capacity' ? capacity : basis && demand;
  if (basis && fits) return basis;
  const message = `Tariff ${tariff.id} charges power; the account's terms do not say how.`;
  throw new Refusal('basis-missing', message, { tariff: tariff.id });
}
