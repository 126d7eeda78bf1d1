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
  yield `${BYTE_ORDER_MARK}${head.map(([name, value]) => csvLine([name, value])).join('')}${csvLine([])}`;
  yield csvLine([...COLUMNS, 'action', 'by', 'note']);
  for await (const exception of exceptions) yield rowOf(exceptionDoc(exception, ''));
}

function rowOf(exception: ExceptionDoc): string {
  const last = exception.actions.at(-1);
  const facts = COLUMNS.map((column) => exception[column] ?? '');
  return csvLine([...facts, last?.action ?? '', last?.by ?? '', last?.note ?? '']);
}
