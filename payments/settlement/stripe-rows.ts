import type { SettlementRow } from '../settlement-row.ts';

/** Stripe's fees have no fractions: minor units, in our ten-thousandths. */
export const STRIPE_FEE_SCALE = 10_000n;

/**
 * What a row is by its `reporting_category` (Stripe's page "Reporting categories"). What is not named
 * here (disputes, reserves, failures of charges and refunds, new ones) changes the balance all the same:
 * an adjustment.
 */
export function stripeKind(category: string): SettlementRow['kind'] {
  return KINDS.get(category) ?? 'adjustment';
}

/** The category as state, where the kind alone does not say it. */
export function stripeState(category: string): string | undefined {
  return PLAIN.has(category) ? undefined : category;
}

const KINDS = new Map<string, SettlementRow['kind']>([
  ['charge', 'payment'],
  ['refund', 'refund'],
  ['partial_capture_reversal', 'refund'],
  ['fee', 'fee'],
  ['network_cost', 'fee'],
  ['tax', 'fee'],
  ['payout', 'payout'],
  ['payout_reversal', 'payout'],
]);
const PLAIN = new Set(['charge', 'refund', 'fee', 'payout']);
