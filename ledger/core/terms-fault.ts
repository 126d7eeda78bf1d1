import { canonicalize } from './canonical-json.ts';
import {
  parseRecoveryRule,
  type RecoveryLine,
  type RecoveryParts,
  recoverDebt,
} from './charges/debt-recovery.ts';
import { recoveryPostings } from './charges/recovery-postings.ts';
import { formatMicros, parseMicros } from './decimal.ts';
import { type TopUpCredited, topUpCredited } from './event-data.ts';
import { type AdjustmentPosted, adjustmentPosted, refundPaid } from './money-moves.ts';
import { attempt } from './refusal.ts';
import { parseTime } from './time.ts';
import {
  type CourseEvent,
  owedBy,
  postingsOf,
  recoveredIn,
  recoveryWeek,
  type WalletAgreed,
  type WalletCredit,
  walletAgreed,
} from './wallet-terms.ts';
import type { Zone } from './zone.ts';

/** What of an event the terms of its wallet do not allow: a stable code, and what its sentence shows. */
export interface TermsFault {
  readonly code: 'split-differs' | 'terms-broken' | 'approval-missing';
  readonly params: Readonly<Record<string, string>>;
}

/** An account as it stands before an event. */
export interface BeforeEvent {
  readonly credit: ReadonlyMap<string, WalletCredit>;
  readonly balances: ReadonlyMap<string, bigint>;
  readonly currency: string;
  readonly zone: Zone;
}

/**
 * Holds an event against what was agreed about the wallets of its account. The writer refuses what has a fault,
 * and whoever checks the chain finds it. What nobody decides has none: use, fees, a payment that bounced.
 */
export function termsFault(event: CourseEvent, before: BeforeEvent): TermsFault | undefined {
  const { type, data } = event;
  if (type === 'wallet.agreed') return agreementFault(walletAgreed(data, '/data'));
  if (type === 'topup.credited') return topUpFault(topUpCredited(data, '/data'), event, before);
  if (type === 'refund.paid') {
    const { wallet, balance } = refundPaid(data, '/data');
    return lentFault(before.credit.get(wallet), wallet, balance);
  }
  if (type === 'account.closed') return closingFault(before);
  if (type === 'reversal.posted') return reversalFault(event, before);
  if (type !== 'adjustment.posted') return undefined;
  return adjustmentFault(adjustmentPosted(data, '/data'), event, before);
}

/** How a top-up of a wallet with terms is divided; what `topup.credited` says in `split`. */
export function divideTopUp(
  credit: WalletCredit,
  amount: bigint,
  { balance, at, zone }: { readonly balance: bigint; readonly at: string; readonly zone: Zone },
): { readonly line: RecoveryLine; readonly parts: RecoveryParts } {
  const recovered = recoveredIn(credit, recoveryWeek(credit, at, zone));
  const { overdraft, debt, lent, recovery } = credit;
  const wallet = { balance, cutOff: -overdraft, debt, recovered, emergencyUsed: lent };
  return recoverDebt(amount, wallet, recovery);
}

/** The refusal of a balance above the most that was agreed. */
export function hoardingFault(
  credit: WalletCredit | undefined,
  wallet: string,
  balance: bigint,
): TermsFault | undefined {
  const { most } = credit ?? {};
  if (most === undefined || balance <= most) return undefined;
  return broken(wallet, 'most', most);
}

function agreementFault(terms: WalletAgreed): TermsFault | undefined {
  const { wallet, overdraft, most, emergency, recovery, approval } = terms;
  if (approval.asked === approval.approved) return { code: 'approval-missing', params: {} };
  const limits = [overdraft, most, emergency, recovery?.mostPerWeek].map((limit) =>
    limit === undefined ? 0n : parseMicros(limit),
  );
  const isRule = recovery === undefined || attempt(() => parseRecoveryRule(recovery)) !== undefined;
  if (isRule && limits.every((limit) => limit >= 0n)) return undefined;
  return { code: 'terms-broken', params: { wallet, rule: 'terms', limit: overdraft } };
}

function topUpFault(
  data: TopUpCredited,
  { account, at }: CourseEvent,
  { credit: wallets, balances, currency, zone }: BeforeEvent,
): TermsFault | undefined {
  const { wallet, amount, postings, split } = data;
  const credit = wallets.get(wallet);
  const differs: TermsFault = { code: 'split-differs', params: { wallet, amount } };
  if (credit === undefined) return split === undefined ? undefined : differs;
  const micros = parseMicros(amount);
  // Not above zero: a fault of its own, which others find.
  if (micros <= 0n) return undefined;
  const source = postings[0]?.account ?? '';
  const balance = balances.get(wallet) ?? 0n;
  const { line, parts } = divideTopUp(credit, micros, { balance, at, zone });
  const topUp = { account, wallet, currency, source, amountMicros: micros };
  const expected = canonicalize({ line, postings: recoveryPostings(topUp, parts) });
  const isSource = /^(cash|transit|clearing)(:|$)/.test(source);
  const isSame = split !== undefined && canonicalize({ line: split, postings }) === expected;
  if (!isSame || !isSource) return differs;
  // What was paid at a provider is taken whatever it makes; only the desk can refuse it.
  if (!/^cash(:|$)/.test(source)) return undefined;
  return hoardingFault(credit, wallet, balance + parts.cutOff + parts.balance);
}

function adjustmentFault(
  { kind, moves }: AdjustmentPosted,
  event: CourseEvent,
  { credit, zone }: BeforeEvent,
): TermsFault | undefined {
  for (const { wallet, amount, balance } of moves) {
    const own = credit.get(wallet);
    const micros = parseMicros(amount);
    const after = parseMicros(balance);
    if (kind === 'debt') {
      const isOwed = after <= 0n && own?.recovery !== undefined;
      if (!isOwed) return broken(wallet, 'debt', micros - after);
    } else if (kind === 'emergency') {
      const limit = own?.emergency ?? 0n;
      const isFree = own?.lent === 0n && own.lentIn !== zone.monthOf(parseTime(event.at));
      if (!isFree || micros > limit) return broken(wallet, 'emergency', limit);
    } else if (kind === 'transfer' || kind === 'settlement') {
      const fault = micros < 0n ? lentFault(own, wallet, balance) : undefined;
      if (fault !== undefined) return fault;
    } else if (micros < 0n && own !== undefined && after < -own.overdraft) {
      return broken(wallet, 'overdraft', own.overdraft);
    }
  }
  return undefined;
}

/** What was lent is not the tenant's to take out. */
function lentFault(
  credit: WalletCredit | undefined,
  wallet: string,
  balance: string,
): TermsFault | undefined {
  const { lent = 0n } = credit ?? {};
  return lent > 0n && parseMicros(balance) < lent ? broken(wallet, 'lent', lent) : undefined;
}

/** Who undoes what put debt aside or lent credit cannot undo what was repaid of it since. */
function reversalFault(
  { account, data }: CourseEvent,
  { credit }: BeforeEvent,
): TermsFault | undefined {
  for (const [wallet, moved] of owedBy(account, postingsOf(data))) {
    const { debt = 0n, lent = 0n } = credit.get(wallet) ?? {};
    if (debt + moved.debt < 0n) return broken(wallet, 'reversal', debt);
    if (lent + moved.lent < 0n) return broken(wallet, 'reversal', lent);
  }
  return undefined;
}

/** Who leaves owes nothing any more. */
function closingFault({ credit }: BeforeEvent): TermsFault | undefined {
  for (const [wallet, { debt, lent }] of credit) {
    if (debt + lent !== 0n) return broken(wallet, 'closed', debt + lent);
  }
  return undefined;
}

function broken(wallet: string, rule: string, limit: bigint): TermsFault {
  return { code: 'terms-broken', params: { wallet, rule, limit: formatMicros(limit) } };
}
