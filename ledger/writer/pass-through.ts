import type { JsonObject } from '../core/canonical-json.ts';
import { sharePool } from '../core/charges/shares.ts';
import { formatMicros } from '../core/decimal.ts';
import type { Approval } from '../core/money-moves.ts';
import {
  averagePrice,
  type ChargedAccount,
  compareToGrid,
  type GridBill,
  gridBillRecorded,
  isWholeBill,
  METHODS,
  type PassThroughPolicy,
  passThroughPolicy,
  passThroughSettled,
} from '../core/pass-through.ts';
import { Refusal } from '../core/refusal.ts';
import { openBills } from './closed-books.ts';
import { type CommandContext, type CommandResult, periodParts } from './commands.ts';
import { siteAccount } from './group.ts';
import { postAdjustment } from './move-money.ts';
import type { SiteState } from './site-state.ts';

export interface RecordGridBill {
  /** `by` is who records it. */
  readonly bill: GridBill;
}
export interface PublishPassThrough {
  readonly policy: Omit<PassThroughPolicy, 'approval' | 'policy'>;
  readonly approval: Approval;
}
export interface SettlePassThrough {
  readonly wallet: string;
  readonly period: string;
  readonly approval: Approval;
}

/**
 * Logs a bill of the grid with the hash of its document; several may be of one period. Refuses
 * `grid-bill-differs` where its rows are not the whole of it, `grid-bill-exists`, `pass-through-settled`.
 */
export function recordGridBill(context: CommandContext, command: RecordGridBill): CommandResult {
  const { appender, group } = context;
  const data: JsonObject = JSON.parse(JSON.stringify(command.bill));
  const bill = gridBillRecorded(data, '/bill');
  const site = siteAccount(group.state);
  const key = `${bill.period}/${bill.wallet}`;
  if (!isWholeBill(bill)) {
    const message = 'The rows of the bill, and what is in no row, are not the whole of it.';
    throw new Refusal('grid-bill-differs', message, { bill: bill.bill });
  }
  if ([...site.passed.bills.values()].flat().some((known) => known.bill.bill === bill.bill)) {
    const message = `Bill ${bill.bill} was recorded before.`;
    throw new Refusal('grid-bill-exists', message, { bill: bill.bill });
  }
  refuseSettled(group.state, key, bill.period);
  const { n } = site;
  const leaf = appender.append(group, site, 'gridbill.recorded', data);
  return { bill: bill.bill, wallet: bill.wallet, period: bill.period, n, leaf };
}

/**
 * Says whether a surplus is returned, by which method, and whose law asks for it. The first period that is
 * compared is the month after the first policy, since charges are remembered from then on.
 */
export function publishPassThrough(
  { appender, group }: CommandContext,
  { policy, approval }: PublishPassThrough,
): CommandResult {
  const told = { policy: 'pass-through', ...policy, approval };
  const data: JsonObject = JSON.parse(JSON.stringify(told));
  const { wallet, limit, method } = passThroughPolicy(data, '/policy');
  const site = siteAccount(group.state);
  const { n } = site;
  const leaf = appender.append(group, site, 'policy.published', data);
  return { wallet, limit, method, n, leaf };
}

/**
 * Holds a period against the grid's bills of it, logs the sums, and returns what is above to each account in
 * proportion to its charges, in the same commit; parts of accounts that were closed are answered (`unreturned`). Refuses `pass-through-off` without a policy that asks for it,
 * `grid-bill-missing`, `statements-missing` while a charge may still change, `pass-through-settled`.
 */
export function settlePassThrough(
  context: CommandContext,
  { wallet, period, approval }: SettlePassThrough,
): CommandResult {
  const { appender, group } = context;
  const { state } = group;
  const site = siteAccount(state);
  const key = keyOf(wallet, period);
  const policy = site.passed.policies.get(wallet);
  if (policy?.policy.limit !== 'grid-bill' || period <= site.passed.since) {
    const message = `No policy asks to return a surplus of ${wallet} in ${period}.`;
    throw new Refusal('pass-through-off', message, { wallet, period });
  }
  const bills = site.passed.bills.get(key) ?? [];
  if (bills.length === 0) {
    throw new Refusal('grid-bill-missing', `No bill of the grid for ${period} was recorded.`, {
      ...{ wallet, period },
    });
  }
  refuseSettled(state, key, period);
  refuseOpen(state, period);
  const { method } = policy.policy;
  const accounts = chargedAccounts(state, key);
  const all = bills.map(({ bill }) => bill);
  const { due, charges, of, corrected, surplus } = compareToGrid(all, accounts, method);
  const parts = surplus > 0n ? partsOf(surplus, accounts) : [];
  const data: JsonObject = {
    ...{ wallet, period, method, approval: { ...approval }, accounts: accounts.length },
    policy: { n: policy.n, hash: policy.hash },
    bills: bills.map(({ n, hash }) => ({ n, hash })),
    ...{ due: formatMicros(due), charges: formatMicros(charges), of: formatMicros(of) },
    ...{ corrected: formatMicros(corrected), surplus: formatMicros(surplus) },
  };
  passThroughSettled(data, '/data');
  const { n } = site;
  const leaf = appender.append(group, site, 'passthrough.settled', data);
  const unreturned: { account: string; amount: string }[] = [];
  const settled = { n, hash: site.prev };
  for (const { account, part } of parts) {
    const { closedAt, passed } = state.accounts.get(account) ?? {};
    const billed = passed?.billed.get(key);
    if (part === 0n || billed === undefined) continue;
    // Nothing follows a closing: the house pays it by hand.
    if (closedAt !== undefined) {
      unreturned.push({ account, amount: formatMicros(part) });
      continue;
    }
    const statement = { n: billed.n, hash: billed.hash };
    postAdjustment(context, {
      ...{ account, kind: 'surplus', reason: `grid-bill-${period}`, approval },
      moves: [{ wallet, amount: formatMicros(part) }],
      share: { settled, statement },
    });
  }
  const credited = parts.filter(({ part }) => part > 0n).length - unreturned.length;
  const returned = { surplus: formatMicros(surplus), accounts: credited, unreturned };
  return { wallet, period, ...returned, n, leaf };
}

/** The charges of a period against the grid's bills of it, by both methods; nothing is changed. */
export function passThroughReport(state: SiteState, wallet: string, period: string) {
  const key = keyOf(wallet, period);
  const { passed } = siteAccount(state);
  const bills = (passed.bills.get(key) ?? []).map(({ bill }) => bill);
  const accounts = chargedAccounts(state, key);
  const policy = passed.policies.get(wallet)?.policy;
  const settled = passed.settled.get(key);
  const methods = METHODS.map((method) => {
    const { due, surplus } = compareToGrid(bills, accounts, method);
    return { method, due: formatMicros(due), surplus: formatMicros(surplus) };
  });
  const { charges, corrected } = compareToGrid(bills, accounts, 'average');
  return {
    ...{ wallet, period, accounts: accounts.length, open: openBills(state, period).length },
    ...{ charges: formatMicros(charges), corrected: formatMicros(corrected) },
    ...{ bills, averagePrice: averagePrice(bills), methods },
    ...(policy === undefined ? {} : { policy }),
    ...(settled === undefined ? {} : { settled: { n: settled.n, ...settled.told } }),
  };
}

/** Accounts with a bill of the period that names the wallet, in the order of their ids. */
export function chargedAccounts(state: SiteState, key: string): ChargedAccount[] {
  return [...state.accounts.values()]
    .flatMap(({ account, passed }) => {
      const billed = passed.billed.get(key);
      if (billed === undefined) return [];
      const { charges } = billed;
      return [{ account, charges, corrected: passed.corrected.get(key) ?? 0n }];
    })
    .sort((a, b) => (a.account < b.account ? -1 : 1));
}

/** Largest remainders, so that the parts are the surplus exactly. */
export function partsOf(surplus: bigint, accounts: readonly ChargedAccount[]) {
  const weights = accounts
    .filter(({ charges }) => charges > 0n)
    .map(({ account, charges }) => ({ account, weight: charges }));
  return sharePool(surplus, weights);
}

function keyOf(wallet: string, period: string): string {
  periodParts(period);
  return `${period}/${wallet}`;
}

function refuseOpen(state: SiteState, period: string): void {
  const open = openBills(state, period);
  const [account] = open;
  if (account === undefined) return;
  const message = `${open.length} accounts have no bill of ${period} yet, ${account} among them.`;
  throw new Refusal('statements-missing', message, { account, left: open.length });
}

function refuseSettled(state: SiteState, key: string, period: string): void {
  if (!siteAccount(state).passed.settled.has(key)) return;
  const message = `${period} was settled. A bill that comes later belongs to a later period.`;
  throw new Refusal('pass-through-settled', message, { period });
}
