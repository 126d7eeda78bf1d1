import type { MinorAmount, ProviderName } from './provider.ts';

/** Who has made a file that money is reconciled with. */
export type SettlementSource = ProviderName | 'bank';

/**
 * One line of a settlement file, in one shape for all providers. Signs are ours: `gross` of a payment is
 * positive, of a refund negative; `fee` is positive where the provider takes it and negative where it
 * gives it back; what reaches us is gross - fee.
 */
export interface SettlementRow {
  readonly kind: 'payment' | 'refund' | 'fee' | 'payout' | 'adjustment' | 'credit' | 'debit';
  /** Row of the file, 1 for the first that is no heading. */
  readonly row: number;
  /** The provider's number of the payment or refund; the bank's reference, empty where it gives none. */
  readonly id: string;
  /** Our number of the order, where the row has one. */
  readonly order?: string | undefined;
  /** Our number of the refund, where the row has one. */
  readonly refund?: string | undefined;
  /** Of a refund: the provider's number of the payment that it gives back. */
  readonly payment?: string | undefined;
  readonly gross: MinorAmount;
  /**
   * What the order (or the refund) was for, signed as `gross`, where a voucher or discount makes it
   * another amount than `gross`. An order of ours is compared with this, cash with `gross`.
   */
  readonly ordered?: bigint | undefined;
  /** In ten-thousandths of a minor unit: WeChat gives fees with five decimals. */
  readonly feeTenThousandths: bigint;
  /** When the provider says it happened. */
  readonly atMs: number;
  /** The provider's words for its state, where it is another than success. */
  readonly state?: string | undefined;
  /** The payout that the row went out with, where the provider says so. */
  readonly payout?: string | undefined;
  /** What the bank prints: the text of the booking, which may hold a payout's or an order's number. */
  readonly text?: string | undefined;
  /** Who paid or was paid, as the bank names them. Never for a log line. */
  readonly counterParty?: string | undefined;
}

/** What a file's rows add up to, after every figure that the file states itself was found to agree. */
export interface SettlementTotals {
  readonly rows: number;
  /** One for each currency, in the order in which they came. */
  readonly sums: readonly CurrencySums[];
  /** Which figures the file states, by their names there; none where it ends without any. */
  readonly stated: readonly string[];
}

/** Sums of `gross` by kind, signed as in the rows. */
export interface CurrencySums {
  readonly currency: string;
  readonly payments: bigint;
  readonly refunds: bigint;
  /** All other kinds together. */
  readonly others: bigint;
  readonly feesTenThousandths: bigint;
}
