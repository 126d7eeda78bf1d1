import { equalBytes } from '../core/bytes.ts';
import { zoneOf } from '../core/zone.ts';
import type { SiteRow, StoreReader } from '../store/port.ts';
import { placeOf } from './chart.ts';
import { type JournalEntry, journalEntry, type PostedEvent, readPosted } from './journal-entry.ts';
import { type AccountRow, type BookRow, type DayRow, SiteTurnover } from './site-turnover.ts';

/** Events that are read in one go; others who ask the same thread wait for it. */
const STRETCH = 16_384;

/** Months, both inclusive: `2026-09`. */
export interface Months {
  readonly from: string;
  readonly to: string;
}

/** Days, both inclusive: `2026-09-01`; of one account of the chart, one book or one tenant if said. */
export interface JournalAsk {
  readonly from: string;
  readonly to: string;
  readonly code?: string | undefined;
  readonly book?: string | undefined;
  readonly account?: string | undefined;
}

export interface JournalStretch {
  readonly entries: readonly JournalEntry[];
  /** Where to go on; undefined at the end. */
  readonly next: number | undefined;
}

export interface BookPage {
  /** Only of this account of the chart. */
  readonly code?: string | undefined;
  readonly part?: string | undefined;
  /** Name of the last book that was seen. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/**
 * The books of a store's sites, read from their events. Sums are kept and follow the log; entries are read
 * again from the events each time. Nothing here is the truth: it is thrown away and made anew at will.
 */
export class SiteBooks {
  readonly #store: StoreReader;
  readonly #sites = new Map<
    string,
    { readonly row: SiteRow; turnover: SiteTurnover; last: Uint8Array }
  >();

  constructor(store: StoreReader) {
    this.#store = store;
  }

  /** Reads on in the log, so far as one go takes it; whether its end was reached. */
  follow(site: string): boolean {
    const books = this.#of(site);
    const { leaves } = this.#store.size(site);
    const { next } = books.turnover;
    // A database that was brought back from a copy may hold another log than the one that was read.
    if (next > leaves || (next > 0 && !equalBytes(books.last, this.#commitment(site, next - 1)))) {
      books.turnover = new SiteTurnover(zoneOf(books.row.zone));
    }
    const { turnover } = books;
    const end = Math.min(leaves, turnover.next + STRETCH);
    for (const text of this.#store.readEvents(site, leavesOf(turnover.next, end)))
      turnover.add(text);
    if (end > 0) books.last = this.#commitment(site, end - 1);
    return end === leaves;
  }

  /** Events that the sums hold. */
  size(site: string): number {
    return this.#of(site).turnover.next;
  }

  /** The last month whose books are closed; '' before the first. */
  closed(site: string): string {
    return this.#of(site).turnover.closed;
  }

  accounts(site: string, { from, to }: Months): AccountRow[] {
    return this.#of(site).turnover.accounts(from, to);
  }

  books(site: string, { from, to }: Months, page: BookPage): BookRow[] {
    const { code, part, after = '', limit } = page;
    return this.#of(site)
      .turnover.books(from, to)
      .filter((row) => row.book > after && (code === undefined || row.code === code))
      .filter((row) => part === undefined || row.part === part)
      .slice(0, limit);
  }

  days(site: string, from: string, to: string): DayRow[] {
    return this.#of(site).turnover.days(from, to);
  }

  /** Entries in the order of the log from leaf `start` on, at most `limit` and not further than one go. */
  journal(site: string, ask: JournalAsk, start: number, limit: number): JournalStretch {
    const { row, turnover } = this.#of(site);
    const zone = zoneOf(row.zone);
    const { first, end } = turnover.stretch(ask.from.slice(0, 7), ask.to.slice(0, 7));
    const from = Math.max(start, first);
    const to = Math.min(end, from + STRETCH);
    const entries: JournalEntry[] = [];
    let leaf = from;
    for (const text of this.#store.readEvents(site, leavesOf(from, to))) {
      leaf += 1;
      const posted = readPosted(text);
      if (posted === undefined || !isAskedFor(text, posted, ask)) continue;
      const entry = journalEntry(text, leaf - 1, turnover.monthOf(posted.period, leaf - 1), zone);
      if (entry.date < ask.from || entry.date > ask.to) continue;
      entries.push(entry);
      if (entries.length === limit) break;
    }
    return { entries, next: leaf < end ? leaf : undefined };
  }

  #of(site: string) {
    const known = this.#sites.get(site);
    if (known !== undefined) return known;
    const row = this.#store.sites().find((one) => one.site === site);
    if (row === undefined) throw new Error(`there is no site ${site}`);
    const turnover = new SiteTurnover(zoneOf(row.zone));
    const books = { row, turnover, last: new Uint8Array() };
    this.#sites.set(site, books);
    return books;
  }

  #commitment(site: string, leaf: number): Uint8Array {
    return this.#store.commitments(site, leaf, leaf + 1);
  }
}

function isAskedFor(text: string, { postings }: PostedEvent, ask: JournalAsk): boolean {
  const { code, book, account } = ask;
  if (account !== undefined && !text.startsWith(`{"account":"${account}",`)) return false;
  if (book !== undefined && !postings.some((posting) => posting.book === book)) return false;
  return code === undefined || postings.some((posting) => placeOf(posting.book).code === code);
}

function leavesOf(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
