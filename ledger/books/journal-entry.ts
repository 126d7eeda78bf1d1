import { formatMicros, parseMicros } from '../core/decimal.ts';
import { Refusal } from '../core/refusal.ts';
import { parseTime } from '../core/time.ts';
import type { Zone } from '../core/zone.ts';

/** What an event posts, as far as sums need it. Debits positive, credits negative. */
export interface PostedEvent {
  readonly type: string;
  readonly at: string;
  /** The month of the books, which is that of the bill: `2026-09`. */
  readonly period: string;
  readonly postings: readonly { readonly book: string; readonly micros: bigint }[];
}

/** Where an entry stands in the books. */
export interface EntryDate {
  /** `2026-09-30` */
  readonly date: string;
  /** It took effect in a month that was closed for it: it corrects that month in this one. */
  readonly late: boolean;
}

/** An event as an entry of the journal, for people; `leaf`, `account` and `n` lead to the event. */
export interface JournalEntry extends EntryDate {
  readonly leaf: number;
  readonly account: string;
  readonly n: number;
  readonly id: string;
  readonly type: string;
  readonly at: string;
  readonly period: string;
  readonly currency: string;
  /** Amounts with 6 decimals, debits positive. */
  readonly postings: readonly { readonly book: string; readonly amount: string }[];
  /** Number of the receipt, payment or refund. */
  readonly reference?: string;
  readonly reason?: string;
}

const MARK = ',"postings":[';
const PERIOD = '"period":"';
/** Takes effect at the end of what it charges, which is the first instant of what comes next. */
const AT_THE_END: ReadonlySet<string> = new Set([
  ...['usage.deducted', 'fee.charged', 'charge.posted'],
]);

/**
 * Reads what the log's own canonical text posts; undefined where it moves no money. A month has millions
 * of charges, so the members are found where canonical order puts them; any other form is parsed whole.
 */
export function readPosted(text: string): PostedEvent | undefined {
  const mark = text.indexOf(MARK);
  if (mark < 0) return undefined;
  if (!text.startsWith(PERIOD, mark - PERIOD.length - 8)) return parsePosted(text);
  const postings: { book: string; micros: bigint }[] = [];
  for (let at = mark + MARK.length; ; ) {
    if (!text.startsWith('{"account":"', at)) return parsePosted(text);
    const bookEnd = text.indexOf('"', at + 12);
    const amountEnd = text.indexOf('"', bookEnd + 12);
    postings.push({
      book: text.slice(at + 12, bookEnd),
      micros: parseMicros(text.slice(bookEnd + 12, amountEnd)),
    });
    at = amountEnd + 20;
    if (text.charCodeAt(at - 1) === CLOSING_BRACKET) break;
  }
  const time = text.indexOf('","at":"') + 8;
  return {
    type: text.slice(text.lastIndexOf('"type":"') + 8, -8),
    at: text.slice(time, time + 24),
    period: text.slice(mark - 8, mark - 1),
    postings,
  };
}

const CLOSING_BRACKET = 93;

/** The slow way to the same; a test holds one against the other. */
export function parsePosted(text: string): PostedEvent | undefined {
  const { type, at, data }: StoredText = JSON.parse(text);
  if (data.postings === undefined || data.period === undefined) return undefined;
  const postings = data.postings.map(({ account, amount }) => {
    return { book: account, micros: parseMicros(amount) };
  });
  return { type, at, period: data.period, postings };
}

/** Of a text for which `readPosted` answers something; `period` is the month that the books have it in. */
export function journalEntry(text: string, leaf: number, period: string, zone: Zone): JournalEntry {
  const { account, n, id, type, at, data }: StoredText = JSON.parse(text);
  const { postings = [], reference, reason } = data;
  return {
    ...{ leaf, account, n, id, type, at, period, ...entryDate(zone, { type, at, period }) },
    currency: postings[0]?.currency ?? '',
    postings: postings.map((posting) => ({ book: posting.account, amount: posting.amount })),
    ...(reference === undefined ? {} : { reference }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The month that a closing closes; undefined where the text is another event's. */
export function closedMonth(text: string): string | undefined {
  if (!text.endsWith('"type":"books.closed","v":1}')) return undefined;
  const { data }: StoredText = JSON.parse(text);
  return data.period;
}

/**
 * The day of the books: the local day on which it took effect, and where that lies outside the month of
 * its bill, the nearest day of that month. So days add up to months, and what is late stands on the first.
 */
export function entryDate(
  zone: Zone,
  { type, at, period }: Pick<PostedEvent, 'type' | 'at' | 'period'>,
): EntryDate {
  const ms = parseTime(at) - (AT_THE_END.has(type) ? 1 : 0);
  const month = zone.monthOf(ms);
  if (month < period) return { date: `${period}-01`, late: true };
  if (month > period) return { date: lastDay(period), late: false };
  const { day } = zone.localParts(ms);
  return { date: `${period}-${String(day).padStart(2, '0')}`, late: false };
}

/** `2026-02` ends with `2026-02-28`. */
export function lastDay(period: string): string {
  const [year = 0, month = 0] = period.split('-').map(Number);
  return `${period}-${String(new Date(Date.UTC(year, month, 0)).getUTCDate()).padStart(2, '0')}`;
}

/** Debits and credits of an entry are equal, or the log was not written by this ledger. */
export function refuseUnbalanced({ postings }: PostedEvent, leaf: number): void {
  let sum = 0n;
  for (const { micros } of postings) sum += micros;
  if (sum === 0n) return;
  throw new Refusal('store-damaged', `Event ${leaf} does not balance; run billproof fsck.`, {
    leaf,
    sum: formatMicros(sum),
  });
}

/** The log's own canonical text, whose form its commitment vouches for. */
interface StoredText {
  readonly account: string;
  readonly n: number;
  readonly id: string;
  readonly type: string;
  readonly at: string;
  readonly data: {
    readonly period?: string;
    readonly postings?: readonly {
      readonly account: string;
      readonly amount: string;
      readonly currency: string;
    }[];
    readonly reference?: string;
    readonly reason?: string;
  };
}
