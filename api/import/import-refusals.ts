import { Refusal } from '../../ledger/core/refusal.ts';

/** Of one table. */
export const MOST_ROWS = 200_000;

export function unreadable(why: string): Refusal {
  return new Refusal('import-unreadable', why);
}

export function tooLarge(): Refusal {
  return new Refusal('import-too-large', `A table has at most ${MOST_ROWS} rows. Split it.`, {
    most: MOST_ROWS,
  });
}
