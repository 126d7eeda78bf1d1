import type { JsonObject } from '../core/canonical-json.ts';
import { formatMicros, parseMicros } from '../core/decimal.ts';
import { topUpCredited, WALLET } from '../core/event-data.ts';
import { REFUND_WALLET } from '../core/payment-refund.ts';
import { Refusal } from '../core/refusal.ts';
import { ID } from '../core/shape.ts';
import { parseTime } from '../core/time.ts';
import { zoneOf } from '../core/zone.ts';
import {
  accountOf,
  badWallet,
  type CommandContext,
  type CommandResult,
  openPeriod,
  startPeriod,
  transfer,
} from './commands.ts';
import type { AccountState } from './site-state.ts';

export interface TopUp {
  readonly account: string;
  readonly wallet: string;
  readonly amount: string;
  readonly method: string;
  readonly reference?: string | undefined;
  readonly at?: string | undefined;
}

/** Money that has come in, and the book that it is in now. */
export interface Funds {
  readonly wallet: string;
  readonly amount: string;
  readonly method: string;
  readonly reference?: string | undefined;
  /** `cash:<method>` at the desk, `transit:<provider>` while the provider still has it. */
  readonly book: string;
  readonly at?: string | undefined;
}

/** Credits a top-up that was taken at the desk to one wallet. */
export function creditTopUp(context: CommandContext, command: TopUp): CommandResult {
  const account = accountOf(context.group.state, command.account);
  const { method } = command;
  if (command.wallet === REFUND_WALLET) throw badWallet(command.wallet);
  if (!ID.test(method))
    throw new Refusal('bad-method', 'Name the method of payment, such as cash.');
  return creditTo(context, account, { ...command, book: `cash:${method}` });
}

/** Credits one wallet: the book where the money is against the prepaid liability. */
export function creditTo(
  { appender, group }: CommandContext,
  account: AccountState,
  funds: Funds,
): CommandResult {
  const { wallet, amount, method, reference, book } = funds;
  if (!WALLET.test(wallet)) throw badWallet(wallet);
  const micros = parseMicros(amount);
  if (micros <= 0n) {
    throw new Refusal('amount-not-positive', 'A top-up credits more than zero.', { amount });
  }
  const nowMs = appender.now();
  const atMs = funds.at === undefined ? nowMs : parseTime(funds.at);
  if (atMs > nowMs) {
    throw new Refusal('time-in-future', 'A top-up cannot take effect in the future.', {
      at: funds.at ?? '',
    });
  }
  const period = openPeriod(account, zoneOf(group.state.zone).monthOf(atMs));
  const balance = (account.wallets.get(wallet) ?? 0n) + micros;
  const data: JsonObject = {
    amount,
    wallet,
    balance: formatMicros(balance),
    method,
    period,
    ...(reference === undefined ? {} : { reference }),
    postings: transfer(book, `prepaid:${account.account}:${wallet}`, amount, account),
  };
  topUpCredited(data, '/data');
  const { n } = account;
  const leaf = appender.append(group, account, 'topup.credited', data, atMs);
  account.wallets.set(wallet, balance);
  group.state.post(book, micros);
  group.state.post(`prepaid:${account.account}:${wallet}`, -micros);
  startPeriod(account, period, n);
  return { account: account.account, wallet, amount, balance: formatMicros(balance), n, leaf };
}
