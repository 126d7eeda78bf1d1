import type { StatementIssued } from './core/event-data.ts';
import { parseDate, parseTime } from './core/time.ts';
import { zoneOf } from './core/zone.ts';
import type { FactPlace } from './writer/site-state.ts';

/** A fact of the site that prices depend on, and the time in which they do. */
export interface RuleInForce {
  readonly place: FactPlace;
  readonly tariff: string;
  /** Of an event day. */
  readonly fromMs?: number;
}

/** `<id>/<version>` of the tariff that an event names; `/` where it names none. */
export function namedVersion(event: string): string {
  const m = /"tariff":\{"hash":"[0-9a-f]{64}","id":"([^"]*)","version":([0-9]+)\}/.exec(event);
  return `${m?.[1] ?? ''}/${m?.[2] ?? ''}`;
}

/** Ids of the tariffs that events name. */
export function namedTariffs(events: readonly string[]): Set<string> {
  return new Set(events.map((event) => namedVersion(event).split('/')[0] ?? ''));
}

/** The event days of these tariffs between the bill's first reading and its end, and the month's pools. */
export function rulesInForce(
  places: readonly FactPlace[],
  tariffs: ReadonlySet<string>,
  data: StatementIssued,
): RuleInForce[] {
  const zone = zoneOf(data.zone);
  const startMs = Math.min(
    ...[data.from, ...data.meters.map(({ from }) => from.at)].map(parseTime),
  );
  const endMs = parseTime(data.to);
  return places.flatMap((place) => {
    const parts = place.key.split('/');
    if (parts.length > 2) return poolOf(place, parts, tariffs, data.period);
    const [tariff = '', date = ''] = parts;
    if (!tariffs.has(tariff)) return [];
    const { year, month, day } = parseDate(date);
    const fromMs = zone.startOfDay(year, month, day);
    const isOver = zone.startOfDay(year, month, day + 1) <= startMs;
    return isOver || fromMs >= endMs ? [] : [{ place, tariff, fromMs }];
  });
}

function poolOf(
  place: FactPlace,
  [, tariff = '', , month]: readonly string[],
  tariffs: ReadonlySet<string>,
  period: string,
): RuleInForce[] {
  return month === period && tariffs.has(tariff) ? [{ place, tariff }] : [];
}

/** Numbers of the bill's first charges after each of these began to count: their places show the order. */
export function usesUnderRules(
  rules: readonly RuleInForce[],
  opened: readonly string[],
  { first, period }: StatementIssued,
): number[] {
  const uses = rules.flatMap(({ tariff, fromMs }) => {
    if (fromMs === undefined) return [];
    const at = opened.findIndex((text) => {
      if (!text.endsWith('"type":"usage.deducted","v":1}')) return false;
      if (!text.includes(`"period":"${period}","postings":[`)) return false;
      const end = /"at":"([^"]*)"/.exec(text)?.[1] ?? '';
      return namedVersion(text).startsWith(`${tariff}/`) && parseTime(end) > fromMs;
    });
    return at < 0 ? [] : [first + at];
  });
  return [...new Set(uses)];
}
