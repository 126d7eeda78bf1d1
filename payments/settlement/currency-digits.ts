/**
 * Decimals of a currency's minor unit, by ISO 4217 (list one). What it does not name has two, as nearly
 * all have; a currency whose code is not three capitals is none.
 */
export function currencyDigits(currency: string): number {
  return ISO_DIGITS.get(currency) ?? 2;
}

/**
 * The same as Stripe counts. For ISK and UGX it kept two decimals of old times, though they have none
 * (Stripe's page "Supported currencies", "Special cases"); MGA has none there.
 */
export function stripeDigits(currency: string): number {
  if (currency === 'ISK' || currency === 'UGX') return 2;
  return currency === 'MGA' ? 0 : currencyDigits(currency);
}

const ISO_DIGITS = new Map<string, number>([
  ...digits(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  ...digits(3, 'BHD IQD JOD KWD LYD OMR TND'),
  ...digits(4, 'CLF UYW'),
]);

function digits(count: number, currencies: string): [string, number][] {
  return currencies.split(' ').map((currency) => [currency, count]);
}
