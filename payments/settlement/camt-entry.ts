import type { Zone } from '../../ledger/core/zone.ts';
import { parseMinorText } from './amount-text.ts';
import { currencyDigits } from './currency-digits.ts';
import { badRow } from './settlement-refusals.ts';
import { startOfDayIn, timeMs } from './time-text.ts';

/** An amount as XML has it: the text and its currency, read when the sign is known. */
export interface XmlAmount {
  readonly text: string;
  readonly currency: string;
}

/** One transaction of an entry (`TxDtls`), as far as it was read. */
export interface CamtDetail {
  amount?: XmlAmount;
  indicator?: string;
  reference?: string;
  endToEnd?: string;
  debtor?: string;
  creditor?: string;
  readonly texts: string[];
}

/** One entry (`Ntry`): what the bank booked in one sum, of one transaction or of many. */
export interface CamtEntry {
  amount?: XmlAmount;
  indicator?: string;
  isReversal?: boolean;
  status?: string;
  bookedOn?: string;
  valueOn?: string;
  reference?: string;
  ownReference?: string;
  addition?: string;
  /** Rows made of its transactions, and what they add up to. */
  details: number;
  detailSum: bigint;
  /** A transaction without an amount of its own: it is the entry's, if it is the only one. */
  bare?: CamtDetail;
}

export function signedMinor(
  row: number,
  element: string,
  amount: XmlAmount | undefined,
  indicator: string | undefined,
): bigint {
  if (amount === undefined) throw badRow(row, `${element}/Amt`, 'empty');
  const minor = parseMinorText(amount.text, currencyDigits(amount.currency));
  if (typeof minor === 'string') throw badRow(row, `${element}/Amt`, minor, amount.text);
  if (minor < 0n) throw badRow(row, `${element}/Amt`, 'not-an-amount', amount.text);
  if (indicator === 'CRDT') return minor;
  if (indicator === 'DBIT') return -minor;
  throw badRow(row, `${element}/CdtDbtInd`, indicator === undefined ? 'empty' : 'unknown-value');
}

/** `Dt` or `DtTm` (ISO 8601, with or without an offset) of a booking; a date is the day's beginning. */
export function bookingMs(row: number, text: string | undefined, zone: Zone): number {
  const ms = text === undefined ? Number.NaN : instantMs(text, zone);
  if (Number.isNaN(ms))
    throw badRow(row, 'Ntry/BookgDt', text === undefined ? 'empty' : 'not-a-time');
  return ms;
}

const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/;

function instantMs(text: string, zone: Zone): number {
  const [, date = '', hour, minute, second, offset] = DATE_TIME.exec(text) ?? [];
  const bytes = Buffer.from(date, 'latin1');
  const dayMs = timeMs(bytes, 0, bytes.length, 'YYYY-MM-DD');
  if (Number.isNaN(dayMs)) return Number.NaN;
  // A date may carry the offset of its calendar (XML Schema, section 3.3.9); the bank's zone counts.
  if (hour === undefined) return startOfDayIn(zone, dayMs);
  if (offset !== undefined) return Date.parse(text);
  const clock = Number(hour) * 60 + Number(minute);
  if (clock >= 1_440 || Number(second) >= 60) return Number.NaN;
  const civil = new Date(dayMs);
  const [year, month] = [civil.getUTCFullYear(), civil.getUTCMonth() + 1];
  return zone.instantOf(year, month, civil.getUTCDate(), clock) + Number(second) * 1000;
}
