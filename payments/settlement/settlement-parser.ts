import type { CurrencySums, SettlementRow } from '../settlement-row.ts';

/**
 * One format. Rows come out as soon as their bytes are there, so they count only when `finish` has not
 * refused. Memory does not grow with the number of rows.
 */
export interface SettlementParser {
  readonly sums: SettlementSums;
  /** A file begins; plain formats have one, with an empty name. False: of no concern, skip it. */
  begin(name: string): boolean;
  /** Adds the rows that are complete with these bytes, in any division of the file. */
  take(bytes: Buffer, rows: SettlementRow[]): void;
  /** The file that began has ended. */
  endFile(rows: SettlementRow[]): void;
  /** All has been read. Compares what the file states with its rows; the names of what it states. */
  finish(): readonly string[];
}

/** Adds rows up as they are made. */
export class SettlementSums {
  rows = 0;
  readonly #of = new Map<
    string,
    { payments: bigint; refunds: bigint; others: bigint; fees: bigint }
  >();
  #currency = '';
  #current = this.#for('');

  add({ kind, gross, feeTenThousandths }: SettlementRow): void {
    if (gross.currency !== this.#currency) {
      this.#currency = gross.currency;
      this.#current = this.#for(gross.currency);
    }
    const sums = this.#current;
    this.rows += 1;
    if (kind === 'payment') sums.payments += gross.minor;
    else if (kind === 'refund') sums.refunds += gross.minor;
    else sums.others += gross.minor;
    if (feeTenThousandths !== 0n) sums.fees += feeTenThousandths;
  }

  list(): CurrencySums[] {
    return [...this.#of].map(([currency, { payments, refunds, others, fees }]) => {
      return { currency, payments, refunds, others, feesTenThousandths: fees };
    });
  }

  #for(currency: string) {
    const known = this.#of.get(currency);
    if (known) return known;
    const sums = { payments: 0n, refunds: 0n, others: 0n, fees: 0n };
    if (currency !== '') this.#of.set(currency, sums);
    return sums;
  }
}
