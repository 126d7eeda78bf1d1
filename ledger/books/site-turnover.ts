import { monthAfter } from '../core/verdict/bill-periods.ts';
import type { Zone } from '../core/zone.ts';
import { type ChartPlace, PREPAID, placeOf } from './chart.ts';
import {
  closedMonth,
  type EntryDate,
  entryDate,
  readPosted,
  refuseUnbalanced,
} from './journal-entry.ts';

/** Debits and credits, both at least zero, in micros. */
export interface Turnover {
  readonly debit: bigint;
  readonly credit: bigint;
}

/** Of an account of the chart, or of a book. Balances: debits positive. */
export interface TrialRow extends Turnover {
  readonly opening: bigint;
  readonly closing: bigint;
  /** Postings in the time. */
  readonly postings: number;
}
export interface AccountRow extends TrialRow, ChartPlace {
  /** Of prepaid wallets: what tenants have, and what tenants owe, both at least zero. */
  readonly held: bigint;
  readonly owed: bigint;
}
export interface BookRow extends TrialRow, ChartPlace {
  readonly book: string;
}
/** What events of one type posted on one day to one account. */
export interface DayRow extends Turnover, ChartPlace {
  readonly date: string;
  readonly type: string;
  /** Corrections of months that were closed for them. */
  readonly late: boolean;
  readonly postings: number;
}

interface Sum {
  debit: bigint;
  credit: bigint;
  postings: number;
}
type Day = Sum & Omit<DayRow, keyof Turnover | 'postings'>;
interface Month {
  readonly books: Map<string, Sum>;
  readonly days: Map<string, Day>;
  firstLeaf: number;
  endLeaf: number;
}

/** A book, and the sums that its last posting went into: the next one mostly goes into the same. */
interface FollowedBook {
  readonly place: ChartPlace;
  month: Month | undefined;
  sum: Sum;
  dated: EntryDate | undefined;
  type: string;
  day: Day | undefined;
}

/**
 * What the events of one site have posted, by month and book and by day and account. It is told of every
 * event once, in the order of the log; its size is that of the books and days, not of the events.
 */
export class SiteTurnover {
  readonly #zone: Zone;
  readonly #months = new Map<string, Month>();
  readonly #followed = new Map<string, FollowedBook>();
  readonly #dates = new Map<string, EntryDate>();
  readonly #closings: { readonly leaf: number; readonly period: string }[] = [];
  #next = 0;
  #dated: { readonly key: string; readonly date: EntryDate } | undefined;

  constructor(zone: Zone) {
    this.#zone = zone;
  }

  /** The first leaf that it was not told of. */
  get next(): number {
    return this.#next;
  }

  /** Tells it of the event at leaf `next`. Refuses `store-damaged` where debits are not credits. */
  add(text: string): void {
    const leaf = this.#next;
    this.#next += 1;
    const posted = readPosted(text);
    if (posted === undefined) {
      this.#close(text, leaf);
      return;
    }
    refuseUnbalanced(posted, leaf);
    const { type } = posted;
    const period = this.monthOf(posted.period, leaf);
    const month = this.#month(period, leaf);
    const dated = this.#dateOf({ type, at: posted.at, period });
    for (const { book, micros } of posted.postings) {
      const followed = this.#follow(book);
      if (followed.month !== month) {
        followed.month = month;
        followed.sum = sumIn(month.books, book);
        followed.day = undefined;
      }
      if (followed.day === undefined || followed.dated !== dated || followed.type !== type) {
        followed.dated = dated;
        followed.type = type;
        followed.day = dayIn(month.days, type, dated, followed.place);
      }
      addTo(followed.sum, micros);
      addTo(followed.day, micros);
    }
  }

  /** The last month that is closed; '' before the first closing. */
  get closed(): string {
    return this.#closings.at(-1)?.period ?? '';
  }

  /** The month that the books have an event of a bill's month in: one that was open when it was logged. */
  monthOf(period: string, leaf: number): string {
    const closed = this.#closings.findLast((closing) => closing.leaf < leaf)?.period ?? '';
    return period <= closed ? monthAfter(closed) : period;
  }

  /** By account and part, for the months `from` to `to`. */
  accounts(from: string, to: string): AccountRow[] {
    const rows = new Map<string, { -readonly [K in keyof AccountRow]: AccountRow[K] }>();
    for (const { book: _, code, part, ...row } of this.books(from, to)) {
      const key = `${code}/${part}`;
      const prepaid = code === PREPAID ? row.closing : 0n;
      const held = prepaid < 0n ? -prepaid : 0n;
      const owed = prepaid > 0n ? prepaid : 0n;
      const known = rows.get(key);
      if (known === undefined) {
        rows.set(key, { code, part, ...row, held, owed });
        continue;
      }
      known.opening += row.opening;
      known.debit += row.debit;
      known.credit += row.credit;
      known.closing += row.closing;
      known.postings += row.postings;
      known.held += held;
      known.owed += owed;
    }
    return [...rows.values()].sort((a, b) => order(a.code, b.code) || order(a.part, b.part));
  }

  /** By book, in the order of their names, for the months `from` to `to`; earlier ones are the opening. */
  books(from: string, to: string): BookRow[] {
    const sums = new Map<string, Sum & { opening: bigint }>();
    for (const [period, { books }] of this.#months) {
      if (period > to) continue;
      for (const [book, { debit, credit, postings }] of books) {
        let sum = sums.get(book);
        if (sum === undefined) {
          sum = { opening: 0n, debit: 0n, credit: 0n, postings: 0 };
          sums.set(book, sum);
        }
        if (period < from) {
          sum.opening += debit - credit;
        } else {
          sum.debit += debit;
          sum.credit += credit;
          sum.postings += postings;
        }
      }
    }
    return [...sums]
      .sort(([a], [b]) => order(a, b))
      .map(([book, sum]) => {
        const closing = sum.opening + sum.debit - sum.credit;
        return { book, ...this.#follow(book).place, ...sum, closing };
      });
  }

  /** Days `from` to `to` by type and account, in the order of time. */
  days(from: string, to: string): DayRow[] {
    const rows: DayRow[] = [];
    for (const [period, { days }] of this.#months) {
      if (period < from.slice(0, 7) || period > to.slice(0, 7)) continue;
      for (const day of days.values()) if (day.date >= from && day.date <= to) rows.push(day);
    }
    return rows.sort(
      (a, b) =>
        order(a.date, b.date) ||
        order(a.type, b.type) ||
        Number(a.late) - Number(b.late) ||
        order(a.code, b.code) ||
        order(a.part, b.part),
    );
  }

  /** Leaves `[first, end)` outside of which nothing was posted to the months `from` to `to`. */
  stretch(from: string, to: string): { readonly first: number; readonly end: number } {
    let [first, end] = [this.#next, 0];
    for (const [period, month] of this.#months) {
      if (period < from || period > to) continue;
      first = Math.min(first, month.firstLeaf);
      end = Math.max(end, month.endLeaf);
    }
    return { first, end };
  }

  #close(text: string, leaf: number): void {
    const period = closedMonth(text);
    if (period !== undefined) this.#closings.push({ leaf, period });
  }

  #month(period: string, leaf: number): Month {
    let month = this.#months.get(period);
    if (month === undefined) {
      month = { books: new Map(), days: new Map(), firstLeaf: leaf, endLeaf: leaf };
      this.#months.set(period, month);
    }
    month.endLeaf = leaf + 1;
    return month;
  }

  #follow(book: string): FollowedBook {
    let followed = this.#followed.get(book);
    if (followed === undefined) {
      const sum = { debit: 0n, credit: 0n, postings: 0 };
      const [month, dated, day] = [undefined, undefined, undefined];
      followed = { place: placeOf(book), month, sum, dated, type: '', day };
      this.#followed.set(book, followed);
    }
    return followed;
  }

  /** Readings of one moment follow each other; one object a date, so that dates are told apart at once. */
  #dateOf(posted: { readonly type: string; readonly at: string; readonly period: string }) {
    const key = `${posted.type}${posted.at}${posted.period}`;
    if (this.#dated?.key !== key) {
      const found = entryDate(this.#zone, posted);
      const name = `${found.date}${found.late}`;
      const date = this.#dates.get(name) ?? found;
      this.#dates.set(name, date);
      this.#dated = { key, date };
    }
    return this.#dated.date;
  }
}

function dayIn(days: Month['days'], type: string, dated: EntryDate, place: ChartPlace): Day {
  const { date, late } = dated;
  const key = `${date}/${type}/${late ? 1 : 0}/${place.code}/${place.part}`;
  let day = days.get(key);
  if (day === undefined) {
    day = { date, type, late, ...place, debit: 0n, credit: 0n, postings: 0 };
    days.set(key, day);
  }
  return day;
}

function sumIn(sums: Map<string, Sum>, name: string): Sum {
  let sum = sums.get(name);
  if (sum === undefined) {
    sum = { debit: 0n, credit: 0n, postings: 0 };
    sums.set(name, sum);
  }
  return sum;
}

function addTo(sum: Sum, micros: bigint): void {
  if (micros >= 0n) sum.debit += micros;
  else sum.credit -= micros;
  sum.postings += 1;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
