import { Refusal } from '../refusal.ts';
import { HASH, ID, object, oneOf, type Read, shown, text } from '../shape.ts';
import { parseDate } from '../time.ts';
import { zoneOf } from '../zone.ts';
import type { AnyTariff } from './tariff-v2.ts';

/** A day on which the event plan of a tariff applies, and what made it one. */
const eventDay = object({
  tariff: text(ID),
  date: text(/^\d{4}-\d{2}-\d{2}$/),
  as: oneOf('event'),
  /** Who said it, in which words, and the SHA-256 of the document that they stand in. */
  evidence: object({ source: shown(1, 200), text: shown(1, 1000), hash: text(HASH) }),
});

/** The `data` of the fact: it is of the site, logged before the day begins, and never taken back. */
export type EventDay = Read<typeof eventDay>;

/** Refuses `bad-shape`, and `bad-date` for a date that does not exist. */
export function parseEventDay(value: unknown, pointer = ''): EventDay {
  const fact = eventDay(value, pointer);
  parseDate(fact.date);
  return fact;
}

/**
 * Whether the fact, logged at `loggedMs`, makes its date an event day of this tariff, of which
 * `known` dates are event days already. Writer and verifier ask the same. Refuses `event-day-late` from
 * the first instant of that local day on, so that nobody learns afterwards that an hour was dear;
 * `event-day-twice`; and `event-day-unplanned`.
 */
export function admitEventDay(
  tariff: AnyTariff,
  fact: EventDay,
  loggedMs: number,
  known: readonly string[],
): void {
  const { date } = fact;
  const { year, month, day } = parseDate(date);
  if (fact.tariff !== tariff.id) throw unplanned(tariff.id, date);
  refuseUnplanned(tariff, date);
  if (known.includes(date)) {
    throw new Refusal('event-day-twice', `${date} is an event day already.`, { date });
  }
  if (loggedMs >= zoneOf(tariff.zone).startOfDay(year, month, day)) {
    const message = `${date} has begun in ${tariff.zone}. An event day is logged before it begins.`;
    throw new Refusal('event-day-late', message, { date, zone: tariff.zone });
  }
}

/** Refuses `event-day-unplanned` where the season of the date has no plan for an event day. */
export function refuseUnplanned(tariff: AnyTariff, date: string): void {
  if (!hasEventPlan(tariff, date)) throw unplanned(tariff.id, date);
}

/** Whether the season of the date has a plan for an event day. */
export function hasEventPlan(tariff: AnyTariff, date: string): boolean {
  const { month } = parseDate(date);
  const season = tariff.seasons.find(({ months }) => months.includes(month));
  return season?.days.some(({ on }) => on.includes('event')) === true;
}

function unplanned(tariff: string, date: string): Refusal {
  const message = `Tariff ${tariff} has no plan for an event day on ${date}.`;
  return new Refusal('event-day-unplanned', message, { tariff, date });
}
