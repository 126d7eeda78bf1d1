import type { JsonObject } from '../core/canonical-json.ts';
import { formatMicros } from '../core/decimal.ts';
import { type CommandContext, openPeriod, startPeriod, transfer } from './commands.ts';
import type { AccountState } from './site-state.ts';

/**
 * Takes an amount from a wallet to the revenue of its utility, on the bill of `month` or the first open one, by an
 * event that `dataOf` completes with what it is for, and refuses before anything is posted.
 */
export function takeFromWallet(
  { appender, group }: CommandContext,
  account: AccountState,
  taken: {
    readonly type: 'charge.posted' | 'fee.charged';
    readonly wallet: string;
    readonly amountMicros: bigint;
    readonly month: string;
    readonly atMs: number;
  },
  dataOf: (money: JsonObject) => JsonObject,
): { readonly amount: string; readonly n: number; readonly leaf: number } {
  const { type, wallet, amountMicros, month, atMs } = taken;
  const period = openPeriod(account, month);
  const balance = (account.wallets.get(wallet) ?? 0n) - amountMicros;
  const amount = formatMicros(amountMicros);
  const prepaid = `prepaid:${account.account}:${wallet}`;
  const postings = transfer(prepaid, `revenue:${wallet}`, amount, account);
  const data = dataOf({ amount, balance: formatMicros(balance), period, postings });
  const { n } = account;
  const leaf = appender.append(group, account, type, data, atMs);
  account.wallets.set(wallet, balance);
  group.state.post(prepaid, amountMicros);
  group.state.post(`revenue:${wallet}`, -amountMicros);
  startPeriod(account, period, n);
  return { amount, n, leaf };
}
