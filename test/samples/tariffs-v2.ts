import type { TariffV2 } from '../../ledger/core/charges/tariff-v2.ts';
import { flatTariff } from './tariffs.ts';

/** Format 2 with one price at all times; whatever a test is about is laid over it. */
export function tariffV2(changes: Partial<TariffV2> = {}): TariffV2 {
  return { ...flatTariff(), v: 2, ...changes };
}

/** Nothing is metered: fees, parking, shares. */
export function unmeteredTariff(changes: Partial<TariffV2> = {}): TariffV2 {
  return tariffV2({ tiers: [], seasons: [], prices: [], ...changes });
}
