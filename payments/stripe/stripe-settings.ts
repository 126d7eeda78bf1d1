/** One account at Stripe. */
export interface StripeSettings {
  /** `https://api.stripe.com`, without a slash at the end. */
  readonly url: string;
  /** `sk_…`, or better a restricted key (`rk_…`) with the rights that `docs/payments.md` lists. */
  readonly secretKey: string;
  /** `acct_…`: a notification that names another account is not ours. */
  readonly account: string;
  /** Whether the key is of live mode. A notification of the other mode is not ours. */
  readonly live: boolean;
  /** Secrets of the webhook endpoint (`whsec_…`). Several at once, since they overlap when rolled. */
  readonly webhookSecrets: readonly string[];
  /**
   * ISO 4217, of those that the account settles without converting them: Stripe's balance, which is
   * what is reconciled, has converted amounts only.
   */
  readonly currencies: readonly string[];
  readonly timeoutMs: number;
  readonly nowMs: () => number;
}
