import {
  type ExceptionDoc,
  exceptionDoc,
  type ReconciliationDoc,
} from '../../ledger/core/reconciliation.ts';
import { BYTE_ORDER_MARK, csvLine } from '../reports/csv-line.ts';

const COLUMNS = [
  ...['exception', 'bucket', 'reason', 'field', 'suggestion', 'row', 'at', 'id', 'order', 'refund'],
  ...['ordered', 'ledger', 'provider', 'bank', 'fee', 'difference', 'found'],
] as const;

/** Names of the cells of `exceptionRows`. */
export const EXCEPTION_COLUMNS = [...COLUMNS, 'action', 'by', 'note'] as const;

/**
 * A reconciliation as CSV (RFC 4180) with a byte order mark, which Excel needs to see UTF-8: sums and hashes
 * first, then a row an exception, as they are read.
 */
export async function* exceptionsCsv(
  doc: ReconciliationDoc,
  exceptions: AsyncIterable<unknown>,
): AsyncGenerator<string> {
  const head = reconciliationFigures(doc).map(csvLine).join('');
  yield `${BYTE_ORDER_MARK}${head}${csvLine([])}`;
  yield csvLine(EXCEPTION_COLUMNS);
  for await (const row of exceptionRows(exceptions)) yield csvLine(row);
}

/** What a day comes to, by name: hashes, counts and sums. */
export function reconciliationFigures(doc: ReconciliationDoc): [string, string | number][] {
  const { source, day, file, report, currency, rows, matched, unexplained, remaining } = doc;
  return [
    ...Object.entries({ source, day, file, report, currency, rows, matched }),
    ...Object.entries(doc.sums),
    ...Object.entries({ unexplained, remaining, carried: doc.carried }),
    ['closed', doc.closedAt ?? ''],
  ];
}

export async function* exceptionRows(
  exceptions: AsyncIterable<unknown>,
): AsyncGenerator<(string | number)[]> {
  for await (const exception of exceptions) yield rowOf(exceptionDoc(exception, ''));
}

function rowOf(exception: ExceptionDoc): (string | number)[] {
  const last = exception.actions.at(-1);
  const facts = COLUMNS.map((column) => exception[column] ?? '');
  return [...facts, last?.action ?? '', last?.by ?? '', last?.note ?? ''];
}
