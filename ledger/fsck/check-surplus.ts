import { formatMicros, parseMicros } from '../core/decimal.ts';
import type { LedgerEvent } from '../core/event.ts';
import { SITE_ACCOUNT } from '../core/event.ts';
import { adjustmentPosted } from '../core/money-moves.ts';
import {
  compareToGrid,
  gridBillRecorded,
  isSettledRight,
  isWholeBill,
  passThroughPolicy,
  passThroughSettled,
} from '../core/pass-through.ts';
import { openBills } from '../writer/closed-books.ts';
import { chargedAccounts, partsOf } from '../writer/pass-through.ts';
import type { SiteState } from '../writer/site-state.ts';

/**
 * Holds settled periods against all accounts, as only who sees them all can: the sums are those of the
 * statements, and the surplus goes back whole, to each account what its charges make.
 */
export class SurplusCheck {
  /** By the commitment of the settled period, what is still to go back to whom. */
  readonly #owed = new Map<string, Map<string, bigint>>();

  /** What is wrong with an event, as the state stands before it. */
  take(state: SiteState, event: LedgerEvent, hash: string): string | undefined {
    const { type, account, data } = event;
    if (type === 'adjustment.posted') return this.#returned(event);
    if (account !== SITE_ACCOUNT) return undefined;
    if (type === 'gridbill.recorded') {
      const isWhole = isWholeBill(gridBillRecorded(data, '/data'));
      return isWhole ? undefined : 'The rows of a bill of the grid are not the whole of it.';
    }
    if (type === 'policy.published') {
      const { approval } = passThroughPolicy(data, '/data');
      return approval.asked === approval.approved
        ? 'A policy was decided by one person.'
        : undefined;
    }
    return type === 'passthrough.settled' ? this.#settled(state, event, hash) : undefined;
  }

  /** Accounts that a surplus has not gone back to, when the log ends. */
  left(): string[] {
    return [...this.#owed.values()].flatMap((owed) => [...owed.keys()]);
  }

  #settled(state: SiteState, { data }: LedgerEvent, hash: string): string | undefined {
    const told = passThroughSettled(data, '/data');
    const key = `${told.period}/${told.wallet}`;
    const site = state.accounts.get(SITE_ACCOUNT)?.passed;
    const accounts = chargedAccounts(state, key);
    const recorded = site?.bills.get(key) ?? [];
    const bills = recorded.map(({ bill }) => bill);
    const found = compareToGrid(bills, accounts, told.method);
    const named = [told.policy, ...told.bills].map((place) => place.hash).join();
    const policy = site?.policies.get(told.wallet);
    const expected = [policy?.hash ?? '', ...recorded.map((bill) => bill.hash)].join();
    const sums = [found.charges, found.of, found.corrected, found.surplus].map(formatMicros).join();
    const isSame = sums === [told.charges, told.of, told.corrected, told.surplus].join();
    if (found.surplus > 0n) {
      const parts = partsOf(found.surplus, accounts).filter(
        ({ account, part }) => part > 0n && state.accounts.get(account)?.closedAt === undefined,
      );
      this.#owed.set(hash, new Map(parts.map(({ account, part }) => [account, part])));
    }
    const isOnce = site?.settled.has(key) !== true;
    const isRight = isSettledRight({ told, policy: policy?.policy, bills });
    const [open] = openBills(state, told.period);
    if (open !== undefined) return `${key} was settled while ${open} had no bill of it.`;
    if (isSame && isOnce && isRight && named === expected && told.accounts === accounts.length) {
      return undefined;
    }
    return `The settled period ${key} is not what the bills and statements make it.`;
  }

  #returned({ account, data }: LedgerEvent): string | undefined {
    const { share, moves } = adjustmentPosted(data, '/data');
    if (share === undefined) return undefined;
    const owed = this.#owed.get(share.settled.hash);
    const part = owed?.get(account);
    owed?.delete(account);
    const [move] = moves;
    if (move !== undefined && part === parseMicros(move.amount)) return undefined;
    return 'A returned surplus is not the part that the charges make, or comes twice.';
  }
}
