import { isUtf8 } from 'node:buffer';
import readXlsx from 'read-excel-file/node';
import { Refusal } from '../../ledger/core/refusal.ts';
import { readCsv } from './csv.ts';
import { MOST_ROWS, tooLarge, unreadable } from './import-refusals.ts';
import { type Merged, mergedCells } from './merged-cells.ts';

/** What stands in a cell: a spreadsheet knows numbers and days from texts, a CSV file does not. */
export interface Cell {
  readonly kind: 'text' | 'number' | 'day';
  readonly text: string;
}

export interface Sheet {
  readonly name: string;
  readonly rows: readonly (readonly (Cell | undefined)[])[];
  /** Of a workbook: cells that hide the value of others. */
  readonly merged: readonly Merged[];
}

const ZIP = Buffer.from('PK\u0003\u0004', 'latin1');

/**
 * The sheets of an XLSX workbook, or the one of a CSV file in UTF-8 with or without a byte order mark, in
 * UTF-16, or in GBK (GB 18030). Refuses `import-unreadable`, `import-too-large`.
 */
export async function readTables(bytes: Uint8Array): Promise<Sheet[]> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!file.subarray(0, ZIP.length).equals(ZIP)) {
    const rows = readCsv(decoded(file), MOST_ROWS).map((row) => row.map(textCell));
    return [{ name: 'CSV', rows, merged: [] }];
  }
  const { merged, looked } = await mergedCells(file);
  try {
    // Numbers as they are written in the file: 1.23E+15 stays what it is.
    const sheets = await readXlsx(looked, { parseNumber: (text) => new NumberText(text) });
    return sheets.map(({ sheet, data }, i) => {
      if (data.length > MOST_ROWS) throw tooLarge();
      return { name: sheet, rows: data.map((row) => row.map(cellOf)), merged: merged[i] ?? [] };
    });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw unreadable('It is no workbook that can be read. Save it as .xlsx again.');
  }
}

class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function cellOf(value: unknown): Cell | undefined {
  if (value instanceof NumberText) return { kind: 'number', text: value.text };
  if (value instanceof Date) return { kind: 'day', text: value.toISOString().slice(0, 10) };
  if (typeof value === 'string') return textCell(value);
  return value === null || value === undefined ? undefined : textCell(String(value));
}

/** An apostrophe before what would be a formula is how a text is kept one. */
function textCell(text: string): Cell | undefined {
  const tame = text.trim().replace(/^'(?=[=+\-@])/, '');
  return tame === '' ? undefined : { kind: 'text', text: tame };
}

function decoded(file: Buffer): string {
  const isUtf16 = file[0] === 0xff && file[1] === 0xfe;
  const encoding = isUtf16 ? 'utf-16le' : isUtf8(file) ? 'utf-8' : 'gb18030';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(file);
  } catch {
    throw unreadable('It is neither UTF-8 nor GBK. Save it as CSV UTF-8, or as .xlsx.');
  }
}
