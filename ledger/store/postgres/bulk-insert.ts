import type { Statement } from './bridge-messages.ts';
import { byteaArray, int8Array, textArray } from './sql-arrays.ts';

/** A column of a table, and where a row has its value. */
export interface Column<T> {
  readonly type: 'text' | 'int8' | 'bytea';
  encode(rows: readonly T[]): Uint8Array;
}

export function text<T>(of: (row: T) => string): Column<T> {
  return { type: 'text', encode: (rows) => textArray(rows.map(of)) };
}

export function int8<T>(of: (row: T) => number): Column<T> {
  return { type: 'int8', encode: (rows) => int8Array(rows.map(of)) };
}

export function bytea<T>(of: (row: T) => Uint8Array): Column<T> {
  return { type: 'bytea', encode: (rows) => byteaArray(rows.map(of)) };
}

/**
 * What inserts rows into a table: one statement however many there are, each column as one array, and
 * no statement for no rows. Columns stand in the order of the table. docs/performance.md has what other
 * ways cost.
 */
export function bulkInsert<T>(
  table: string,
  columns: readonly Column<T>[],
  onConflict = '',
): (rows: readonly T[]) => Statement[] {
  const arrays = columns.map(({ type }, i) => `$${i + 1}::${type}[]`).join(', ');
  const sql = `INSERT INTO ${table} SELECT * FROM unnest(${arrays}) ${onConflict}`;
  return (rows) =>
    rows.length === 0 ? [] : [{ text: sql, values: columns.map((each) => each.encode(rows)) }];
}
