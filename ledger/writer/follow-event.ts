import { SITE_ACCOUNT } from '../core/event.ts';
import type { ChainEvent } from '../core/pass-through.ts';
import { zoneOf } from '../core/zone.ts';
import type { AccountState, SiteState } from './site-state.ts';

/**
 * What follows from an event besides balances and books, as it was written and whenever it is read again: the
 * terms of wallets, deposits, and what the grid billed and the account was charged.
 */
export function followEvent(state: SiteState, account: AccountState, event: ChainEvent): void {
  if (event.type === 'usage.deducted') return;
  const zone = zoneOf(state.zone);
  const isKept = (state.accounts.get(SITE_ACCOUNT)?.passed.since ?? '') !== '';
  account.credit.apply(event, zone);
  account.passed.apply(event, zone, isKept);
  account.deposits.apply(event);
}
