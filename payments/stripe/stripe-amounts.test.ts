import { expect, test } from 'vitest';
import { stripeRange } from './stripe-amounts.ts';

test.each([
  ['USD', { least: 50n, most: 99_999_999n, step: 1n }],
  ['GBP', { least: 30n, most: 99_999_999n, step: 1n }],
  ['JPY', { least: 50n, most: 99_999_999n, step: 1n }],
  ['KRW', { least: 1n, most: 99_999_999n, step: 1n }],
  ['KWD', { least: 10n, most: 99_999_990n, step: 10n }],
])('%s is taken from %o', (currency, range) => {
  expect(stripeRange(currency)).toEqual(range);
});

test.each(['ISK', 'UGX', 'MGA', 'CLF'])('%s is counted otherwise at Stripe', (currency) => {
  expect(stripeRange(currency)).toBeUndefined();
});
