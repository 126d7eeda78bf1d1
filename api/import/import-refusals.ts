import { Refusal } from '../../ledger/core/refusal.ts';

/** Of one table. */
export const MOST_ROWS = 200_000;
export const MOST_COLUMNS = 64;
/** What a workbook may grow to when it is unpacked. */
export const MOST_BYTES = 64 * 2 ** 20;

export function unreadable(why: string): Refusal {
  return new Refusal('import-unreadable', why);
}

export function tooLarge(): Refusal {
  return new Refusal(
    'import-too-large',
    `A table has at most ${MOST_ROWS} rows and ${MOST_COLUMNS} columns, and a workbook ` +
      `${MOST_BYTES / 2 ** 20} MiB unpacked. Split it, or delete what is empty far below or to the right.`,
    { most: MOST_ROWS, columns: MOST_COLUMNS },
  );
}
