import { DAY_KINDS } from './day-kinds.ts';
import type { Tariff, TariffDays, TariffFinding } from './tariff.ts';
import { clockMinute, clockText } from './time.ts';

/**
 * Every month is in one season, every kind of day in one day plan of each season, and every day
 * plan covers 00:00 to 24:00 once: so each instant has exactly one period.
 */
export function checkSeasons(tariff: Tariff): TariffFinding[] {
  return [
    ...checkMonths(tariff),
    ...tariff.seasons.flatMap((_, index) => checkDays(tariff, index)),
  ];
}

function checkMonths(tariff: Tariff): TariffFinding[] {
  const findings: TariffFinding[] = [];
  const names = new Set<string>();
  const seasonOf = new Map<number, string>();
  tariff.seasons.forEach(({ season, months }, index) => {
    const pointer = `/seasons/${index}`;
    if (names.has(season)) findings.push({ code: 'season-twice', pointer, detail: { season } });
    names.add(season);
    months.forEach((month, place) => {
      const other = seasonOf.get(month);
      if (other !== undefined) {
        const detail = { month, season, other };
        findings.push({ code: 'month-twice', pointer: `${pointer}/months/${place}`, detail });
      }
      seasonOf.set(month, season);
    });
  });
  for (let month = 1; month <= 12; month += 1) {
    if (!seasonOf.has(month)) {
      findings.push({ code: 'month-missing', pointer: '/seasons', detail: { month } });
    }
  }
  return findings;
}

function checkDays(tariff: Tariff, index: number): TariffFinding[] {
  const season = tariff.seasons[index];
  if (!season) return [];
  const findings: TariffFinding[] = [];
  const known = new Set<string>();
  season.days.forEach((days, place) => {
    const pointer = `/seasons/${index}/days/${place}`;
    days.on.forEach((day, at) => {
      if (known.has(day)) {
        const detail = { season: season.season, day };
        findings.push({ code: 'day-twice', pointer: `${pointer}/on/${at}`, detail });
      }
      known.add(day);
    });
    findings.push(...checkSpans(days, season.season, `${pointer}/spans`));
  });
  for (const day of DAY_KINDS) {
    if (!known.has(day)) {
      const detail = { season: season.season, day };
      findings.push({ code: 'day-missing', pointer: `/seasons/${index}/days`, detail });
    }
  }
  return findings;
}

function checkSpans(days: TariffDays, season: string, pointer: string): TariffFinding[] {
  const findings: TariffFinding[] = [];
  const day = days.on.join(',');
  const spans = days.spans
    .map(({ from, to }, place) => ({ from: clockMinute(from), to: clockMinute(to), place }))
    .sort((a, b) => a.from - b.from || a.to - b.to);
  let covered = 0;
  const report = (code: string, at: string, from: number, to: number) => {
    const detail = { season, day, from: clockText(from), to: clockText(to) };
    findings.push({ code, pointer: at, detail });
  };
  for (const { from, to, place } of spans) {
    const at = `${pointer}/${place}`;
    if (to <= from) {
      report('span-empty', at, from, to);
      continue;
    }
    if (from > covered) report('tariff-gap', pointer, covered, from);
    if (from < covered) report('tariff-overlap', at, from, Math.min(covered, to));
    covered = Math.max(covered, to);
  }
  if (covered < 24 * 60) report('tariff-gap', pointer, covered, 24 * 60);
  return findings;
}
