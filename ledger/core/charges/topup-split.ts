import { parseMicros } from '../decimal.ts';
import { type Posting, WALLET } from '../event-data.ts';
import { Refusal } from '../refusal.ts';
import { integer, list, MICROS, object, type Read, text } from '../shape.ts';
import {
  type RecoveryLine,
  type RecoveryParts,
  type RecoveryRule,
  recoverDebt,
  type WalletState,
} from './debt-recovery.ts';
import { recoveryPostings } from './recovery-postings.ts';
import { sharePool } from './shares.ts';

/** First each wallet of `fill` in turn, up to a balance; of the rest, `shares` by weight. */
const splitRule = object({
  fill: list(object({ wallet: text(WALLET), upTo: text(MICROS) }), 16),
  shares: list(object({ wallet: text(WALLET), weight: integer(1) }), 16),
});

/**
 * How a top-up is divided among an account's wallets. One earmarked wallet is `{fill: [], shares:
 * [{wallet, weight: 1}]}`. The tenant is shown the split before paying, and the same function makes it.
 */
export type SplitRule = Read<typeof splitRule>;

/** Refuses `bad-shape`, `split-empty`, and `split-wallet-twice` within one of the two lists. */
export function parseSplitRule(value: unknown, pointer = ''): SplitRule {
  const rule = splitRule(value, pointer);
  if (rule.shares.length === 0) {
    throw new Refusal('split-empty', 'Name at least one wallet that takes the rest of a top-up.');
  }
  for (const wallets of [rule.fill, rule.shares]) {
    const names = wallets.map(({ wallet }) => wallet);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice === undefined) continue;
    const message = `Wallet ${twice} is named twice. Name it once.`;
    throw new Refusal('split-wallet-twice', message, { wallet: twice });
  }
  return rule;
}

export interface TopUp {
  readonly account: string;
  readonly currency: string;
  /** The book that the money comes from, such as `cash:desk`. */
  readonly source: string;
  readonly amountMicros: bigint;
  readonly rule: SplitRule;
  /** Every wallet that the rule names; one that is missing is empty and has no debt. */
  readonly wallets: ReadonlyMap<string, WalletState>;
  readonly recovery?: RecoveryRule | undefined;
}

export interface WalletShare {
  readonly wallet: string;
  readonly amountMicros: bigint;
  readonly parts: RecoveryParts;
  readonly line: RecoveryLine;
  /** The wallet's balance after the top-up. */
  readonly balanceMicros: bigint;
  /** From the source to the wallet, its debt and its emergency credit; they sum to zero. */
  readonly postings: readonly Posting[];
}

/**
 * The parts of a top-up by wallet, in the order in which the rule first names them, those of zero left
 * out; they sum to the amount. Filling looks at the balance alone; within each wallet `recoverDebt`
 * then divides its part. Refuses `amount-not-positive` and what `recoverDebt` refuses.
 */
export function splitTopUp(topUp: TopUp): readonly WalletShare[] {
  const { amountMicros, rule, wallets } = topUp;
  if (amountMicros <= 0n) {
    throw new Refusal('amount-not-positive', 'A top-up is more than zero. Give its amount.');
  }
  const parts = new Map<string, bigint>();
  let left = amountMicros;
  for (const { wallet, upTo } of rule.fill) {
    const gap = parseMicros(upTo) - stateOf(wallets, wallet).balance;
    const part = gap < 0n ? 0n : gap < left ? gap : left;
    parts.set(wallet, part);
    left -= part;
  }
  const weights = rule.shares.map((share) => ({
    account: share.wallet,
    weight: BigInt(share.weight),
  }));
  for (const { account: wallet, part } of sharePool(left, weights)) {
    parts.set(wallet, (parts.get(wallet) ?? 0n) + part);
  }
  return [...parts].flatMap(([wallet, part]) =>
    part > 0n ? [walletShare(topUp, wallet, part)] : [],
  );
}

function walletShare(topUp: TopUp, wallet: string, amountMicros: bigint): WalletShare {
  const { account, currency, source, recovery } = topUp;
  const state = stateOf(topUp.wallets, wallet);
  const { parts, line } = recoverDebt(amountMicros, state, recovery);
  const credited = parts.cutOff + parts.balance;
  const postings = recoveryPostings({ account, wallet, currency, source, amountMicros }, parts);
  const balanceMicros = state.balance + credited;
  return { wallet, amountMicros, parts, line, balanceMicros, postings };
}

const EMPTY: WalletState = {
  ...{ balance: 0n, cutOff: 0n, debt: 0n, recovered: 0n, emergencyUsed: 0n },
};

function stateOf(wallets: ReadonlyMap<string, WalletState>, wallet: string): WalletState {
  return wallets.get(wallet) ?? EMPTY;
}
