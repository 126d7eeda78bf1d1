import type { JsonObject } from '../core/canonical-json.ts';
import type { Charge } from '../core/charges/charge.ts';
import { chargePosted } from '../core/charges/charge-posted.ts';
import type { DueName } from '../core/charges/due-charge.ts';
import { formatMicros } from '../core/decimal.ts';
import type { TariffVersion } from '../core/tariff-book.ts';
import { type CommandContext, openPeriod, startPeriod, transfer } from './commands.ts';
import type { AccountState } from './site-state.ts';

export interface PostedCharge extends DueName {
  readonly amount: string;
  readonly wallet: string;
  readonly n: number;
  readonly leaf: number;
}

/** Posts a charge to the wallet of the tariff's utility, on the bill of `month` or the first open one. */
export function postCharge(
  { appender, group }: CommandContext,
  account: AccountState,
  due: DueName & Pick<TariffVersion, 'ref' | 'tariff'> & Charge<object>,
  month: string,
  atMs: number,
): PostedCharge {
  const { charge, name, ref, tariff, amountMicros, line } = due;
  const wallet = tariff.utility;
  const period = openPeriod(account, month);
  const balance = (account.wallets.get(wallet) ?? 0n) - amountMicros;
  const amount = formatMicros(amountMicros);
  const prepaid = `prepaid:${account.account}:${wallet}`;
  const data: JsonObject = {
    ...{ charge, name, tariff: { ...ref }, amount, wallet, period },
    line: JSON.parse(JSON.stringify(line)),
    balance: formatMicros(balance),
    postings: transfer(prepaid, `revenue:${wallet}`, amount, account),
  };
  chargePosted(data, '/data');
  const { n } = account;
  const leaf = appender.append(group, account, 'charge.posted', data, atMs);
  account.wallets.set(wallet, balance);
  group.state.post(prepaid, amountMicros);
  group.state.post(`revenue:${wallet}`, -amountMicros);
  startPeriod(account, period, n);
  return { charge, name, amount, wallet, n, leaf };
}
