import { parseMicros } from './decimal.ts';
import { Refusal } from './refusal.ts';
import type { Tariff, TariffFinding } from './tariff.ts';
import { parseDate, parseTime } from './time.ts';
import { zoneOf } from './zone.ts';

/** The version applies for some time, in a zone that is known. */
export function checkValidity(tariff: Tariff): TariffFinding[] {
  const findings: TariffFinding[] = [];
  const { validFrom, validTo, zone } = tariff;
  if (refusedBy(() => zoneOf(zone))) {
    findings.push({ code: 'unknown-zone', pointer: '/zone', detail: { zone } });
  }
  if (validTo !== undefined && parseTime(validTo) <= parseTime(validFrom)) {
    const detail = { validFrom, validTo };
    findings.push({ code: 'validity-empty', pointer: '/validTo', detail });
  }
  return findings;
}

/** Limits ascend from above zero, the last tier has none, and no tier is named twice. */
export function checkTiers(tariff: Tariff): TariffFinding[] {
  const findings: TariffFinding[] = [];
  const names = new Set<string>();
  let below = 0n;
  if (tariff.tiers.length === 0) findings.push({ code: 'no-tier', pointer: '/tiers', detail: {} });
  tariff.tiers.forEach(({ tier, upTo }, index) => {
    const pointer = `/tiers/${index}`;
    const isLast = index === tariff.tiers.length - 1;
    if (names.has(tier)) findings.push({ code: 'tier-twice', pointer, detail: { tier } });
    names.add(tier);
    if (upTo === undefined) {
      if (!isLast) findings.push({ code: 'tier-limit-missing', pointer, detail: { tier } });
      return;
    }
    if (isLast) {
      findings.push({
        code: 'last-tier-limited',
        pointer: `${pointer}/upTo`,
        detail: { tier, upTo },
      });
    }
    const limit = parseMicros(upTo);
    if (limit <= below) {
      findings.push({ code: 'tier-order', pointer: `${pointer}/upTo`, detail: { tier, upTo } });
    }
    below = limit;
  });
  return findings;
}

/** Every calendar entry is a date that exists, and is one thing only. */
export function checkCalendar(tariff: Tariff): TariffFinding[] {
  const findings: TariffFinding[] = [];
  const dates = new Set<string>();
  tariff.calendar.forEach(({ date }, index) => {
    const pointer = `/calendar/${index}/date`;
    if (refusedBy(() => parseDate(date))) {
      findings.push({ code: 'date-invalid', pointer, detail: { date } });
    } else if (dates.has(date)) {
      findings.push({ code: 'date-twice', pointer, detail: { date } });
    }
    dates.add(date);
  });
  return findings;
}

/** Exactly one price for each period of the day plans in each tier, and no other. */
export function checkPrices(tariff: Tariff): TariffFinding[] {
  const findings: TariffFinding[] = [];
  const wanted = new Map<string, { period: string; tier: string }>();
  for (const period of periodsOf(tariff)) {
    for (const { tier } of tariff.tiers) wanted.set(`${period}/${tier}`, { period, tier });
  }
  const found = new Set<string>();
  tariff.prices.forEach(({ period, tier }, index) => {
    const pointer = `/prices/${index}`;
    const key = `${period}/${tier}`;
    const detail = { period, tier };
    if (!wanted.has(key)) findings.push({ code: 'price-spare', pointer, detail });
    else if (found.has(key)) findings.push({ code: 'price-twice', pointer, detail });
    found.add(key);
  });
  for (const [key, detail] of wanted) {
    if (!found.has(key)) findings.push({ code: 'price-missing', pointer: '/prices', detail });
  }
  return findings;
}

/** No fee is listed twice. */
export function checkFees(tariff: Tariff): TariffFinding[] {
  const findings: TariffFinding[] = [];
  const names = new Set<string>();
  tariff.fees.forEach(({ fee }, index) => {
    const pointer = `/fees/${index}`;
    if (names.has(fee)) findings.push({ code: 'fee-twice', pointer, detail: { fee } });
    names.add(fee);
  });
  return findings;
}

/** The periods that the day plans name, in the order of first mention. */
export function periodsOf(tariff: Tariff): string[] {
  const periods = new Set<string>();
  for (const season of tariff.seasons) {
    for (const days of season.days) for (const span of days.spans) periods.add(span.period);
  }
  return [...periods];
}

/** Every error as a sentence: what is wrong, where, and with which values. */
export function findingSentence(finding: TariffFinding): string {
  const { season, day, from, to, period, tier } = finding.detail;
  const said = Object.entries(finding.detail).map(([name, value]) => `${name} ${value}`);
  switch (finding.code) {
    case 'tariff-gap':
      return `Season ${season}, ${day}: nothing is priced from ${from} to ${to}. Add a span.`;
    case 'tariff-overlap':
      return `Season ${season}, ${day}: ${from} to ${to} is in two spans. Shorten one.`;
    case 'price-missing':
      return `There is no price for period ${period} in tier ${tier}. Add one.`;
    case 'price-spare':
      return `No span and tier uses the price for period ${period}, tier ${tier}. Remove it.`;
    default:
      return `Correct ${finding.pointer}: ${finding.code} (${said.join(', ')}).`;
  }
}

function refusedBy(act: () => unknown): boolean {
  try {
    act();
    return false;
  } catch (error) {
    if (error instanceof Refusal) return true;
    throw error;
  }
}
