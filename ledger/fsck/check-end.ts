import { mayFollowClosing } from '../core/account-end.ts';
import { formatMicros } from '../core/decimal.ts';
import type { AccountState, SiteState } from '../writer/site-state.ts';
import type { Findings } from './finding.ts';

/**
 * A closed account has nothing after its closing but the bill that was due, and had nothing left then: no
 * money in any wallet, no deposit, no meter. `type` is the event that comes next.
 */
export function checkEnd(
  { meters }: SiteState,
  { account, closedAt, wallets, deposits, n }: AccountState,
  type: string,
  found: Findings,
  leaf: number | undefined,
): void {
  if (closedAt !== undefined && !mayFollowClosing(type)) {
    found.add('account-closed', `${type} ${n} of ${account} comes after its closing.`, leaf);
  }
  if (type !== 'account.closed') return;
  for (const [wallet, micros] of wallets) {
    if (micros === 0n) continue;
    const left = `${account} was closed with ${formatMicros(micros)} in ${wallet}.`;
    found.add('closed-with-money', left, leaf);
  }
  for (const [deposit, { left }] of deposits.held) {
    if (left === 0n) continue;
    const kept = `${account} was closed with ${formatMicros(left)} in deposit ${deposit}.`;
    found.add('closed-with-money', kept, leaf);
  }
  for (const { meter, binding, account: of } of meters.values()) {
    if (binding === undefined || of !== account) continue;
    found.add('closed-with-meters', `${account} was closed with meter ${meter}.`, leaf);
  }
}
