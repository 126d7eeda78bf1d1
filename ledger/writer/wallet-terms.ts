import { Refusal } from '../core/refusal.ts';
import { hoardingFault, type TermsFault, termsFault } from '../core/terms-fault.ts';
import type { CourseEvent } from '../core/wallet-terms.ts';
import { zoneOf } from '../core/zone.ts';
import type { AccountState, SiteState } from './site-state.ts';

type OwnEvent = Omit<CourseEvent, 'account'>;

/** Refuses what the terms of the account's wallets do not allow, before anything is changed. */
export function refuseAgainstTerms(state: SiteState, account: AccountState, event: OwnEvent): void {
  const { wallets: balances, credit, currency } = account;
  const before = { credit: credit.wallets, balances, currency, zone: zoneOf(state.zone) };
  const fault = termsFault({ ...event, account: account.account }, before);
  if (fault !== undefined) throw refusalOf(fault);
}

/** Refuses `hoarding-maximum` where a balance would be above the most that was agreed. */
export function refuseAboveMost(account: AccountState, wallet: string, balance: bigint): void {
  const fault = hoardingFault(account.credit.wallets.get(wallet), wallet, balance);
  if (fault !== undefined) throw refusalOf(fault);
}

const WHY: Readonly<Record<string, (wallet: string, limit: string) => string>> = {
  terms: (wallet) => `These are no terms of wallet ${wallet}: limits are not below zero.`,
  most: (wallet, limit) => `Wallet ${wallet} may hold at most ${limit}. Pay in less.`,
  debt: (wallet, limit) =>
    `Wallet ${wallet} owes ${limit}. Put no more aside, and agree first how it is recovered.`,
  emergency: (wallet, limit) =>
    `Wallet ${wallet} gets at most ${limit} of emergency credit, once a month and once it is repaid.`,
  lent: (wallet, limit) => `${limit} in wallet ${wallet} is lent. It cannot be taken out.`,
  overdraft: (wallet, limit) => `Wallet ${wallet} may be overdrawn by ${limit}, no more.`,
  closed: (wallet, limit) =>
    `Wallet ${wallet} owes ${limit}: collect it, or undo and write it off.`,
  reversal: (wallet) => `A part of this was repaid from wallet ${wallet} since. Post a correction.`,
};

function refusalOf({ code, params }: TermsFault): Refusal {
  const { wallet = '', rule = '', limit = '' } = params;
  if (code === 'approval-missing') {
    return new Refusal(code, 'Two people decide this: one asks, and another one agrees.');
  }
  const message = WHY[rule]?.(wallet, limit) ?? `Wallet ${wallet} was agreed about otherwise.`;
  return new Refusal(rule === 'most' ? 'hoarding-maximum' : code, message, params);
}
