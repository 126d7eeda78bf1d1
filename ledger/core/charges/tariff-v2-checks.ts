import { formatMicros, parseMicros } from '../decimal.ts';
import { Refusal } from '../refusal.ts';
import { type Tariff, type TariffFinding, type TariffFindings, validateTariff } from '../tariff.ts';
import { checkCalendar, checkFees, checkValidity, findingSentence } from '../tariff-checks.ts';
import { nanosOf } from './charge.ts';
import { FREE_TIER } from './energy.ts';
import { checkExcess } from './quota.ts';
import { type AnyTariff, isMetered, type TariffV2 } from './tariff-v2.ts';
import { checkNumbers } from './tariff-v2-numbers.ts';

/**
 * What keeps a tariff of either format from charging exactly what it says (errors), and what its
 * publisher should know (warnings). Format 1 is judged as ever; for format 2 its checks come first.
 */
export function validateAnyTariff(tariff: AnyTariff): TariffFindings {
  if (tariff.v === 1) return validateTariff(tariff);
  const metered = isMetered(tariff) ? validateTariff(asFormat1(tariff)) : checkUnmetered(tariff);
  return {
    errors: [
      ...metered.errors.map((finding) => inPercent(tariff, finding)),
      ...checkLimits(tariff),
      ...checkAllowance(tariff),
      ...checkIndex(tariff),
      ...checkDemand(tariff),
      ...checkFeeNames(tariff),
      ...checkShares(tariff),
      ...checkNumbers(tariff),
    ],
    warnings: [...metered.warnings, ...checkExcess(tariff), ...checkCap(tariff)],
  };
}

/** Refuses with the code of the first error, naming the place and all values. */
export function refuseInvalid(tariff: AnyTariff): void {
  const [error] = validateAnyTariff(tariff).errors;
  if (!error) return;
  const params = { ...error.detail, pointer: error.pointer };
  throw new Refusal(error.code, findingSentence(error), params);
}

/** For the checks of format 1: a limit in percent stands for a quantity that ascends alike. */
function asFormat1(tariff: TariffV2): Tariff {
  const tiers = tariff.tiers.map(({ tier, upTo, upToPercent }) => {
    const limit = upToPercent === undefined ? upTo : formatMicros(nanosOf(upToPercent));
    return { tier, ...(limit === undefined ? {} : { upTo: limit }) };
  });
  return { ...tariff, v: 1, tiers };
}

function inPercent(tariff: TariffV2, finding: TariffFinding): TariffFinding {
  const [, index] = /^\/tiers\/(\d+)\/upTo$/.exec(finding.pointer) ?? [];
  const percent = index === undefined ? undefined : tariff.tiers[Number(index)]?.upToPercent;
  if (percent === undefined) return finding;
  const detail = { ...finding.detail, upTo: `${percent} %` };
  return { ...finding, pointer: `${finding.pointer}Percent`, detail };
}

function checkUnmetered(tariff: TariffV2): TariffFindings {
  const plain: Tariff = { ...tariff, v: 1, tiers: [] };
  const { fees, quantityFees, demand, capacity, parking, minimum, shares } = tariff;
  const has = [demand, capacity, parking, minimum].some((member) => member !== undefined);
  const listed = fees.length + (quantityFees?.length ?? 0) + (shares?.length ?? 0);
  const empty = !has && listed === 0 ? [{ code: 'tariff-empty', pointer: '', detail: {} }] : [];
  const errors = [...checkValidity(plain), ...checkCalendar(plain), ...checkFees(plain), ...empty];
  return { errors, warnings: [] };
}

/** Limits are all quantities or all percentages of a quota that the tariff names. */
function checkLimits({ tiers, quota }: TariffV2): TariffFinding[] {
  const findings: TariffFinding[] = [];
  tiers.forEach(({ tier, upTo, upToPercent }, i) => {
    if (upTo === undefined || upToPercent === undefined) return;
    findings.push({ code: 'tier-limit-twice', pointer: `/tiers/${i}`, detail: { tier } });
  });
  const percents = tiers.filter(({ upToPercent }) => upToPercent !== undefined).length;
  const quantities = tiers.filter(({ upTo }) => upTo !== undefined).length;
  if (percents > 0 && quantities > 0 && findings.length === 0) {
    findings.push({ code: 'tier-limits-mixed', pointer: '/tiers', detail: {} });
  }
  if (percents > 0 && !quota)
    findings.push({ code: 'quota-missing', pointer: '/quota', detail: {} });
  if (quota && percents === 0) findings.push({ code: 'quota-idle', pointer: '/quota', detail: {} });
  const multiples = quota?.excess?.multiples;
  if (!multiples) return findings;
  const above = tiers.slice(1).map(({ tier }) => tier);
  for (const tier of Object.keys(multiples)) {
    if (above.includes(tier)) continue;
    const pointer = `/quota/excess/multiples/${tier}`;
    findings.push({ code: 'multiple-spare', pointer, detail: { tier } });
  }
  for (const tier of above) {
    if (Object.hasOwn(multiples, tier)) continue;
    const pointer = '/quota/excess/multiples';
    findings.push({ code: 'multiple-missing', pointer, detail: { tier } });
  }
  return findings;
}

/** Free use leaves every tier something, and no tier has its name. */
function checkAllowance({ tiers, allowance }: TariffV2): TariffFinding[] {
  if (!allowance) return [];
  const free = parseMicros(allowance.upTo);
  return tiers.flatMap(({ tier, upTo }, i): TariffFinding[] => {
    const pointer = `/tiers/${i}`;
    if (tier === FREE_TIER) return [{ code: 'tier-twice', pointer, detail: { tier } }];
    if (upTo === undefined || allowance.per !== undefined || parseMicros(upTo) > free) return [];
    const detail = { tier, upTo, free: allowance.upTo };
    return [{ code: 'tier-unreachable', pointer: `${pointer}/upTo`, detail }];
  });
}

/** An indexed price has no tiers: it is what the list says, whatever was used before. */
function checkIndex({ index, tiers, allowance }: TariffV2): TariffFinding[] {
  if (!index || (tiers.length === 1 && !allowance)) return [];
  return [{ code: 'index-tiers', pointer: '/index', detail: { tiers: tiers.length } }];
}

/** Mean power in kW comes from energy in kWh. */
function checkDemand({ demand, unit }: TariffV2): TariffFinding[] {
  if (!demand || unit === 'kWh') return [];
  return [{ code: 'demand-unit', pointer: '/unit', detail: { unit } }];
}

function checkFeeNames(tariff: TariffV2): TariffFinding[] {
  const names = new Set(tariff.fees.map(({ fee }) => fee));
  if (tariff.capacity) names.add('capacity');
  return (tariff.quantityFees ?? []).flatMap(({ fee }, i) => {
    const known = names.has(fee);
    names.add(fee);
    return known ? [{ code: 'fee-twice', pointer: `/quantityFees/${i}`, detail: { fee } }] : [];
  });
}

/** A quantity is shared at a price, an amount without one. */
function checkShares({ shares = [] }: TariffV2): TariffFinding[] {
  const names = new Set<string>();
  return shares.flatMap(({ share, pool, price }, i) => {
    const findings: TariffFinding[] = [];
    const pointer = `/shares/${i}`;
    const detail = { share };
    if (names.has(share)) findings.push({ code: 'share-twice', pointer, detail });
    names.add(share);
    if (pool === 'quantity' && price === undefined) {
      findings.push({ code: 'share-price-missing', pointer, detail });
    }
    if (pool === 'amount' && price !== undefined) {
      findings.push({ code: 'share-price-spare', pointer: `${pointer}/price`, detail });
    }
    return findings;
  });
}

/** A cap that one block exceeds makes a price per day: perhaps meant, perhaps a slip. */
function checkCap({ parking }: TariffV2): TariffFinding[] {
  if (parking?.dailyCap === undefined) return [];
  const { dailyCap: cap, price } = parking;
  if (parseMicros(cap) >= parseMicros(price)) return [];
  return [{ code: 'cap-below-price', pointer: '/parking/dailyCap', detail: { cap, price } }];
}
