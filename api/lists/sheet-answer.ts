import { bytesOf } from '../reports/streamed-text.ts';
import { gathered, xlsxFile } from '../reports/xlsx-file.ts';
import { csvOf } from './csv.ts';
import { type Format, SHEET_TYPES, type Sheet } from './sheet.ts';

/** A file that a browser saves: CSV row by row as it is read, a workbook once it is made. */
export async function sheetAnswer(
  sheet: Sheet & { readonly format: Exclude<Format, 'json'> },
): Promise<Response> {
  const { format, name } = sheet;
  const body = format === 'csv' ? bytesOf(csvOf(sheet)) : await workbookOf(sheet);
  const charset = format === 'csv' ? '; charset=utf-8' : '';
  return new Response(body, {
    headers: {
      'content-type': `${SHEET_TYPES[format]}${charset}`,
      'content-disposition': `attachment; filename="${name}.${format}"`,
      ...{ 'cache-control': 'no-store', vary: 'Accept' },
    },
  });
}

/** Nobody else is answered while it is made. */
const MOST_ROWS = 20_000;

/** Refuses `table-too-long`. */
async function workbookOf({ name, columns, rows }: Sheet): Promise<Uint8Array<ArrayBuffer>> {
  const head = columns.map((column) => column.head);
  const all = await gathered(rows, MOST_ROWS);
  const cells = all.map((row) => row.map((cell) => cell ?? ''));
  // What Excel takes for the name of a sheet.
  return await xlsxFile([{ name: name.slice(0, 31), rows: [head, ...cells] }]);
}
