import { accountClosed, mayFollowClosing } from '../account-end.ts';
import { formatMicros } from '../decimal.ts';
import type { Opened } from './case.ts';
import { dataOf } from './check-readings.ts';
import type { Walk } from './replay-charges.ts';

/**
 * An account that was closed takes no charge and no money any more, and was closed with nothing left in any
 * wallet (layer 6), nor of a deposit that was taken in the range. Its last bill may still be issued.
 */
export class AccountEnd {
  readonly #walk: Pick<Walk, 'balances' | 'deposits' | 'layers'>;
  #closed: number | undefined;

  constructor(walk: Pick<Walk, 'balances' | 'deposits' | 'layers'>) {
    this.#walk = walk;
  }

  /** Each event of the range, before it is replayed. */
  pass({ event, text }: Opened, pointer: string): void {
    const { layers, balances, deposits } = this.#walk;
    const { type, n } = event;
    if (this.#closed !== undefined && !mayFollowClosing(type)) {
      layers.fail(6, 'account-closed', { n, type, closed: this.#closed }, pointer);
    }
    if (type !== 'account.closed') return;
    layers.guard(6, () => void accountClosed(dataOf(text), '/data'));
    this.#closed ??= n;
    for (const [wallet, micros] of balances) {
      if (micros === 0n) continue;
      layers.fail(6, 'closed-with-money', { n, wallet, balance: formatMicros(micros) }, pointer);
    }
    for (const [deposit, left] of deposits.left()) {
      const kept = { n, wallet: deposit, balance: formatMicros(left) };
      layers.fail(6, 'closed-with-money', kept, pointer);
    }
  }
}
