import { chargePosted, poolShared } from '../core/charges/charge-posted.ts';
import { formatMicros, parseMicros } from '../core/decimal.ts';
import type { LedgerEvent } from '../core/event.ts';
import type { TariffRef } from '../core/event-data.ts';
import { parsePeriod } from '../core/fees.ts';
import type { TariffBook } from '../core/tariff-book.ts';
import type { Findings } from './finding.ts';

interface Pool {
  readonly leaf: number;
  readonly tariff: TariffRef;
  left: bigint;
}

/** That the shares of all accounts are the pool, exactly: a tenant alone sees only the own one. */
export class PoolSums {
  readonly #pools = new Map<string, Pool>();
  readonly #found: Findings;
  readonly #tariffs: TariffBook;

  constructor(found: Findings, tariffs: TariffBook) {
    this.#found = found;
    this.#tariffs = tariffs;
  }

  take({ type, data }: LedgerEvent, leaf: number): void {
    if (type === 'pool.shared') {
      const { tariff, share, month, poolAmount } = poolShared(data, '/data');
      const key = `${tariff.id}/${share}/${month}`;
      if (this.#pools.has(key)) this.#found.add('pool-twice', `${key} is shared twice.`, leaf);
      this.#pools.set(key, { leaf, tariff, left: parseMicros(poolAmount) });
      if (!this.#isInForce(tariff, month)) {
        const detail = `${key} is shared by version ${tariff.version}, which was not in force.`;
        this.#found.add('tariff-differs', detail, leaf);
      }
    } else if (type === 'charge.posted') {
      const { charge, name, tariff, period, amount } = chargePosted(data, '/data');
      if (charge !== 'share') return;
      const pool = this.#pools.get(`${tariff.id}/${name}/${period}`);
      if (pool !== undefined) pool.left -= parseMicros(amount);
      if (pool?.tariff.hash === tariff.hash) return;
      this.#found.add('pool-missing', `A share of ${name} is of no pool.`, leaf);
    }
  }

  /** As a month ends, which is when its pools are shared. */
  #isInForce({ id, hash }: TariffRef, month: string): boolean {
    const [first] = this.#tariffs.versions(id);
    if (first === undefined) return false;
    const { year, month: number } = parsePeriod(month);
    const { zone } = first;
    const endMs = zone.nextMonthStart(zone.startOfMonth(year, number));
    return this.#tariffs.versionAt(id, endMs - 1)?.ref.hash === hash;
  }

  finish(): void {
    for (const [key, { leaf, left }] of this.#pools) {
      if (left === 0n) continue;
      const detail = `The shares of ${key} leave ${formatMicros(left)} of the pool.`;
      this.#found.add('pool-differs', detail, leaf);
    }
  }
}
