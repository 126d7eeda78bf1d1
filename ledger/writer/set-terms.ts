import type { JsonObject } from '../core/canonical-json.ts';
import { termsSet } from '../core/charges/terms-course.ts';
import { Refusal } from '../core/refusal.ts';
import { zoneOf } from '../core/zone.ts';
import { accountOf, type CommandContext, type CommandResult } from './commands.ts';
import type { AccountState } from './site-state.ts';

export interface SetTerms {
  readonly account: string;
  /** The first month that they are for, `2026-10`. */
  readonly from: string;
  readonly terms: unknown;
  /** Tariffs that the account is on besides those of its meters. */
  readonly tariffs?: readonly string[] | undefined;
}

/**
 * Logs what is agreed with an account from a month on: areas, contracts, quotas, and the tariffs that
 * charge it without a meter. Refuses `bad-shape`, `terms-late` (`TermsCourse.add`, and where the month has charges), `tariff-unknown`,
 * and `statement-exists` where the bill of that month is issued.
 */
export function setTerms(
  { appender, group }: CommandContext,
  { account: id, from, terms, tariffs }: SetTerms,
): CommandResult {
  const { state } = group;
  const account = accountOf(state, id);
  const version = account.terms.all.length + 1;
  const told = { version, from, terms, ...(tariffs === undefined ? {} : { tariffs }) };
  const set = termsSet(JSON.parse(JSON.stringify(told)), '');
  for (const tariff of set.tariffs ?? []) {
    if (state.tariffs.has(tariff)) continue;
    throw new Refusal('tariff-unknown', `Publish tariff ${tariff} first.`, { tariff });
  }
  if (from < account.firstOpen) {
    const message = `The bill of ${from} was issued; terms are for a later month.`;
    throw new Refusal('statement-exists', message, { period: from });
  }
  if (version > 1) refuseCharged(account, from);
  const nowMs = appender.now();
  account.terms.add(set, nowMs, zoneOf(state.zone));
  const { n } = account;
  const data: JsonObject = JSON.parse(JSON.stringify(set));
  const leaf = appender.append(group, account, 'terms.set', data, nowMs);
  account.facts.push({ key: `terms/${version}`, n, leaf });
  return { account: id, version, n, leaf };
}

/** By a clock that ran ahead, or was set back: the chain would show the terms behind what they are for. */
function refuseCharged({ firstOpen, periodStarts }: AccountState, from: string): void {
  const isCharged = [...periodStarts.keys()].some((period) => period >= from);
  if (!isCharged && from > firstOpen) return;
  const message = `Something of ${from} is charged or billed already. Set terms for a later month.`;
  throw new Refusal('terms-late', message, { from });
}
