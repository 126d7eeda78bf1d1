const AMOUNT = /^-?\d+(\.\d+)?$/;
/** A spreadsheet would round it; a tab behind it, as Alipay writes them, keeps it a text. */
const LONG_NUMBER = /^\d{12,}$/;

/** Excel needs to see it to read UTF-8. */
export const BYTE_ORDER_MARK = '\ufeff';

/** A line of CSV (RFC 4180). What a spreadsheet would take for a formula stays a text. */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

/** Whether a spreadsheet would compute it; an amount below zero stays a number. */
export function isFormula(text: string): boolean {
  return /^[=+\-@\t\r]/.test(text) && !AMOUNT.test(text);
}

function cell(value: string | number): string {
  const text = String(value);
  const tame = isFormula(text) ? `'${text}` : LONG_NUMBER.test(text) ? `${text}\t` : text;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}
