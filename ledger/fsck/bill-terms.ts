import type { ChargeText } from './charge-text.ts';
import { NO_TEXT, TextBlock } from './text-block.ts';

/** What a charge is billed under: the month of its bill and the tariff that it names. */
export interface BillTerms {
  readonly period: string;
  /** Id, version and hash of the tariff. */
  readonly tariff: string;
  readonly version: number;
  readonly hash: string;
}

/**
 * Gives equal terms as the same object, so that runs compare them at the cost of a pointer. Charges
 * that follow each other mostly have the same, whosever they are.
 */
export class TermsReader {
  readonly #known = new Map<string, BillTerms>();
  #last: BillTerms | undefined;
  /** Reference of the tariff in the last terms, whole. */
  #tariff = NO_TEXT;

  of(charge: ChargeText): BillTerms {
    const last = this.#last;
    if (last !== undefined && charge.isUnder(this.#tariff, last.period)) return last;
    const tariffText = charge.block.text(charge.tariffAt, charge.tariffEnd);
    const period = charge.period();
    const key = `${period}${tariffText}`;
    const known = this.#known.get(key) ?? {
      ...{ period, tariff: charge.tariff(), version: charge.version, hash: charge.tariffHash() },
    };
    this.#known.set(key, known);
    this.#last = known;
    this.#tariff = new TextBlock(Buffer.from(tariffText, 'latin1'));
    return known;
  }
}
