import type { JsonObject } from '../core/canonical-json.ts';
import type { Charge } from '../core/charges/charge.ts';
import { chargePosted } from '../core/charges/charge-posted.ts';
import type { DueName } from '../core/charges/due-charge.ts';
import type { TariffVersion } from '../core/tariff-book.ts';
import type { CommandContext } from './commands.ts';
import type { AccountState } from './site-state.ts';
import { takeFromWallet } from './take-from-wallet.ts';

export interface PostedCharge extends DueName {
  readonly amount: string;
  readonly wallet: string;
  readonly n: number;
  readonly leaf: number;
}

/** Posts a charge to the wallet of the tariff's utility, on the bill of `month` or the first open one. */
export function postCharge(
  context: CommandContext,
  account: AccountState,
  due: DueName & Pick<TariffVersion, 'ref' | 'tariff'> & Charge<object>,
  month: string,
  atMs: number,
): PostedCharge {
  const { charge, name, ref, tariff, amountMicros, line } = due;
  const wallet = tariff.utility;
  const taken = { type: 'charge.posted', wallet, amountMicros, month, atMs } as const;
  const { amount, n, leaf } = takeFromWallet(context, account, taken, (money) => {
    const facts = { charge, name, tariff: { ...ref }, wallet };
    const data: JsonObject = { ...facts, ...money, line: JSON.parse(JSON.stringify(line)) };
    chargePosted(data, '/data');
    return data;
  });
  return { charge, name, amount, wallet, n, leaf };
}
