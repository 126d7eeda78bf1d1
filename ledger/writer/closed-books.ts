import { SITE_ACCOUNT } from '../core/event.ts';
import { BOOKS_ACCOUNT, SUSPENSE_ACCOUNT } from '../core/money-moves.ts';
import { Refusal } from '../core/refusal.ts';
import { parseTime } from '../core/time.ts';
import { zoneOf } from '../core/zone.ts';
import { periodParts } from './commands.ts';
import { closePeriod } from './issue-statement.ts';
import type { SiteState } from './site-state.ts';

/** Moves the state by a closing, never backwards; a replay does the same. */
export function applyClosing(state: SiteState, period: string): void {
  for (const id of [BOOKS_ACCOUNT, SUSPENSE_ACCOUNT]) {
    const account = state.accounts.get(id);
    if (account === undefined || account.firstOpen > period) continue;
    closePeriod(account, period);
    account.dirty = true;
  }
}

/** Why a month cannot be closed at that moment, if anything; `fsck` asks the same of every closing. */
export function closingFault(state: SiteState, period: string, atMs: number): Refusal | undefined {
  const zone = zoneOf(state.zone);
  const endMs = zone.nextMonthStart(zone.startOfMonth(...periodParts(period)));
  if (atMs < endMs) {
    return new Refusal('period-not-ended', `The period ${period} has not ended yet.`, { period });
  }
  if ((state.accounts.get(BOOKS_ACCOUNT)?.firstOpen ?? '') > period) {
    return new Refusal('books-closed', `The books of ${period} are closed.`, { period });
  }
  const open = openBills(state, period);
  const [first] = open;
  if (first === undefined) return undefined;
  const message = `${open.length} bills of ${period} are not issued yet, such as that of ${first}.`;
  return new Refusal('bills-open', message, { period, open: open.length, first });
}

/**
 * Accounts whose bill of the period, or of an earlier one, is still to be issued, in the order of their ids. One
 * without any event gets a bill too; after its last one a closed account gets none.
 */
export function openBills(state: SiteState, period: string): string[] {
  const zone = zoneOf(state.zone);
  const endMs = zone.nextMonthStart(zone.startOfMonth(...periodParts(period)));
  return [...state.accounts.values()]
    .filter((account) => {
      if (HOUSE.has(account.account) || parseTime(account.openedAt) >= endMs) return false;
      if (account.closedAt === undefined) return account.firstOpen <= period;
      return [...account.periodStarts.keys()].some((month) => month <= period);
    })
    .map(({ account }) => account)
    .sort();
}

const HOUSE: ReadonlySet<string> = new Set([SITE_ACCOUNT, BOOKS_ACCOUNT, SUSPENSE_ACCOUNT]);
