import { assert } from '../../core/assert.ts';
import type { SqlRow } from './bridge-messages.ts';

// Columns of a row as what the statement says that they are; anything else is our own mistake.

export function textIn(row: SqlRow, column: string): string {
  const value = row[column];
  assert(typeof value === 'string', `${column} is a text`);
  return value;
}

export function numberIn(row: SqlRow, column: string): number {
  const value = row[column];
  assert(Number.isSafeInteger(value), `${column} is a safe integer`);
  return Number(value);
}

export function bytesIn(row: SqlRow, column: string): Uint8Array {
  const value = row[column];
  assert(value instanceof Uint8Array, `${column} is bytes`);
  return value;
}
