import { accountOfCode, placeOf } from '../../ledger/books/chart.ts';
import type { JournalEntry } from '../../ledger/books/journal-entry.ts';
import type { LedgerPort } from '../ledger-port.ts';

type DayRows = Awaited<ReturnType<LedgerPort['books']['byDay']>>['rows'];

/** One line a posting; lines of one voucher follow each other and balance. */
export const JOURNAL_COLUMNS = [
  ...['date', 'voucher', 'code', 'account', 'account_zh', 'part', 'debit', 'credit', 'currency'],
  ...['summary', 'correction', 'book', 'tenant', 'n', 'event', 'reference', 'reason'],
] as const;

export type JournalRow = readonly string[];

/** Vouchers are numbered by the event's place in the log. */
export async function* rowsOfEntries(
  entries: AsyncIterable<JournalEntry>,
): AsyncGenerator<JournalRow> {
  for await (const entry of entries) {
    const { leaf, date, type, late, currency, account, n, id, reference, reason } = entry;
    for (const { book, amount } of entry.postings) {
      const { code, part } = placeOf(book);
      yield [
        ...[date, String(leaf), code, ...namesOf(code), part, ...sides(amount), currency],
        ...[type, late ? 'yes' : '', book, account, String(n), id],
        ...[reference ?? '', reason ?? ''],
      ];
    }
  }
}

/** A voucher a day and kind of event, corrections apart: what an accounting system takes in. */
export async function* rowsOfDays(rows: DayRows, currency: string): AsyncGenerator<JournalRow> {
  for (const { date, type, late, code, part, debit, credit } of rows) {
    const voucher = `${date}/${type}${late ? '/correction' : ''}`;
    const rest = [currency, type, late ? 'yes' : '', '', '', '', '', '', ''];
    for (const [left, right] of [
      [debit, ''],
      ['', credit],
    ] as const) {
      if ((left || right) === ZERO) continue;
      yield [date, voucher, code, ...namesOf(code), part, left, right, ...rest];
    }
  }
}

const ZERO = '0.000000';

/** A debit stands in the first column, a credit in the second, both without a sign. */
function sides(amount: string): [debit: string, credit: string] {
  return amount.startsWith('-') ? ['', amount.slice(1)] : [amount, ''];
}

function namesOf(code: string): [name: string, nameZh: string] {
  const account = accountOfCode(code);
  return [account?.name ?? '', account?.nameZh ?? ''];
}
