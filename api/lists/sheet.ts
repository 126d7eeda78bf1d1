export type Format = 'json' | 'csv' | 'xlsx';

/** What a spreadsheet is sent as. */
export const SHEET_TYPES = {
  csv: 'text/csv',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const;

/** A column of a list: its head, and what a row has there. */
export interface Column<T> {
  readonly head: string;
  readonly of: (row: T) => string | number | undefined;
}

/** A list for a spreadsheet, row by row as it is read. */
export interface Sheet {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly columns: readonly Pick<Column<never>, 'head'>[];
  readonly rows: AsyncIterable<readonly (string | number | undefined)[]>;
}

/** Which of the three an Accept header asks for: JSON unless it names another one before. */
export function acceptedFormat(accept: string | undefined): Format {
  for (const part of (accept ?? '').split(',')) {
    const [type = ''] = part.split(';');
    switch (type.trim().toLowerCase()) {
      case SHEET_TYPES.csv:
        return 'csv';
      case SHEET_TYPES.xlsx:
        return 'xlsx';
      case 'application/json':
      case '*/*':
        return 'json';
    }
  }
  return 'json';
}
