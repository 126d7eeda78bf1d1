import { MOST_COLUMNS, tooLarge, unreadable } from './import-refusals.ts';

const SEPARATORS = [',', ';', '\t'] as const;

/**
 * Rows of a CSV text (RFC 4180), separated by what the first line has most of. Refuses
 * `import-unreadable` where a quote is never closed, `import-too-large`.
 */
export function readCsv(source: string, mostRows: number): string[][] {
  const text = source.startsWith('\ufeff') ? source.slice(1) : source;
  const separator = separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length; ) {
    const { value, end } = text[at] === '"' ? quoted(text, at) : bare(text, at, separator);
    row.push(value);
    if (row.length > MOST_COLUMNS) throw tooLarge();
    at = end;
    if (text[at] === separator) {
      at += 1;
      if (at < text.length) continue;
      row.push('');
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    rows.push(row);
    row = [];
    if (rows.length > mostRows) throw tooLarge();
  }
  return rows;
}

function quoted(text: string, from: number): { value: string; end: number } {
  let value = '';
  for (let at = from + 1; ; ) {
    const quote = text.indexOf('"', at);
    if (quote < 0) throw unreadable('A quote in the CSV file is never closed.');
    value += text.slice(at, quote);
    if (text[quote + 1] !== '"') {
      const rest = /^[^,;\t\r\n]*/.exec(text.slice(quote + 1, quote + 200))?.[0] ?? '';
      return { value: value + rest, end: quote + 1 + rest.length };
    }
    value += '"';
    at = quote + 2;
  }
}

function bare(text: string, from: number, separator: string): { value: string; end: number } {
  let end = from;
  while (end < text.length && !isEnd(text[end], separator)) end += 1;
  return { value: text.slice(from, end), end };
}

function isEnd(symbol: string | undefined, separator: string): boolean {
  return symbol === separator || symbol === '\r' || symbol === '\n';
}

function separatorOf(text: string): string {
  const [line = ''] = text.split(/\r?\n/, 1);
  const counts = SEPARATORS.map((one) => [one, line.split(one).length] as const);
  return counts.reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}
