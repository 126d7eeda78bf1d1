import { assert } from '../../ledger/core/assert.ts';
import { MOST_EXCEPTIONS, tooDifferent } from '../../ledger/core/reconciliation.ts';
import type { SettlementRow } from '../settlement-row.ts';
import { type DayException, exceptionFor } from './day-exception.ts';
import { type OurPayment, type OurRefund, OurSide } from './our-side.ts';

/** Ten-thousandths of a minor unit, the step of fees. */
export const FINE = 10_000n;
const MARGIN_MS = 15 * 60_000;

/** orders -> credits -> gross - refunds - fees = payout, all in ten-thousandths of a minor unit. */
export interface DaySums {
  /** What the orders of the day's payments were for. */
  readonly orders: bigint;
  /** What the ledger took in on the day, and what it gave back. */
  readonly credits: bigint;
  readonly givenBack: bigint;
  /** Of the file: payments, refunds (negative), fees, fee rows and adjustments (signed, after fees). */
  readonly gross: bigint;
  readonly refunds: bigint;
  readonly fees: bigint;
  readonly others: bigint;
  /** gross + refunds + others - fees: what should reach the bank. */
  readonly payout: bigint;
  /** Payouts that the file itself names, where it does. */
  readonly paidOut: bigint;
  readonly rows: number;
  /** Rows of others who share the account, and what is in them after fees. */
  readonly elsewhereRows: number;
  readonly elsewhere: bigint;
  /** Rows in another currency, which no sum holds. */
  readonly foreignRows: number;
}

export interface MatchSetting {
  readonly span: { readonly fromMs: number; readonly toMs: number };
  readonly currency: string;
  readonly feeOf?: ((minor: bigint) => bigint) | undefined;
  readonly isElsewhere?: ((order: string) => boolean) | undefined;
  readonly marginMs?: number | undefined;
}

type About = Omit<DayException, 'bucket' | 'reason' | 'field' | 'suggestion'>;

/** One day being matched: first our side is added, then the rows are taken, then the file ends. */
export class DayMatch {
  readonly exceptions: DayException[] = [];
  /** Payments of the file that are none of ours, each once. */
  readonly strangers: SettlementRow[] = [];
  matched = 0;
  readonly #setting: MatchSetting;
  readonly #payments = new OurSide();
  readonly #refunds = new OurSide();
  readonly #strange = new Set<string>();
  readonly #sums = {
    ...{ orders: 0n, credits: 0n, givenBack: 0n, gross: 0n, refunds: 0n, fees: 0n, others: 0n },
    ...{ paidOut: 0n, rows: 0, elsewhereRows: 0, elsewhere: 0n, foreignRows: 0 },
  };
  /** Fees that were agreed for the rows that are ours. */
  #agreedFees = 0n;

  constructor(setting: MatchSetting) {
    this.#setting = setting;
  }

  addPayment({ id, order, amount, ordered, paidMs, state }: OurPayment): void {
    const { inDay, foreign } = this.#placeOf(paidMs, amount.currency);
    const suspense = state === 'suspense';
    const entry = { minor: amount.minor, atMs: paidMs };
    const isNew = this.#payments.add(id, entry, { inDay, suspense, foreign, order });
    assert(isNew, 'the ledger takes a payment once');
    if (!inDay || foreign) return;
    this.#sums.credits += amount.minor * FINE;
    this.#sums.orders += (ordered ?? 0n) * FINE;
    if (state !== 'credited' || ordered === undefined || ordered === amount.minor) return;
    const about = { difference: 0n, atMs: paidMs, id, order, ordered, ledger: amount.minor };
    this.add(exceptionFor('order-amount-differs', about));
  }

  addRefund({ refund, amount, paidMs }: OurRefund): void {
    const place = this.#placeOf(paidMs, amount.currency);
    const isNew = this.#refunds.add(refund, { minor: amount.minor, atMs: paidMs }, place);
    assert(isNew, 'the ledger gives a refund its number once');
    if (place.inDay && !place.foreign) this.#sums.givenBack += amount.minor * FINE;
  }

  take(row: SettlementRow): void {
    this.#sums.rows += 1;
    if (row.kind === 'payout') {
      this.#sums.paidOut -= row.gross.minor * FINE;
      return;
    }
    if (row.gross.currency !== this.#setting.currency) {
      this.#sums.foreignRows += 1;
      this.add(exceptionFor('currency-differs', this.aboutRow(row, 0n)));
    } else if (row.kind === 'payment') this.#payment(row);
    else if (row.kind === 'refund') this.#refund(row);
    else if (row.kind === 'fee' || row.kind === 'adjustment') this.#other(row);
    else assert(false, 'a provider’s file has no credits and debits of a bank');
  }

  /** What is ours and in no row. */
  endFile(): void {
    for (const at of this.#payments.unseen()) {
      const { minor, atMs } = this.#payments.entry(at);
      const about = { atMs, id: this.#payments.id(at), order: this.#payments.orderOf(at) };
      this.#missing(this.#payments, at, { ...about, ledger: minor, difference: -minor * FINE });
    }
    for (const at of this.#refunds.unseen()) {
      const { minor, atMs } = this.#refunds.entry(at);
      const about = { atMs, refund: this.#refunds.id(at), ledger: -minor };
      this.#missing(this.#refunds, at, { ...about, difference: minor * FINE });
    }
  }

  /** Refuses `reconciliation-too-different`, so that memory stays that of our side whatever the file is. */
  add(exception: DayException): void {
    if (this.exceptions.length >= MOST_EXCEPTIONS) throw tooDifferent();
    this.exceptions.push(exception);
  }

  hasOrder(order: string): boolean {
    return this.#payments.hasOrder(order);
  }

  /** What a row brings that nobody expects: all of it. */
  wholeOf({ gross, feeTenThousandths }: SettlementRow): bigint {
    const fee = this.#setting.feeOf === undefined ? 0n : feeTenThousandths;
    return gross.minor * FINE - fee;
  }

  aboutRow(row: SettlementRow, difference: bigint): About {
    const { id, order, refund, gross, feeTenThousandths } = row;
    return {
      ...{ difference, atMs: row.atMs, row: row.row, id, order, refund, feeTenThousandths },
      ...{ provider: row.ordered ?? gross.minor, found: row.state },
    };
  }

  get sums(): DaySums {
    const { gross, refunds, others, fees } = this.#sums;
    return { ...this.#sums, payout: gross + refunds + others - fees };
  }

  /** From the totals of both sides alone. */
  get unexplained(): bigint {
    const { gross, refunds, others, fees, credits, givenBack } = this.#sums;
    const fee = this.#setting.feeOf === undefined ? 0n : fees - this.#agreedFees;
    return gross + refunds + others - fee - (credits - givenBack);
  }

  #payment(row: SettlementRow): void {
    const at = this.#payments.find(row.id);
    if (at < 0 && this.#isElsewhere(row)) return;
    this.#sums.gross += row.gross.minor * FINE;
    this.#sums.fees += row.feeTenThousandths;
    if (at < 0) this.#stranger(row);
    else this.#compare(this.#payments, at, row, 1n);
  }

  #refund(row: SettlementRow): void {
    const byNumber = this.#refunds.find(row.refund);
    const at = byNumber < 0 ? this.#refunds.find(row.id) : byNumber;
    if (at < 0 && this.#isElsewhere(row)) return;
    this.#sums.refunds += row.gross.minor * FINE;
    this.#sums.fees += row.feeTenThousandths;
    if (at >= 0) this.#compare(this.#refunds, at, row, -1n);
    else if (this.#isTwice(`refund ${row.id}`)) this.#twice(row);
    else this.add(exceptionFor('refund-unknown', this.aboutRow(row, this.wholeOf(row))));
  }

  #other(row: SettlementRow): void {
    const difference = row.gross.minor * FINE - row.feeTenThousandths;
    this.#sums.others += difference;
    const reason = row.kind === 'fee' ? 'fee-row' : 'adjustment';
    this.add(exceptionFor(reason, this.aboutRow(row, difference)));
  }

  #stranger(row: SettlementRow): void {
    if (this.#isTwice(`payment ${row.id}`)) this.#twice(row);
    else if (this.strangers.length >= MOST_EXCEPTIONS) throw tooDifferent();
    else this.strangers.push(row);
  }

  /** A row of ours, field by field; each difference is named with its own part of the sum. */
  #compare(side: OurSide, at: number, row: SettlementRow, sign: bigint): void {
    if (side.isSeen(at)) {
      this.#twice(row);
      return;
    }
    side.see(at);
    const before = this.exceptions.length;
    const ours = side.minor(at) * sign;
    const ordered = row.ordered ?? row.gross.minor;
    const tell = (reason: Parameters<typeof exceptionFor>[0], difference: bigint) =>
      this.add(exceptionFor(reason, { ...this.aboutRow(row, difference), ledger: ours }));
    if (side.isForeign(at)) {
      // Ours is in no sum, so all of the row is beyond it.
      tell('currency-differs', row.gross.minor * FINE);
    } else {
      if (!side.isInDay(at)) tell('neighbouring-day', ours * FINE);
      if (ordered !== ours) tell('amount-differs', (ordered - ours) * FINE);
      if (ordered !== row.gross.minor) tell('discount', (row.gross.minor - ordered) * FINE);
    }
    this.#compareState(side, at, row, tell);
    this.#compareFee(row, tell);
    if (this.exceptions.length === before) this.matched += 1;
  }

  #compareState(
    side: OurSide,
    at: number,
    row: SettlementRow,
    tell: (reason: Parameters<typeof exceptionFor>[0], difference: bigint) => void,
  ): void {
    if (row.kind === 'payment' && row.order !== undefined && !side.isOfOrder(at, row.order)) {
      tell('order-differs', 0n);
    }
    if (row.state !== undefined) tell('provider-state', 0n);
    if (side.isSuspense(at)) tell('in-suspense', 0n);
  }

  #compareFee(
    row: SettlementRow,
    tell: (reason: Parameters<typeof exceptionFor>[0], difference: bigint) => void,
  ): void {
    const { feeOf } = this.#setting;
    if (feeOf === undefined) return;
    const { minor } = row.gross;
    const agreed = minor < 0n ? -feeOf(-minor) : feeOf(minor);
    this.#agreedFees += agreed;
    const more = row.feeTenThousandths - agreed;
    if (more === 0n) return;
    tell(more < FINE && more > -FINE ? 'fee-rounded' : 'fee-differs', -more);
  }

  #missing(side: OurSide, at: number, about: About): void {
    const { fromMs, toMs } = this.#setting.span;
    const { marginMs = MARGIN_MS } = this.#setting;
    const { atMs } = about;
    const isNear = atMs - fromMs < marginMs || toMs - atMs <= marginMs;
    const difference = side.isForeign(at) ? 0n : about.difference;
    this.add(exceptionFor(isNear ? 'near-midnight' : 'not-in-file', { ...about, difference }));
  }

  #twice(row: SettlementRow): void {
    this.add(exceptionFor('row-twice', this.aboutRow(row, this.wholeOf(row))));
  }

  #isTwice(key: string): boolean {
    if (this.#strange.has(key)) return true;
    this.#strange.add(key);
    return false;
  }

  #isElsewhere({ order, gross, feeTenThousandths }: SettlementRow): boolean {
    if (order === undefined || this.#setting.isElsewhere?.(order) !== true) return false;
    this.#sums.elsewhereRows += 1;
    this.#sums.elsewhere += gross.minor * FINE - feeTenThousandths;
    return true;
  }

  #placeOf(atMs: number, currency: string) {
    const { fromMs, toMs } = this.#setting.span;
    return { inDay: atMs >= fromMs && atMs < toMs, foreign: currency !== this.#setting.currency };
  }
}
