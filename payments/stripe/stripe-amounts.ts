import { currencyDigits, stripeDigits } from '../settlement/currency-digits.ts';

/** What Stripe takes in one payment of a currency, in minor units. */
export interface StripeRange {
  readonly least: bigint;
  readonly most: bigint;
  /** Amounts are multiples of it. */
  readonly step: bigint;
}

/**
 * Stripe's page "Supported currencies": charges have at most eight digits, a least amount where one is
 * documented, and in currencies of three decimals a last digit of 0. Undefined for the currencies whose
 * minor unit Stripe counts otherwise than ISO 4217 (ISK, UGX, MGA): their amounts would be a hundred
 * times too large somewhere.
 */
export function stripeRange(currency: string): StripeRange | undefined {
  const digits = currencyDigits(currency);
  if (digits > 3 || digits !== stripeDigits(currency)) return undefined;
  const step = digits === 3 ? 10n : 1n;
  const most = MOST - (MOST % step);
  return { least: LEAST.get(currency) ?? step, most, step };
}

const MOST = 99_999_999n;

const LEAST: ReadonlyMap<string, bigint> = new Map([
  ...least(50n, 'USD AUD BRL CAD CHF EUR INR JPY NZD SGD'),
  ...least(30n, 'GBP'),
  ...least(200n, 'AED MYR PLN RON'),
  ...least(250n, 'DKK'),
  ...least(300n, 'NOK SEK'),
  ...least(400n, 'HKD'),
  ...least(1_000n, 'MXN THB'),
  ...least(1_500n, 'CZK'),
  ...least(17_500n, 'HUF'),
]);

function least(minor: bigint, currencies: string): [string, bigint][] {
  return currencies.split(' ').map((currency) => [currency, minor]);
}
