import { createHmac, randomBytes } from 'node:crypto';

/** What a merchant is given by Stripe's dashboard. */
export interface StripeAccount {
  readonly account: string;
  readonly secretKey: string;
  readonly live: boolean;
  readonly webhookSecrets: readonly string[];
}

/** How a notification is signed: `foreign` by a secret that was never given out. */
export type Signing = 'well' | 'wrong' | 'foreign' | 'unsigned';

/** The double's own keys and secrets: the secret of now, the next one, and one that nobody knows. */
export class StripeKeys {
  readonly account: StripeAccount;
  readonly #announced: readonly [string, string] = [webhookSecret(), webhookSecret()];
  readonly #foreign = webhookSecret();
  #rotated = false;

  constructor() {
    this.account = {
      account: 'acct_1StandIn00000000',
      secretKey: `sk_test_${randomBytes(24).toString('hex')}`,
      live: false,
      webhookSecrets: this.#announced,
    };
  }

  rotate(): void {
    this.#rotated = true;
  }

  isMerchants(authorization: string | undefined): boolean {
    return authorization === `Bearer ${this.account.secretKey}`;
  }

  /** `Stripe-Signature` over bytes, or none. */
  signed(body: Uint8Array, atMs: number, how: Signing): Readonly<Record<string, string>> {
    if (how === 'unsigned') return {};
    const time = Math.floor(atMs / 1_000);
    const secret = how === 'foreign' ? this.#foreign : this.#announced[this.#rotated ? 1 : 0];
    const covered = how === 'wrong' ? Buffer.from('something else') : body;
    const signature = createHmac('sha256', secret).update(`${time}.`).update(covered);
    return { 'Stripe-Signature': `t=${time},v1=${signature.digest('hex')},v0=${'0'.repeat(64)}` };
  }
}

function webhookSecret(): string {
  return `whsec_${randomBytes(24).toString('base64url').replace(/[-_]/g, '0')}`;
}
