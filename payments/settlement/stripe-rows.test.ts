import { expect, it } from 'vitest';
import { stripeKind, stripeState } from './stripe-rows.ts';

it.each([
  ['charge', 'payment', undefined],
  ['refund', 'refund', undefined],
  ['fee', 'fee', undefined],
  ['tax', 'fee', 'tax'],
  ['payout', 'payout', undefined],
  ['payout_reversal', 'payout', 'payout_reversal'],
  // Money moves against the kind's direction, so it is neither a payment nor a refund.
  ['charge_failure', 'adjustment', 'charge_failure'],
  ['refund_failure', 'adjustment', 'refund_failure'],
  ['dispute', 'adjustment', 'dispute'],
  ['something_new', 'adjustment', 'something_new'],
  ['constructor', 'adjustment', 'constructor'],
])('the category %s is a row of the kind %s, with the state %s', (category, kind, state) => {
  expect({ kind: stripeKind(category), state: stripeState(category) }).toEqual({ kind, state });
});
