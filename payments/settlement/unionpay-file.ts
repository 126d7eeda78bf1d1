import { parseDate } from '../../ledger/core/time.ts';
import type { SettlementRow } from '../settlement-row.ts';
import { FixedLines } from './fixed-lines.ts';
import { type SettlementParser, SettlementSums } from './settlement-parser.ts';
import { unknownFormat, wrongDay, wrongMerchant } from './settlement-refusals.ts';
import { bankZone } from './time-text.ts';
import { readErrorRow, readTransactionRow, ZM_WIDTHS, ZME_WIDTHS } from './unionpay-rows.ts';

const FORMAT = 'unionpay-zm';
/** `INN26090188ZM_777290058110097`: kind, day of settlement, sequence, list, merchant. */
const NAME = /^(?:.*[/\\])?[A-Z]{2,4}(\d{2})(\d{2})(\d{2})\d*(ZM|ZME)_(\d{15})(?:\.\w+)?$/;

/**
 * UnionPay's settlement file for merchants: base64 of a zlib stream of a ZIP file, in which `…ZM_…` has
 * the transactions and `…ZME_…` what was corrected later (disputes, chargebacks). Neither says what it
 * adds up to; the checksums of the ZIP file are what shows that all came.
 */
export class UnionPayFile implements SettlementParser {
  readonly sums = new SettlementSums();
  readonly #merchant: string;
  readonly #day: string;
  readonly #dayMs: number;
  #rows: SettlementRow[] = [];
  #lines: FixedLines | undefined;
  #number = 0;
  readonly #seen = new Set<string>();

  constructor({ merchant, day }: { readonly merchant: string; readonly day: string }) {
    this.#merchant = merchant;
    this.#day = day;
    const date = parseDate(day);
    this.#dayMs = bankZone(undefined).startOfDay(date.year, date.month, date.day);
  }

  begin(name: string): boolean {
    const [, year, month, date, list, merchant] = NAME.exec(name) ?? [];
    if (list === undefined || merchant === undefined) return false;
    if (this.#seen.has(list)) throw unknownFormat(FORMAT, `it has two files ${list}`);
    this.#seen.add(list);
    if (merchant !== this.#merchant) throw wrongMerchant(merchant, this.#merchant);
    const day = `20${year}-${month}-${date}`;
    if (day !== this.#day) throw wrongDay(day, this.#day);
    const isErrors = list === 'ZME';
    const read = isErrors ? readErrorRow : readTransactionRow;
    const about = { merchant, dayMs: this.#dayMs };
    this.#lines = new FixedLines(isErrors ? ZME_WIDTHS : ZM_WIDTHS, (line) => {
      this.#number += 1;
      line.number = this.#number;
      const row = read(line, about);
      this.sums.add(row);
      this.#rows.push(row);
    });
    return true;
  }

  take(bytes: Buffer, rows: SettlementRow[]): void {
    this.#rows = rows;
    this.#lines?.push(bytes);
  }

  endFile(rows: SettlementRow[]): void {
    this.#rows = rows;
    this.#lines?.end();
  }

  finish(): readonly string[] {
    if (!this.#seen.has('ZM')) throw unknownFormat(FORMAT, 'it has no file …ZM_…');
    return [];
  }
}
