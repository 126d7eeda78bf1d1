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
  /** The provider's number of the payment or refund; the bank's reference. */
  readonly id: string;
  /** Our number of the order, where the row has one. */
  readonly order?: string;
  /** Our number of the refund, where the row has one. */
  readonly refund?: string;
  readonly gross: MinorAmount;
  /** In ten-thousandths of a minor unit: WeChat gives fees with five decimals. */
  readonly feeTenThousandths: bigint;
  /** When the provider says it happened. */
  readonly atMs: number;
  /** The provider's words for its state, where it is another than success. */
  readonly state?: string;
  /** The payout that the row went out with, where the provider says so. */
  readonly payout?: string;
}

/** What a file says of itself at its end or beginning, to be compared with its rows. */
export interface SettlementTotals {
  readonly rows: number;
  readonly payments?: bigint;
  readonly refunds?: bigint;
  /** In ten-thousandths of a minor unit. */
  readonly feesTenThousandths?: bigint;
}
