import { canonicalize } from '../canonical-json.ts';
import { formatMicros, parseMicros } from '../decimal.ts';
import type { EventType } from '../event.ts';
import { type Posting, topUpCredited } from '../event-data.ts';
import {
  type AdjustmentPosted,
  type Approval,
  adjustmentPosted,
  adjustmentPostings,
  isOfKind,
  isOrdered,
  type MoneyMove,
  type MoveType,
  oppositeOf,
  type PastEvent,
  REVERSIBLE,
  type RefundPaid,
  type ReversalPosted,
  refundPaid,
  reversalPosted,
} from '../money-moves.ts';
import { effectsOf } from '../wallet-effects.ts';
import type { Opened } from './case.ts';
import { dataOf } from './check-readings.ts';
import type { BaseWalk } from './replay-charges.ts';
import { moveWallets } from './wallets.ts';

/**
 * Refunds, reversals and adjustments (layer 6): each names who asked and who, somebody else, agreed, or the
 * tenant's order; what it gives back or undoes is in the log; and its postings are the ones that
 * its kind prescribes, to the byte.
 */
export class MoveReplay {
  readonly #walk: BaseWalk;
  /** How much of each earlier event was given back or undone, by its number. */
  readonly #settled = new Map<number, bigint>();

  constructor(walk: BaseWalk) {
    this.#walk = walk;
  }

  replay(type: MoveType, entry: Opened, pointer: string, i: number): void {
    const { opened, layers, sums, periods } = this.#walk;
    const { at, n } = entry.event;
    const data = this.#check(type, dataOf(entry.text), pointer);
    const { period, reason } = data;
    const expected = periods.expected(i, at, period, 'moment');
    if (period !== expected)
      layers.fail(6, 'period-differs', { n, found: period, expected }, pointer);
    sums.range.money(n, period);
    const effects = effectsOf(type, data);
    moveWallets(this.#walk, effects, pointer);
    if (period !== opened.statement.period) return;
    for (const { wallet, micros } of effects) {
      sums.addMove({ n, type, reason, wallet, amount: formatMicros(micros) });
    }
  }

  #check(type: MoveType, data: unknown, pointer: string) {
    if (type === 'refund.paid') return this.#refund(refundPaid(data, '/data'), pointer);
    if (type === 'reversal.posted') return this.#reversal(reversalPosted(data, '/data'), pointer);
    return this.#adjustment(adjustmentPosted(data, '/data'), pointer);
  }

  #refund(data: RefundPaid, pointer: string): RefundPaid {
    const { wallet, amount, balance, postings, of } = data;
    const { layers } = this.#walk;
    this.#approved(data.approval, pointer);
    const micros = parseMicros(amount);
    if (micros <= 0n) layers.fail(6, 'amount-not-positive', {}, pointer);
    if (parseMicros(balance) < 0n) {
      layers.fail(6, 'refund-too-large', { amount, balance }, pointer);
    }
    const other = postings[1]?.account ?? '';
    const book = /^(cash|transit)(:|$)/.test(other) ? other : 'cash';
    const prepaid = `prepaid:${this.#walk.opened.statementEvent.account}:${wallet}`;
    const expected = [this.#post(prepaid, micros), this.#post(book, -micros)];
    this.#posted(wallet, postings, expected, pointer);
    if (of !== undefined) {
      const paid = this.#past(of, pointer);
      if (paid === undefined) return data;
      const topUp = paid.type === 'topup.credited' ? topUpCredited(paid.data, '/data') : undefined;
      const left = parseMicros(topUp?.amount ?? '0.000000') - (this.#settled.get(of.n) ?? 0n);
      if (topUp?.wallet !== wallet || micros > left) {
        layers.fail(6, 'refund-too-large', { amount, balance: formatMicros(left) }, pointer);
      }
      this.#settle(of.n, micros);
    }
    return data;
  }

  /** Undoes exactly what the event did, once. */
  #reversal(data: ReversalPosted, pointer: string): ReversalPosted {
    const { of, moves, postings } = data;
    const { layers } = this.#walk;
    this.#approved(data.approval, pointer);
    const past = this.#past(of, pointer);
    if (past === undefined) return data;
    const undone = REVERSIBLE.includes(past.type) ? effectsOf(past.type, past.data) : [];
    const expected = undone.map(({ wallet, micros }) => `${wallet} ${formatMicros(-micros)}`);
    const found = moves.map(({ wallet, amount }) => `${wallet} ${amount}`);
    const once = !this.#settled.has(of.n);
    if (undone.length === 0 || !once || expected.join() !== found.join()) {
      layers.fail(6, 'reversal-differs', { n: of.n, type: past.type }, pointer);
    }
    this.#settle(of.n, 1n);
    const opposite = oppositeOf(postingsOf(past.data));
    this.#posted(moves[0]?.wallet ?? '', postings, opposite, pointer);
    return data;
  }

  #adjustment(data: AdjustmentPosted, pointer: string): AdjustmentPosted {
    const { kind, moves, approval, order, postings } = data;
    const { layers, opened } = this.#walk;
    if (isOrdered(kind)) {
      if (order === undefined) layers.fail(6, 'approval-missing', {}, pointer);
    } else this.#approved(approval, pointer);
    const amounts = moves.map(({ wallet, amount }) => ({ wallet, micros: parseMicros(amount) }));
    const isItsKind = isOfKind(kind, amounts) && (kind !== 'transfer' || moves.every(isCovered));
    if (!isItsKind) layers.fail(6, 'adjustment-differs', { kind }, pointer);
    const { currency } = opened.statement;
    const of = { account: opened.statementEvent.account, currency };
    const expected = adjustmentPostings(of, kind, amounts);
    this.#posted(moves[0]?.wallet ?? '', postings, expected, pointer);
    return data;
  }

  #approved(approval: Approval | undefined, pointer: string): void {
    if (approval !== undefined && approval.asked !== approval.approved) return;
    this.#walk.layers.fail(6, 'approval-missing', {}, pointer);
  }

  /** The earlier event that is named, if it is opened here or proven beside. */
  #past({ n, hash }: PastEvent, pointer: string): { type: EventType; data: unknown } | undefined {
    const { opened, layers } = this.#walk;
    const { account } = opened.statementEvent;
    const inRange = opened.openings.find((opening) => opening.commitment === hash);
    if (inRange?.event.n === n) return { type: inRange.event.type, data: dataOf(inRange.text) };
    const fact = opened.facts.find(({ commitment }) => commitment === hash);
    if (fact?.event.n === n && fact.event.account === account) return fact.event;
    layers.fail(6, 'past-event-missing', { n }, pointer);
    return undefined;
  }

  #settle(n: number, micros: bigint): void {
    this.#settled.set(n, (this.#settled.get(n) ?? 0n) + micros);
  }

  #post(account: string, micros: bigint): Posting {
    const { currency } = this.#walk.opened.statement;
    return { account, amount: formatMicros(micros), currency };
  }

  #posted(
    wallet: string,
    found: readonly Posting[],
    expected: readonly Posting[],
    pointer: string,
  ): void {
    if (canonicalize(found) === canonicalize(expected)) return;
    const params = { wallet, expected: expected[0]?.amount ?? '' };
    this.#walk.layers.fail(6, 'postings-differ', params, pointer);
  }
}

/** A transfer takes only what is there. */
function isCovered({ amount, balance }: MoneyMove): boolean {
  return parseMicros(amount) > 0n || parseMicros(balance) >= 0n;
}

/** Of data whose shape was read already. */
function postingsOf(data: unknown): readonly Posting[] {
  const { postings }: { postings?: readonly Posting[] } = Object(data);
  return postings ?? [];
}
