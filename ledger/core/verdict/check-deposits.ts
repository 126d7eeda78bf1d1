import { DepositCourse } from '../deposit-course.ts';
import { depositReturned, depositTaken } from '../deposits.ts';
import { zoneOf } from '../zone.ts';
import type { Opened } from './case.ts';
import { dataOf } from './check-readings.ts';
import type { Walk } from './replay-charges.ts';

/**
 * Deposits stand apart from every wallet (layer 6): each posts to its own book, and goes back by two people, at most
 * as much as is left. What was taken before the range is proven beside.
 */
export class DepositReplay {
  readonly #course = new DepositCourse();
  /** Taken in the range: of these alone it is known all that went back. */
  readonly #taken = new Set<string>();

  /** What is left of each deposit that the range has from its beginning. */
  left(): (readonly [deposit: string, micros: bigint])[] {
    return [...this.#course.held].flatMap(([deposit, { left }]) => {
      return left === 0n || !this.#taken.has(deposit) ? [] : [[deposit, left] as const];
    });
  }

  judge({ opened, layers }: Walk, { event, text, commitment }: Opened, pointer: string): void {
    const { type, account, n, at } = event;
    if (type !== 'deposit.taken' && type !== 'deposit.returned') return;
    const data = dataOf(text);
    if (type === 'deposit.returned') {
      const { of, deposit } = depositReturned(data, '/data');
      const fact = opened.facts.find((known) => known.commitment === of.hash);
      const isOld = !this.#course.held.has(deposit) && fact?.event.account === account;
      if (isOld && fact.event.type === 'deposit.taken') {
        this.#course.apply({ ...fact.event, hash: fact.commitment });
      }
    }
    const told = { type, account, at, data, n, hash: commitment };
    const { currency, zone } = opened.statement;
    if (!this.#course.allows(told, { currency, zone: zoneOf(zone) })) {
      layers.fail(6, 'deposit-differs', { n }, pointer);
    }
    this.#course.apply(told);
    if (type === 'deposit.taken') this.#taken.add(depositTaken(data, '/data').deposit);
  }
}
