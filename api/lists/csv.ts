import { BYTE_ORDER_MARK, csvLine } from '../reports/csv-line.ts';
import type { Sheet } from './sheet.ts';

/** A list as CSV (RFC 4180) with a byte order mark, row by row. */
export async function* csvOf({ columns, rows }: Sheet): AsyncGenerator<string> {
  yield `${BYTE_ORDER_MARK}${csvLine(columns.map(({ head }) => head))}`;
  for await (const row of rows) yield csvLine(row.map((cell) => cell ?? ''));
}
