import { parseMicros } from './decimal.ts';
import {
  depositReturned,
  depositTaken,
  type HeldDeposit,
  isReturnedRight,
  isTakenRight,
} from './deposits.ts';
import type { ChainEvent } from './pass-through.ts';
import { parseTime } from './time.ts';
import type { Zone } from './zone.ts';

/** The deposits of an account, moved along its chain by what each event says. */
export class DepositCourse {
  readonly held = new Map<string, HeldDeposit>();

  apply({ type, data, n, hash }: ChainEvent): void {
    if (type === 'deposit.taken') {
      const { deposit, amount } = depositTaken(data, '/data');
      this.held.set(deposit, { n, hash, left: parseMicros(amount) });
    } else if (type === 'deposit.returned') {
      const { deposit, amount } = depositReturned(data, '/data');
      const held = this.held.get(deposit);
      if (held === undefined) return;
      this.held.set(deposit, { ...held, left: held.left - parseMicros(amount) });
    }
  }

  /** Whether an event may say what it says of a deposit. It is of the month in which it takes effect. */
  allows(
    { type, account, at, data }: Pick<ChainEvent, 'type' | 'account' | 'at' | 'data'>,
    { currency, zone }: { readonly currency: string; readonly zone: Zone },
  ): boolean {
    const of = { account, currency };
    if (type === 'deposit.taken') {
      const taken = depositTaken(data, '/data');
      const isOfMonth = taken.period === zone.monthOf(parseTime(at));
      return isOfMonth && isTakenRight(taken, of, this.held.get(taken.deposit));
    }
    if (type !== 'deposit.returned') return true;
    const returned = depositReturned(data, '/data');
    const isOfMonth = returned.period === zone.monthOf(parseTime(at));
    return isOfMonth && isReturnedRight(returned, of, this.held.get(returned.deposit));
  }
}
