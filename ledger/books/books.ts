import { formatMicros } from '../core/decimal.ts';
import type { ReadingDoor } from '../reading/questions.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { BookPage, JournalAsk, Months } from './site-books.ts';
import type { AccountRow, BookRow, DayRow } from './site-turnover.ts';

/** The same row with its amounts as texts of 6 decimals. */
export type Written<T> = { readonly [K in keyof T]: T[K] extends bigint ? string : T[K] };

/** Rows, and the number of events that they were added up from. */
export interface AsOf<T> {
  readonly events: number;
  readonly rows: readonly Written<T>[];
}

/**
 * The general ledger of each site, as of every event that was acknowledged when it was asked for. It is
 * added up from the events in a thread of its own, where it waits for nobody and nobody for it.
 */
export class Books {
  readonly #door: Pick<ReadingDoor, 'ask'>;
  readonly #settle: (site: string) => Promise<void>;
  readonly #asked = new Set<string>();

  constructor(door: Pick<ReadingDoor, 'ask'>, settle: (site: string) => Promise<void>) {
    this.#door = door;
    this.#settle = settle;
  }

  /** Sites that this process was asked about. */
  get asked(): ReadonlySet<string> {
    return this.#asked;
  }

  /** Reads what was logged since it was asked last, so that the next question need not. */
  async follow(site: string): Promise<number> {
    this.#asked.add(site);
    await this.#settle(site);
    while (!(await this.#door.ask('followBooks', site)));
    return await this.#door.ask('bookedEvents', site);
  }

  /** Opening, debits, credits and closing by account of the chart; they sum to zero. `closed`: it stays as it is. */
  async trialBalance(
    site: string,
    months: Months,
  ): Promise<AsOf<AccountRow> & { readonly closed: boolean }> {
    const events = await this.follow(site);
    const closed = months.to <= (await this.#door.ask('closedBooks', site));
    const rows = (await this.#door.ask('bookedAccounts', site, months)).map(written);
    return { events, closed, rows };
  }

  /** The same by book, in the order of names: of 2203 each tenant's wallet. */
  async byBook(site: string, months: Months, page: BookPage): Promise<AsOf<BookRow>> {
    const events = await this.follow(site);
    const rows = await this.#door.ask('bookedBooks', site, months, page);
    return { events, rows: rows.map(written) };
  }

  /** Days `from` to `to` by type of event and account. */
  async byDay(site: string, from: string, to: string): Promise<AsOf<DayRow>> {
    const events = await this.follow(site);
    return { events, rows: (await this.#door.ask('bookedDays', site, from, to)).map(written) };
  }

  /** At most `limit` entries in the order of the log, from leaf `start` on. */
  async journal(
    site: string,
    ask: JournalAsk,
    { start = 0, limit }: { readonly start?: number | undefined; readonly limit: number },
  ): Promise<JournalEntry[]> {
    await this.follow(site);
    const entries: JournalEntry[] = [];
    let from: number | undefined = start;
    while (from !== undefined && entries.length < limit) {
      const stretch = await this.#stretch(site, ask, from, limit - entries.length);
      entries.push(...stretch.entries);
      from = stretch.next;
    }
    return entries;
  }

  /** All of them, a stretch at a time: as many as there are need no more memory than a few. */
  async *entries(site: string, ask: JournalAsk): AsyncGenerator<JournalEntry> {
    await this.follow(site);
    let from: number | undefined = 0;
    while (from !== undefined) {
      const stretch = await this.#stretch(site, ask, from, STRETCH_ENTRIES);
      yield* stretch.entries;
      from = stretch.next;
    }
  }

  #stretch(site: string, ask: JournalAsk, start: number, limit: number) {
    return this.#door.ask('journal', site, ask, start, limit);
  }
}

const STRETCH_ENTRIES = 2_000;

function written<T extends object>(row: T): Written<T> {
  const members = Object.entries(row).map(([name, value]) => {
    return [name, typeof value === 'bigint' ? formatMicros(value) : value];
  });
  return Object(Object.fromEntries(members));
}
