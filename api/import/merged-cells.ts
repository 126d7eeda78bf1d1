import { fromBufferPromise, type ZipFile } from 'yauzl';
import { tooLarge, unreadable } from './import-refusals.ts';

/** Rows and columns, from 0, that show one value and have it in the first cell only. */
export interface Merged {
  readonly fromRow: number;
  readonly toRow: number;
  readonly fromColumn: number;
  readonly toColumn: number;
}

/** What a workbook may grow to when it is unpacked. */
const MOST_BYTES = 512 * 2 ** 20;
const RANGE = /<mergeCell\b[^>]*\bref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"/g;

/**
 * Merged cells of each sheet of a workbook, in the order of the sheets' files: whoever reads only values
 * does not see them. Refuses `import-unreadable`, and `import-too-large` before anything is unpacked.
 */
export async function mergedCells(file: Buffer): Promise<Merged[][]> {
  let zip: ZipFile;
  try {
    zip = await fromBufferPromise(file, { lazyEntries: true });
  } catch {
    throw unreadable('The workbook is damaged. Save it again.');
  }
  const sheets = new Map<number, Merged[]>();
  let size = 0;
  for await (const entry of zip.eachEntry()) {
    size += entry.uncompressedSize;
    if (size > MOST_BYTES) throw tooLarge();
    const number = /^xl\/worksheets\/sheet([0-9]{1,4})\.xml$/.exec(entry.fileName)?.[1];
    if (number === undefined) continue;
    sheets.set(Number(number), rangesIn(await endOf(await zip.openReadStreamPromise(entry))));
  }
  return [...sheets].sort(([a], [b]) => a - b).map(([, merged]) => merged);
}

/** They stand behind the rows; what is before need not be kept. */
async function endOf(stream: AsyncIterable<Buffer>): Promise<string> {
  let end = '';
  let isBehind = false;
  for await (const chunk of stream) {
    end += chunk.toString('latin1');
    const rows = end.lastIndexOf('</sheetData>');
    if (rows >= 0) isBehind = true;
    if (!isBehind) end = end.slice(-32);
  }
  return end;
}

function rangesIn(xml: string): Merged[] {
  return [...xml.matchAll(RANGE)].map(([, fromColumn = '', fromRow, toColumn = '', toRow]) => ({
    ...{ fromRow: Number(fromRow) - 1, toRow: Number(toRow) - 1 },
    ...{ fromColumn: columnNumber(fromColumn), toColumn: columnNumber(toColumn) },
  }));
}

function columnNumber(letters: string): number {
  return [...letters].reduce((sum, letter) => 26 * sum + letter.charCodeAt(0) - 64, 0) - 1;
}
