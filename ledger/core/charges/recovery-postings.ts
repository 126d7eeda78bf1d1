import { formatMicros } from '../decimal.ts';
import type { Posting } from '../event-data.ts';
import type { RecoveryParts } from './debt-recovery.ts';

/** Whose wallet a top-up goes to, and the book that the money comes from, such as `cash:desk`. */
export interface ToppedUp {
  readonly account: string;
  readonly wallet: string;
  readonly currency: string;
  readonly source: string;
  readonly amountMicros: bigint;
}

/** From the source to the wallet, its debt and its emergency credit, those of zero left out. */
export function recoveryPostings(topUp: ToppedUp, parts: RecoveryParts): readonly Posting[] {
  const { account, wallet, currency, source, amountMicros } = topUp;
  const credits: readonly (readonly [string, bigint])[] = [
    [`prepaid:${account}:${wallet}`, parts.cutOff + parts.balance],
    [`debt:${account}:${wallet}`, parts.debt],
    [`emergency:${account}:${wallet}`, parts.emergency],
  ];
  return [
    { account: source, amount: formatMicros(amountMicros), currency },
    ...credits
      .filter(([, micros]) => micros > 0n)
      .map(([book, micros]) => ({ account: book, amount: formatMicros(-micros), currency })),
  ];
}
