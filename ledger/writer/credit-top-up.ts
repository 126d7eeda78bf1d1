import type { JsonObject } from '../core/canonical-json.ts';
import { recoveryPostings } from '../core/charges/recovery-postings.ts';
import { formatMicros, parseMicros } from '../core/decimal.ts';
import { topUpCredited, WALLET } from '../core/event-data.ts';
import { REFUND_WALLET } from '../core/payment-refund.ts';
import { Refusal } from '../core/refusal.ts';
import { ID } from '../core/shape.ts';
import { divideTopUp } from '../core/terms-fault.ts';
import { formatTime, parseTime } from '../core/time.ts';
import { zoneOf } from '../core/zone.ts';
import {
  accountOf,
  badWallet,
  type CommandContext,
  type CommandResult,
  openPeriod,
  startPeriod,
} from './commands.ts';
import type { AccountState, SiteState } from './site-state.ts';
import { refuseAgainstTerms } from './wallet-terms.ts';

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

/**
 * Credits one wallet: the book where the money is against the prepaid liability, and, where terms were agreed,
 * against debt and emergency credit. Refuses `hoarding-maximum` at the desk.
 */
export function creditTo(
  { appender, group }: CommandContext,
  account: AccountState,
  funds: Funds,
): CommandResult {
  const { wallet, amount, method, reference } = funds;
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
  const at = formatTime(atMs);
  const period = openPeriod(account, zoneOf(group.state.zone).monthOf(atMs));
  const before = account.wallets.get(wallet) ?? 0n;
  const { line, parts, postings } = divide(group.state, account, funds, at);
  const balance = before + parts.cutOff + parts.balance;
  const data: JsonObject = {
    amount,
    wallet,
    balance: formatMicros(balance),
    method,
    period,
    ...(reference === undefined ? {} : { reference }),
    ...(line === undefined ? {} : { split: { ...line } }),
    postings: postings.map((posting) => ({ ...posting })),
  };
  topUpCredited(data, '/data');
  refuseAgainstTerms(group.state, account, { type: 'topup.credited', at, data });
  const { n } = account;
  const leaf = appender.append(group, account, 'topup.credited', data, atMs);
  account.wallets.set(wallet, balance);
  for (const { account: book, amount } of postings) group.state.post(book, parseMicros(amount));
  startPeriod(account, period, n);
  const paid = { account: account.account, wallet, amount, balance: formatMicros(balance) };
  return { ...paid, ...(line === undefined ? {} : { split: line }), n, leaf };
}

/** What a top-up would do: whole to the balance, or, where terms of the wallet were agreed, as they say. */
export function divide(
  state: SiteState,
  account: AccountState,
  { wallet, amount, book: source }: Pick<Funds, 'wallet' | 'amount' | 'book'>,
  at: string,
) {
  const amountMicros = parseMicros(amount);
  const credit = account.credit.wallets.get(wallet);
  const balance = account.wallets.get(wallet) ?? 0n;
  const { line, parts } =
    credit === undefined
      ? { line: undefined, parts: { debt: 0n, cutOff: 0n, emergency: 0n, balance: amountMicros } }
      : divideTopUp(credit, amountMicros, { balance, at, zone: zoneOf(state.zone) });
  const topUp = { account: account.account, wallet, currency: account.currency, source };
  return { line, parts, postings: recoveryPostings({ ...topUp, amountMicros }, parts) };
}
