import { fromBufferPromise, type ZipFile } from 'yauzl';
import { MOST_BYTES, MOST_COLUMNS, MOST_ROWS, tooLarge, unreadable } from './import-refusals.ts';
import { type Part, storedZip } from './stored-zip.ts';

/** Rows and columns, from 0, that show one value and have it in the first cell only. */
export interface Merged {
  readonly fromRow: number;
  readonly toRow: number;
  readonly fromColumn: number;
  readonly toColumn: number;
}

const RANGE = /^([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})$/;
/** Any tag with its attributes, what is no tag, and at last a `<` that begins nothing. */
const TOKEN = new RegExp(
  [
    ...[/<\/[^<>]*>/, /<!--[\s\S]*?-->/, /<!\[CDATA\[[\s\S]*?\]\]>/, /<\?[\s\S]*?\?>/],
    /<(?:[^\s/<>"'!?:]+:)?([^\s/<>"'!?:]+)((?:[^"'<>]|"[^"<]*"|'[^'<]*')*)>/,
    /</,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/**
 * Merged cells of each sheet of a workbook, in the order of the sheets' files: whoever reads only values
 * does not see them. A cell far away costs as much as all before it, so where every row and cell stands is
 * looked at before anybody makes room for them. Programs differ in what they find in a ZIP file: `looked`
 * has the parts that were looked at and no others. Refuses `import-unreadable`, `import-too-large`.
 */
export async function mergedCells(
  file: Buffer,
): Promise<{ readonly merged: Merged[][]; readonly looked: Buffer }> {
  let zip: ZipFile;
  try {
    zip = await fromBufferPromise(file, { lazyEntries: true });
  } catch {
    throw unreadable('The workbook is damaged. Save it again.');
  }
  const sheets = new Map<number, Merged[]>();
  const parts = new Map<string, Part>();
  const extent = { bytes: 0, cells: 0, sheets: 0 };
  for await (const entry of zip.eachEntry()) {
    extent.bytes += entry.uncompressedSize;
    if (extent.bytes > MOST_BYTES) throw tooLarge();
    // A workbook may call its sheets what it likes.
    const { fileName: name } = entry;
    if (!/\.xml(\.rels)?$/.test(name)) continue;
    const content = await contentOf(await zip.openReadStreamPromise(entry));
    parts.set(name, { name, content });
    const found = readPart(content.toString('latin1'));
    extent.cells = Math.max(extent.cells, found.rows * found.columns);
    extent.sheets += found.sheets;
    // Two sheets may be one file.
    if (extent.cells * extent.sheets > MOST_ROWS * MOST_COLUMNS) throw tooLarge();
    const number = /^xl\/worksheets\/sheet([0-9]{1,4})\.xml$/.exec(name)?.[1];
    if (number !== undefined) sheets.set(Number(number), found.merged);
  }
  const merged = [...sheets].sort(([a], [b]) => a - b).map(([, ranges]) => ranges);
  return { merged, looked: storedZip([...parts.values()]) };
}

async function contentOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Refuses what no program writes: one tag of many megabytes is more than an expression can match. */
function readPart(xml: string): ReturnType<typeof partIn> {
  try {
    return partIn(xml);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw unreadable('The workbook is damaged. Save it again.');
  }
}

/** How far the rows and cells of a part reach, how many sheets it names, and its merged cells. */
function partIn(xml: string) {
  const found = { rows: 0, columns: 0, sheets: 0, merged: [] as Merged[] };
  for (const [token, tag, attributes = ''] of xml.matchAll(TOKEN)) {
    if (token === '<') throw unreadable('The workbook is damaged. Save it again.');
    if (tag === 'sheet') found.sheets += 1;
    if (tag === 'row') found.rows = Math.max(found.rows, placeOf(attributes, false).row);
    if (tag === 'c') {
      const { row, column } = placeOf(attributes, true);
      found.rows = Math.max(found.rows, row);
      found.columns = Math.max(found.columns, column);
    }
    if (tag === 'mergeCell') found.merged.push(...rangeIn(attributes));
    if (found.rows > MOST_ROWS || found.columns > MOST_COLUMNS) throw tooLarge();
  }
  return found;
}

function placeOf(attributes: string, isCell: boolean): { row: number; column: number } {
  const place = attribute(attributes, 'r');
  if (place === undefined) return { row: 0, column: 0 };
  const [, letters = '', row] = /^([A-Z]{0,3})([0-9]{1,7})$/.exec(place) ?? [];
  if (row === undefined || (letters !== '') !== isCell) {
    throw unreadable('A cell of the workbook is nowhere. Save it again.');
  }
  return { row: Number(row), column: columnNumber(letters) + 1 };
}

function rangeIn(attributes: string): Merged[] {
  const range = RANGE.exec(attribute(attributes, 'ref') ?? '');
  if (range === null) return [];
  const [, fromColumn = '', fromRow, toColumn = '', toRow] = range;
  return [
    {
      ...{ fromRow: Number(fromRow) - 1, toRow: Number(toRow) - 1 },
      ...{ fromColumn: columnNumber(fromColumn), toColumn: columnNumber(toColumn) },
    },
  ];
}

function attribute(attributes: string, wanted: string): string | undefined {
  // It nearly always stands first.
  const first = /^\s+([a-z]+)="([^"]*)"/.exec(attributes);
  if (first?.[1] === wanted) return first[2];
  for (const [, name, one, other] of attributes.matchAll(
    /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g,
  )) {
    if (name === wanted) return one ?? other;
  }
  return undefined;
}

function columnNumber(letters: string): number {
  return [...letters].reduce((sum, letter) => 26 * sum + letter.charCodeAt(0) - 64, 0) - 1;
}
