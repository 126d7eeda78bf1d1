import { chargePosted, poolShared } from '../core/charges/charge-posted.ts';
import { formatMicros, parseMicros } from '../core/decimal.ts';
import type { LedgerEvent } from '../core/event.ts';
import type { Findings } from './finding.ts';

/** That the shares of all accounts are the pool, exactly: a tenant alone sees only the own one. */
export class PoolSums {
  readonly #pools = new Map<string, { readonly leaf: number; left: bigint }>();
  readonly #found: Findings;

  constructor(found: Findings) {
    this.#found = found;
  }

  take({ type, data }: LedgerEvent, leaf: number): void {
    if (type === 'pool.shared') {
      const { tariff, share, month, poolAmount } = poolShared(data, '/data');
      const key = `${tariff.id}/${share}/${month}`;
      if (this.#pools.has(key)) this.#found.add('pool-twice', `${key} is shared twice.`, leaf);
      this.#pools.set(key, { leaf, left: parseMicros(poolAmount) });
    } else if (type === 'charge.posted') {
      const { charge, name, tariff, period, amount } = chargePosted(data, '/data');
      if (charge !== 'share') return;
      const pool = this.#pools.get(`${tariff.id}/${name}/${period}`);
      if (pool !== undefined) pool.left -= parseMicros(amount);
      else this.#found.add('pool-missing', `A share of ${name} is of no pool.`, leaf);
    }
  }

  finish(): void {
    for (const [key, { leaf, left }] of this.#pools) {
      if (left === 0n) continue;
      const detail = `The shares of ${key} leave ${formatMicros(left)} of the pool.`;
      this.#found.add('pool-differs', detail, leaf);
    }
  }
}
