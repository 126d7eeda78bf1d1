import { startStripeDouble } from '../../payments/doubles/stripe/stripe-double.ts';
import { STRIPE_SHORTEST_MS, StripeProvider } from '../../payments/stripe/stripe-provider.ts';
import { describeProvider } from './provider-contract.ts';

describeProvider('Stripe', async ({ nowMs, notifyUrl, timeoutMs, hurry }) => {
  const double = await startStripeDouble({ nowMs, port: 0, notifyUrl, hurry });
  const provider = new StripeProvider({
    ...double.account,
    url: double.url,
    currencies: ['USD', 'EUR', 'JPY'],
    timeoutMs,
    nowMs,
  });
  // The limits of a dollar charge, as Stripe documents them.
  const limits = { least: 50n, most: 99_999_999n, shortestMs: STRIPE_SHORTEST_MS };
  return { provider, double, ...limits, closing: 'at-once', refundNotices: 'whole' };
});
