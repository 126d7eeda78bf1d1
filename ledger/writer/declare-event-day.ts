import type { JsonObject } from '../core/canonical-json.ts';
import { parseEventDay, refuseUnplanned } from '../core/charges/event-days.ts';
import type { AnyTariff } from '../core/charges/tariff-v2.ts';
import { Refusal } from '../core/refusal.ts';
import { parseDate, parseTime } from '../core/time.ts';
import { zoneOf } from '../core/zone.ts';
import type { CommandContext, CommandResult } from './commands.ts';
import { siteAccount } from './group.ts';
import type { SiteState } from './site-state.ts';

/**
 * Logs that a day is an event day of a tariff, with who said so. Refuses what `TariffBook.addEventDay`
 * refuses, and `event-day-late` where use of that day is charged already, by a clock that ran ahead.
 */
export function declareEventDay(
  { appender, group }: CommandContext,
  command: { readonly eventDay: unknown },
): CommandResult {
  const { state } = group;
  const fact = parseEventDay(command.eventDay, '/eventDay');
  const nowMs = appender.now();
  refuseCharged(state, fact.tariff, fact.date);
  state.tariffs.addEventDay(fact, nowMs);
  const account = siteAccount(state);
  const { n } = account;
  const data: JsonObject = { ...fact, evidence: { ...fact.evidence } };
  const leaf = appender.append(group, account, 'event-day.declared', data, nowMs);
  state.ruleFacts.push({ key: `${fact.tariff}/${fact.date}`, n, leaf });
  return { tariff: fact.tariff, date: fact.date, n, leaf };
}

function refuseCharged(state: SiteState, tariff: string, date: string): void {
  const { year, month, day } = parseDate(date);
  const startMs = zoneOf(state.zone).startOfDay(year, month, day);
  for (const { binding, last } of state.meters.values()) {
    if (binding?.tariff !== tariff || last === undefined || last.atMs <= startMs) continue;
    const message = `Use of ${date} is charged already. An event day is logged before it begins.`;
    throw new Refusal('event-day-late', message, { date, zone: state.zone });
  }
}

/**
 * Refuses a version that takes in a declared event day without a plan for it (`event-day-unplanned`): the day
 * stands in the log, and every bill that leans on it would fail.
 */
export function refuseUnplannedDays(state: SiteState, tariff: AnyTariff): void {
  const zone = zoneOf(tariff.zone);
  const { id, validFrom, validTo } = tariff;
  for (const date of state.tariffs.eventDays(id)) {
    const { year, month, day } = parseDate(date);
    const startMs = zone.startOfDay(year, month, day);
    if (startMs < parseTime(validFrom)) continue;
    refuseUnplanned(tariff, date);
    if (validTo === undefined || startMs < parseTime(validTo)) continue;
    const message = `${date} is an event day of tariff ${id}, which ends before it.`;
    throw new Refusal('event-day-unplanned', message, { tariff: id, date });
  }
}
