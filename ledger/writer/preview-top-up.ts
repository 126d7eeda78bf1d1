import { parseSplitRule, splitTopUp } from '../core/charges/topup-split.ts';
import { formatMicros, parseMicros } from '../core/decimal.ts';
import { WALLET } from '../core/event-data.ts';
import type { OrderPart } from '../core/orders.ts';
import { Refusal } from '../core/refusal.ts';
import { hoardingFault } from '../core/terms-fault.ts';
import { accountOf, badWallet } from './commands.ts';
import { divide } from './credit-top-up.ts';
import type { AccountState, SiteState } from './site-state.ts';

export interface PlannedTopUp {
  readonly account: string;
  /** Either the parts themselves, or one amount and the rule that divides it among wallets. */
  readonly parts?: readonly OrderPart[] | undefined;
  readonly split?: { readonly amount: string; readonly rule: unknown } | undefined;
}
export interface PreviewTopUp extends PlannedTopUp {
  readonly at: string;
}

/**
 * What a payment would do to the wallets of an account, by the function that divides it when it comes: what
 * goes to debt, up to the level of cut-off, to emergency credit and to the balance. `isRefused` where
 * it would be above the most that the wallet may hold. Changes nothing. Refuses `amount-not-positive`, `bad-wallet`,
 * `bad-order` for parts and a rule together or neither, `split-empty`, `split-wallet-twice`.
 */
export function previewTopUp(state: SiteState, planned: PreviewTopUp) {
  const { account: id, at } = planned;
  const account = accountOf(state, id);
  const parts = partsOf(account, planned);
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

/** The parts of an order: as they are given, or as the rule makes them from the balances of now. */
function partsOf(account: AccountState, { parts, split }: PlannedTopUp): readonly OrderPart[] {
  if (parts !== undefined && split === undefined) return parts;
  if (parts !== undefined || split === undefined) {
    throw new Refusal('bad-order', 'Give the parts, or one amount and the rule that divides it.');
  }
  const rule = parseSplitRule(split.rule, '/split/rule');
  const wallets = [...account.wallets].map(([wallet, balance]) => {
    return [wallet, { ...NOTHING_OWED, balance }] as const;
  });
  const shares = splitTopUp({
    ...{ account: account.account, currency: account.currency, source: '', rule },
    ...{ amountMicros: parseMicros(split.amount), wallets: new Map(wallets) },
  });
  return shares.map(({ wallet, amountMicros }) => ({ wallet, amount: formatMicros(amountMicros) }));
}

/** Which wallet gets how much hangs on balances alone; what becomes of it there is `divide`. */
const NOTHING_OWED = { cutOff: 0n, debt: 0n, recovered: 0n, emergencyUsed: 0n };
