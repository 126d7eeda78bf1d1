import writeExcelFile, { type Cell, type SheetData } from 'write-excel-file/node';
import { Refusal } from '../../ledger/core/refusal.ts';

/** A sheet is made in memory, where a row needs about a kilobyte. */
export const MOST_ROWS = 100_000;

const AMOUNT = /^-?\d{1,12}\.\d{6}$/;

export interface Sheet {
  readonly name: string;
  /** The first row is its heading. */
  readonly rows: readonly (readonly (string | number)[])[];
}

/**
 * A workbook. Amounts are numbers as long as a spreadsheet keeps every digit of them, all else is text: a
 * cell that begins like a formula is none. Refuses `table-too-long`.
 */
export async function xlsxFile(sheets: readonly Sheet[]): Promise<Uint8Array<ArrayBuffer>> {
  const data = sheets.map(({ name, rows }) => ({
    ...{ sheet: name, data: sheetData(rows), stickyRowsCount: 1 },
    columns: (rows[0] ?? []).map(() => ({ width: 18 })),
  }));
  return new Uint8Array(await writeExcelFile(data).toBuffer());
}

/** Gathers a table that may be too long for a workbook. Refuses `table-too-long`. */
export async function gathered<T>(rows: AsyncIterable<T>, most = MOST_ROWS): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) {
    if (all.length === most) {
      const message = `A workbook takes ${most} rows. Ask for CSV, for fewer days, or by day.`;
      throw new Refusal('table-too-long', message, { most });
    }
    all.push(row);
  }
  return all;
}

function sheetData(rows: Sheet['rows']): SheetData {
  return rows.map((row, i) => row.map((value) => (i === 0 ? heading(value) : cellOf(value))));
}

function heading(value: string | number): Cell {
  return { value: String(value), type: String, fontWeight: 'bold' };
}

function cellOf(value: string | number): Cell {
  if (typeof value === 'number') return { value, type: Number };
  if (value === '') return null;
  const number = Number(value);
  const isExact = AMOUNT.test(value) && number.toFixed(6) === value;
  if (isExact) return { value: number, type: Number, format: '#,##0.00####' };
  return { value, type: String };
}
