import { z } from 'zod';
import { cursorKey, pageOf } from '../cursor.ts';
import type { Reply } from '../route.ts';
import { paging } from '../shapes.ts';
import type { Column, Format } from './sheet.ts';

/** Rows that are read at once for a spreadsheet, or to find those that fit a filter. */
const READ_AT_ONCE = 1_000;

/** What each list that may be a spreadsheet takes in its query. */
export const listing = {
  ...paging,
  format: z
    .enum(['json', 'csv', 'xlsx'])
    .optional()
    .describe('csv or xlsx: the whole list, with the same filter, as a file; else by Accept'),
};

export interface List<T> {
  /** Of the file. */
  readonly name: string;
  /** Everything that chooses the items. */
  readonly filter: string;
  /** Items after the one with that key, in the order of keys. */
  readonly read: (after: string | undefined, limit: number) => Promise<readonly T[]>;
  readonly keyOf: (item: T) => string;
  readonly view: (item: T) => unknown;
  readonly columns: readonly Column<T>[];
}

interface Asked {
  readonly query: {
    readonly limit: number;
    readonly cursor?: string | undefined;
    readonly format?: Format | undefined;
  };
  readonly accepts: Format;
}

/** A page as JSON, or all that follows the cursor as a sheet. */
export async function listReply<T>({ query, accepts }: Asked, list: List<T>): Promise<Reply> {
  const { name, filter, keyOf, view, columns } = list;
  const after = cursorKey(query.cursor, filter);
  const format = query.format ?? accepts;
  if (format === 'json') {
    const items = await list.read(after, query.limit + 1);
    const { data, ...rest } = pageOf(items, query.limit, filter, keyOf);
    return { body: { data: data.map(view), ...rest } };
  }
  const sheet = { name, columns, rows: rowsOf(list, after) };
  return { body: undefined, sheet: { format, ...sheet } };
}

/** Of a list that is read in pages, those items that fit, in the same order. */
export async function fitting<T>(
  read: (after: string | undefined, limit: number) => Promise<readonly T[]>,
  keyOf: (item: T) => string,
  fits: (item: T) => boolean,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<T[]> {
  const found: T[] = [];
  let { after } = page;
  while (found.length < page.limit) {
    const items = await read(after, READ_AT_ONCE);
    found.push(...items.filter(fits));
    const last = items.at(-1);
    if (last === undefined || items.length < READ_AT_ONCE) break;
    after = keyOf(last);
  }
  return found.slice(0, page.limit);
}

async function* rowsOf<T>({ read, keyOf, columns }: List<T>, from: string | undefined) {
  for (let after = from; ; ) {
    const items = await read(after, READ_AT_ONCE);
    for (const item of items) yield columns.map(({ of }) => of(item));
    const last = items.at(-1);
    if (last === undefined || items.length < READ_AT_ONCE) return;
    after = keyOf(last);
  }
}
