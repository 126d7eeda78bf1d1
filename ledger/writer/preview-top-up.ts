import { formatMicros, parseMicros } from '../core/decimal.ts';
import { WALLET } from '../core/event-data.ts';
import type { OrderPart } from '../core/orders.ts';
import { Refusal } from '../core/refusal.ts';
import { hoardingFault } from '../core/terms-fault.ts';
import { accountOf, badWallet } from './commands.ts';
import { divide } from './credit-top-up.ts';
import type { SiteState } from './site-state.ts';

export interface PreviewTopUp {
  readonly account: string;
  readonly parts: readonly OrderPart[];
  readonly at: string;
}

/**
 * What a payment would do to the wallets of an account, by the function that divides it when it comes: what
 * goes to debt, up to the level of cut-off, to emergency credit and to the balance. `isRefused` where
 * it would be above the most that the wallet may hold. Changes nothing. Refuses `amount-not-positive`, `bad-wallet`.
 */
export function previewTopUp(state: SiteState, { account: id, parts, at }: PreviewTopUp) {
  const account = accountOf(state, id);
  const divided = parts.map(({ wallet, amount }) => {
    if (!WALLET.test(wallet)) throw badWallet(wallet);
    if (parseMicros(amount) <= 0n) {
      throw new Refusal('amount-not-positive', 'Each part is more than zero.', { amount });
    }
    const before = account.wallets.get(wallet) ?? 0n;
    const { parts: split } = divide(state, account, { wallet, amount, book: '' }, at);
    const after = before + split.cutOff + split.balance;
    const credit = account.credit.wallets.get(wallet);
    return {
      ...{ wallet, amount, before: formatMicros(before), after: formatMicros(after) },
      ...{ debt: formatMicros(split.debt), cutOff: formatMicros(split.cutOff) },
      ...{ emergency: formatMicros(split.emergency), balance: formatMicros(split.balance) },
      ...(credit?.most === undefined ? {} : { most: formatMicros(credit.most) }),
      isRefused: hoardingFault(credit, wallet, after) !== undefined,
    };
  });
  const sum = parts.reduce((all, { amount }) => all + parseMicros(amount), 0n);
  return { account: id, amount: formatMicros(sum), currency: account.currency, parts: divided };
}
