import { base64url, fromBase64url, fromUtf8, utf8 } from '../ledger/core/bytes.ts';
import { Refusal } from '../ledger/core/refusal.ts';

/** Items of a page unless asked otherwise, and at most. */
export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 200;

export interface Paged<T> {
  readonly data: readonly T[];
  /** Give it as `cursor` to get the next page; absent on the last one. */
  readonly next?: string;
}

/**
 * A page of `limit` items from a list of one more than that. `filter` is everything that chose the
 * items, so that a cursor cannot go on in another list.
 */
export function pageOf<T>(
  items: readonly T[],
  limit: number,
  filter: string,
  keyOf: (item: T) => string,
): Paged<T> {
  const data = items.slice(0, limit);
  const last = data.at(-1);
  if (items.length <= limit || last === undefined) return { data };
  return { data, next: base64url(utf8(JSON.stringify([filter, keyOf(last)]))) };
}

/** Key of the last item already seen. Refusals: `bad-cursor`, `cursor-mismatch`. */
export function cursorKey(cursor: string | undefined, filter: string): string | undefined {
  if (cursor === undefined) return undefined;
  const [given, key] = decode(cursor);
  if (given !== filter) {
    throw new Refusal(
      'cursor-mismatch',
      'This cursor belongs to a list with another filter. Start again without a cursor.',
    );
  }
  return key;
}

/** As `cursorKey`, for lists in the order of a number. */
export function cursorNumber(cursor: string | undefined, filter: string): number | undefined {
  const key = cursorKey(cursor, filter);
  if (key === undefined) return undefined;
  if (!/^(0|[1-9]\d{0,14})$/.test(key)) throw badCursor();
  return Number(key);
}

function decode(cursor: string): readonly [string, string] {
  try {
    const value: unknown = JSON.parse(fromUtf8(fromBase64url(cursor)));
    if (Array.isArray(value) && value.length === 2) {
      const [filter, key]: unknown[] = value;
      if (typeof filter === 'string' && typeof key === 'string') return [filter, key];
    }
  } catch {
    // Whatever it is, it is none of ours.
  }
  throw badCursor();
}

function badCursor(): Refusal {
  return new Refusal('bad-cursor', 'This is no cursor. Use the `next` of a page as it was given.');
}
