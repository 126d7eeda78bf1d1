import {
  type ExceptionDoc,
  exceptionDoc,
  type ReconciliationDoc,
} from '../../ledger/core/reconciliation.ts';

const COLUMNS = [
  ...['exception', 'bucket', 'reason', 'field', 'suggestion', 'row', 'at', 'id', 'order', 'refund'],
  ...['ordered', 'ledger', 'provider', 'bank', 'fee', 'difference', 'found'],
] as const;
const AMOUNT = /^-?\d+(\.\d+)?$/;
/** A spreadsheet would round it; a tab behind it, as Alipay writes them, keeps it a text. */
const LONG_NUMBER = /^\d{12,}$/;

/**
 * A reconciliation as CSV (RFC 4180) with a byte order mark, which Excel needs to see UTF-8: sums and hashes
 * first, then a row an exception, as they are read.
 */
export async function* exceptionsCsv(
  doc: ReconciliationDoc,
  exceptions: AsyncIterable<unknown>,
): AsyncGenerator<string> {
  const { source, day, file, report, currency, rows, matched, unexplained, remaining } = doc;
  const head: [string, string | number][] = [
    ...Object.entries({ source, day, file, report, currency, rows, matched }),
    ...Object.entries(doc.sums),
    ...Object.entries({ unexplained, remaining, carried: doc.carried }),
    ['closed', doc.closedAt ?? ''],
  ];
  yield `\ufeff${head.map(([name, value]) => line([name, value])).join('')}${line([])}`;
  yield line([...COLUMNS, 'action', 'by', 'note']);
  for await (const exception of exceptions) yield rowOf(exceptionDoc(exception, ''));
}

function rowOf(exception: ExceptionDoc): string {
  const last = exception.actions.at(-1);
  const facts = COLUMNS.map((column) => exception[column] ?? '');
  return line([...facts, last?.action ?? '', last?.by ?? '', last?.note ?? '']);
}

function line(cells: readonly (string | number)[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function isFormula(text: string): boolean {
  return /^[=+\-@\t\r]/.test(text) && !AMOUNT.test(text);
}

/** What a spreadsheet would take for a formula stays a text; an amount below zero stays a number. */
function cell(value: string | number): string {
  const text = String(value);
  const tame = isFormula(text) ? `'${text}` : LONG_NUMBER.test(text) ? `${text}\t` : text;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}
