import { z } from 'zod';
import { WALLET } from '../ledger/core/event-data.ts';
import { HASH, ID, MICROS, PERIOD, TIME } from '../ledger/core/shape.ts';
import { DEFAULT_LIMIT, MAX_LIMIT } from './cursor.ts';

export const id = z.string().regex(ID);
/** A site's id is part of its log's URL. */
export const siteId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
export const wallet = z.string().regex(WALLET);
export const period = z.string().regex(PERIOD).describe('Calendar month, such as 2026-09');
export const time = z.string().regex(TIME).describe('UTC, RFC 3339 with milliseconds');
export const hash = z.string().regex(HASH);
export const micros = z.string().regex(MICROS).describe('Decimal text, 6 decimals');
export const positiveMicros = z
  .string()
  .regex(/^(?!0\.0{6}$)(0|[1-9][0-9]{0,11})\.[0-9]{6}$/)
  .describe('Decimal text above zero, 6 decimals');
export const ratio = z.string().regex(/^[1-9][0-9]{0,5}$/);
export const currency = z.string().regex(/^[A-Z]{3}$/);

/** `limit` and `cursor` of every list. */
export const paging = {
  limit: z
    .string()
    .regex(/^[0-9]{1,6}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(MAX_LIMIT))
    .default(DEFAULT_LIMIT)
    .describe(`Items of a page, at most ${MAX_LIMIT}`),
  cursor: z.string().max(1024).optional().describe('`next` of the page before'),
};

export function pageShape<T extends z.ZodType>(item: T) {
  return z.object({
    data: z.array(item),
    next: z.string().optional().describe('Cursor of the next page; absent on the last'),
  });
}

export const leaf = z.int().min(0).describe('Index in the log');
