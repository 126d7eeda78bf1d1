import { type RecoveryRule, recoveryRule, weekOf } from './charges/debt-recovery.ts';
import { formatMicros, parseMicros } from './decimal.ts';
import {
  type Posting,
  type StatementCredit,
  type TopUpCredited,
  topUpCredited,
  WALLET,
} from './event-data.ts';
import { adjustmentPosted, approval } from './money-moves.ts';
import { MICROS, object, type Read, text } from './shape.ts';
import { parseTime } from './time.ts';
import type { Zone } from './zone.ts';

/**
 * What was agreed about one wallet: `data` of `wallet.agreed`, which takes the place of what was agreed about it
 * before. `overdraft`: how far below zero the balance may go before supply is cut off; `most`: the balance above
 * which a top-up is refused; `emergency`: the most that is lent at once, once in a local month.
 */
export const walletAgreed = object(
  { wallet: text(WALLET), overdraft: text(MICROS), approval },
  {
    most: text(MICROS),
    emergency: text(MICROS),
    /** What goes to old debt of each top-up. */
    recovery: recoveryRule,
  },
);
export type WalletAgreed = Read<typeof walletAgreed>;

/** The terms of a wallet, and what it owes under them. */
export interface WalletCredit {
  readonly overdraft: bigint;
  readonly most: bigint | undefined;
  readonly emergency: bigint | undefined;
  readonly recovery: RecoveryRule | undefined;
  /** Debt that was put aside and is not recovered yet. */
  readonly debt: bigint;
  /** Emergency credit that is not repaid yet. */
  readonly lent: bigint;
  /** Month in which it was lent last; empty before. */
  readonly lentIn: string;
  /** Monday of the week in which debt was recovered last, and how much in it; empty before. */
  readonly week: string;
  readonly recovered: bigint;
}

/** An event as the course of its account's wallets reads it. */
export interface CourseEvent {
  readonly type: string;
  readonly account: string;
  readonly at: string;
  readonly data: unknown;
}

const NOTHING: WalletCredit = {
  ...{ overdraft: 0n, most: undefined, emergency: undefined, recovery: undefined },
  ...{ debt: 0n, lent: 0n, lentIn: '', week: '', recovered: 0n },
};

/**
 * Terms and debts of an account's wallets, moved along its chain by what each event says: by the writer, by
 * `fsck` and by the verdict alike. Whether an event may say so is `termsFault`.
 */
export class CreditCourse {
  /** Wallets about which something was agreed. A change is another map, so that an old one may be kept. */
  wallets: ReadonlyMap<string, WalletCredit> = new Map();

  apply(event: CourseEvent, zone: Zone): void {
    const { type, data, at } = event;
    if (type === 'wallet.agreed') this.#agree(walletAgreed(data, '/data'));
    if (this.wallets.size === 0) return;
    this.#post(event);
    if (type === 'topup.credited') this.#recovered(topUpCredited(data, '/data'), at, zone);
    if (type !== 'adjustment.posted') return;
    const { kind, moves } = adjustmentPosted(data, '/data');
    if (kind !== 'emergency') return;
    const lentIn = zone.monthOf(parseTime(at));
    for (const { wallet } of moves) this.#set(wallet, { lentIn });
  }

  #agree({ wallet, overdraft, most, emergency, recovery }: WalletAgreed): void {
    const owed = this.wallets.get(wallet) ?? NOTHING;
    const terms = { overdraft: parseMicros(overdraft), recovery };
    const limits = { most: microsOr(most), emergency: microsOr(emergency) };
    this.wallets = new Map(this.wallets).set(wallet, { ...owed, ...terms, ...limits });
  }

  /** What stands in the books of debt and of emergency credit. */
  #post({ account, data }: CourseEvent): void {
    for (const [wallet, moved] of owedBy(account, postingsOf(data))) {
      const { debt = 0n, lent = 0n } = this.wallets.get(wallet) ?? {};
      this.#set(wallet, { debt: debt + moved.debt, lent: lent + moved.lent });
    }
  }

  #recovered({ wallet, split }: TopUpCredited, at: string, zone: Zone): void {
    const credit = this.wallets.get(wallet);
    if (split === undefined || credit === undefined) return;
    const week = recoveryWeek(credit, at, zone);
    const before = recoveredIn(credit, week);
    this.#set(wallet, { week, recovered: before + parseMicros(split.debt) });
  }

  #set(wallet: string, change: Partial<WalletCredit>): void {
    const credit = this.wallets.get(wallet);
    if (credit !== undefined) {
      this.wallets = new Map(this.wallets).set(wallet, { ...credit, ...change });
    }
  }
}

/**
 * The week whose most a top-up counts toward: that of its time, or, where debt was recovered in a later one
 * already, that later one. So no week's most is ever passed, whatever time a top-up is given.
 */
export function recoveryWeek({ week }: WalletCredit, at: string, zone: Zone): string {
  const own = weekOf(zone, parseTime(at));
  return own < week ? week : own;
}

export function recoveredIn({ week, recovered }: WalletCredit, asked: string): bigint {
  return asked === week ? recovered : 0n;
}

/** By wallet, what postings add to its debt and to its emergency credit. */
export function owedBy(
  account: string,
  postings: readonly Posting[],
): ReadonlyMap<string, { readonly debt: bigint; readonly lent: bigint }> {
  const owed = new Map<string, { debt: bigint; lent: bigint }>();
  for (const { account: book, amount } of postings) {
    const [kind, of, wallet = ''] = book.split(':');
    if (of !== account || (kind !== 'debt' && kind !== 'emergency')) continue;
    const sum = owed.get(wallet) ?? { debt: 0n, lent: 0n };
    if (kind === 'debt') sum.debt += parseMicros(amount);
    else sum.lent += parseMicros(amount);
    owed.set(wallet, sum);
  }
  return owed;
}

/** As a statement and a projection say it, by name of the wallet. */
export function creditLines(wallets: ReadonlyMap<string, WalletCredit>): StatementCredit[] {
  return [...wallets]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([wallet, credit]) => ({
      ...{ wallet, overdraft: formatMicros(credit.overdraft) },
      ...{ debt: formatMicros(credit.debt), lent: formatMicros(credit.lent) },
      ...(credit.most === undefined ? {} : { most: formatMicros(credit.most) }),
      ...(credit.emergency === undefined ? {} : { emergency: formatMicros(credit.emergency) }),
      ...(credit.recovery === undefined ? {} : { recovery: credit.recovery }),
      ...(credit.lentIn === '' ? {} : { lentIn: credit.lentIn }),
      ...(credit.week === ''
        ? {}
        : { week: credit.week, recovered: formatMicros(credit.recovered) }),
    }));
}

export function readCreditLines(
  lines: readonly StatementCredit[],
): ReadonlyMap<string, WalletCredit> {
  return new Map(
    lines.map(({ wallet, overdraft, debt, lent, lentIn = '', week = '', ...line }) => [
      wallet,
      {
        ...{ overdraft: parseMicros(overdraft), recovery: line.recovery, lentIn, week },
        ...{ debt: parseMicros(debt), lent: parseMicros(lent) },
        ...{ most: microsOr(line.most), emergency: microsOr(line.emergency) },
        recovered: microsOr(line.recovered) ?? 0n,
      },
    ]),
  );
}

/** Of data whose shape is read elsewhere. */
export function postingsOf(data: unknown): readonly Posting[] {
  const { postings }: { postings?: readonly Posting[] } = Object(data);
  return Array.isArray(postings) ? postings : [];
}

function microsOr(text: string | undefined): bigint | undefined {
  return text === undefined ? undefined : parseMicros(text);
}
