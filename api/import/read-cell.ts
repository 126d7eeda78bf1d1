import { formatMicros, parseDecimal, toMicros } from '../../ledger/core/decimal.ts';
import { ID } from '../../ledger/core/shape.ts';
import type { FaultCode } from './fault-words.ts';
import type { Cell } from './read-table.ts';
import type { Column, ColumnType } from './templates.ts';

/** What is wrong with a cell, and what should stand there as far as can be told. */
export class CellFault extends Error {
  readonly code: FaultCode;
  readonly expected: string;

  constructor(code: FaultCode, expected = '') {
    super(code);
    this.code = code;
    this.expected = expected;
  }
}

/** From so many digits on a spreadsheet writes 1.23E+15, and beyond 15 it has lost some. */
const LONG_NUMBER = 12;
const SCIENTIFIC = /^[0-9](\.[0-9]+)?E\+?[0-9]+$/i;
/** Days since 30 December 1899, from 1927 to 2119. */
const SERIAL = /^[1-7][0-9]{4}(\.[0-9]+)?$/;
const DAY_MS = 86_400_000;

/** The value of a cell in the one form that we use; undefined where an optional one is empty. */
export function readCell(column: Column, cell: Cell | undefined): string | undefined {
  if (cell === undefined) {
    if (column.isOptional === true) return undefined;
    throw new CellFault('missing');
  }
  return READERS[column.type](cell, cell.text.normalize('NFKC').trim());
}

const READERS: Readonly<Record<ColumnType, (cell: Cell, text: string) => string>> = {
  id: (cell, text) => idIn(cell, text),
  ids: (cell, text) => {
    const ids = text.split(/[;,、\s]+/).filter((one) => one !== '');
    return ids.map((one) => idIn(cell, one)).join(' ');
  },
  day: dayIn,
  money: (_, text) => moneyIn(text),
  number: (_, text) => numberIn(text),
  text: ({ kind, text: shown }, text) => {
    if (kind === 'number' && SCIENTIFIC.test(text)) throw new CellFault('scientific');
    return shown.trim();
  },
};

function idIn({ kind }: Cell, text: string): string {
  if (SCIENTIFIC.test(text)) throw new CellFault('scientific');
  if (kind === 'day') throw new CellFault('day-not-id');
  if (kind === 'number' && (!/^[0-9]+$/.test(text) || text.length >= LONG_NUMBER)) {
    throw new CellFault('number-not-text');
  }
  if (!ID.test(text)) throw new CellFault('bad-id');
  return text;
}

function dayIn({ kind }: Cell, text: string): string {
  if (kind === 'day') return text;
  if (SERIAL.test(text)) {
    const ms = Date.UTC(1899, 11, 30) + Math.floor(Number(text)) * DAY_MS;
    throw new CellFault('date-serial', new Date(ms).toISOString().slice(0, 10));
  }
  const pattern = /^([0-9]{4})(?:-|\/|\.|年)([0-9]{1,2})(?:-|\/|\.|月)([0-9]{1,2})日?$/;
  const [, year = '', month = '', day = ''] = pattern.exec(text) ?? [];
  const written = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const ms = Date.parse(`${written}T00:00:00.000Z`);
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(written)) {
    throw new CellFault('bad-day');
  }
  return written;
}

function moneyIn(text: string): string {
  try {
    return formatMicros(toMicros(parseDecimal(plain(text))));
  } catch {
    throw new CellFault('bad-money');
  }
}

/** With as many decimals as were written, without zeros at the end. */
function numberIn(text: string): string {
  const number = plain(text);
  if (SCIENTIFIC.test(number)) throw new CellFault('scientific');
  if (!/^(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$/.test(number)) throw new CellFault('bad-number');
  return number.includes('.') ? number.replace(/\.?0+$/, '') : number;
}

/** Without the commas between thousands. */
function plain(text: string): string {
  return /^-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$/.test(text) ? text.replaceAll(',', '') : text;
}
