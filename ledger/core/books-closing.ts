import { approvalOf } from './money-moves.ts';
import { object, PERIOD, type Read, text } from './shape.ts';

/**
 * `data` of `books.closed`, in the chain of the account `books`: the general ledger of that month and of all
 * before it is closed. What is posted to it afterwards belongs to the next month that is open.
 */
export const booksClosed = object({ period: text(PERIOD), approval: approvalOf });
export type BooksClosed = Read<typeof booksClosed>;
