import { Refusal } from '../../ledger/core/refusal.ts';

/** Why a field cannot be read; scripts may rely on these words as on codes. */
export type FieldFault =
  | 'empty'
  | 'full-width'
  | 'scientific'
  | 'not-an-amount'
  | 'too-fine'
  | 'too-long'
  | 'not-a-time'
  | 'not-in-encoding'
  | 'not-a-number-of-ours'
  | 'unknown-value'
  | 'does-not-add-up'
  | 'wrong-columns'
  | 'quote-inside';

const SENTENCES: Readonly<Record<FieldFault, string>> = {
  empty: 'is empty',
  'full-width': 'is written with full-width characters; only plain digits and letters are read',
  scientific:
    'was shortened by a spreadsheet, its digits are lost; ' +
    'take the file as it was downloaded, not as a spreadsheet saved it',
  'not-an-amount': 'is not an amount',
  'too-fine': 'has more decimals than its currency',
  'too-long': 'is too long',
  'not-a-time': 'is not a date or time that exists, in the form of this file',
  'not-in-encoding': 'has bytes that the encoding of the file does not allow',
  'not-a-number-of-ours': 'holds characters that no such number has',
  'unknown-value': 'has a value that this format does not define',
  'does-not-add-up': 'does not add up with the other amounts of its row',
  'wrong-columns': 'has another number of columns than the heading',
  'quote-inside': 'has a quotation mark in the middle of a value, or none at its end',
};

/**
 * A row that cannot be read. The value found is told only if it is made of digits and signs: a column
 * that was taken for another may hold a name.
 */
export function badRow(row: number, column: string, why: FieldFault, found = ''): Refusal {
  const shown = /^[-+.,:/Ee0-9０-９．，：－＋ ]{1,40}$/u.test(found) ? found : undefined;
  const what = shown === undefined ? 'the value' : `"${shown}"`;
  const params = { row, column, why, ...(shown !== undefined && { found: shown }) };
  const message = `Row ${row}, column ${column}: ${what} ${SENTENCES[why]}.`;
  return new Refusal('settlement-bad-row', message, params);
}

/** The file ends too early or was damaged on its way. */
export function truncated(what: string): Refusal {
  const message = `The settlement file is cut off or damaged (${what}): fetch it again.`;
  return new Refusal('settlement-truncated', message, { what });
}

export function unknownFormat(format: string, what: string): Refusal {
  const message = `This is not a file of the format ${format}: ${what}.`;
  return new Refusal('settlement-unknown-format', message, { format, what });
}

export function tooLarge(what: string, limit: number): Refusal {
  const message = `The settlement file is too large: ${what} is more than ${limit}.`;
  return new Refusal('settlement-too-large', message, { what, limit });
}

export function wrongMerchant(found: string, expected: string): Refusal {
  const message = `The settlement file is of the account ${found}, not of ${expected}.`;
  return new Refusal('settlement-wrong-merchant', message, { found, expected });
}

export function wrongDay(found: string, expected: string): Refusal {
  const message = `The settlement file is of ${found}, not of ${expected}.`;
  return new Refusal('settlement-wrong-day', message, { found, expected });
}

export function hashDiffers(algorithm: string, found: string, expected: string): Refusal {
  const message = `The settlement file has the ${algorithm} ${found}, not ${expected}: fetch it again.`;
  return new Refusal('settlement-hash-differs', message, { algorithm, found, expected });
}

/** Refuses where a figure that the file states is another than its rows give. */
export function compareTotal(
  figure: string,
  stated: bigint | number | string,
  counted: bigint | number | string,
): void {
  if (stated === counted) return;
  const message = `The settlement file states ${figure} ${stated}, its rows give ${counted}.`;
  const params = { figure, stated: String(stated), counted: String(counted) };
  throw new Refusal('settlement-totals-differ', message, params);
}

/** XML that is not well-formed, or that has what a bank statement never needs and an attack does. */
export function badXml(what: string): Refusal {
  const message = `The settlement file is no XML that is read here: ${what}.`;
  return new Refusal('settlement-bad-xml', message, { what });
}
