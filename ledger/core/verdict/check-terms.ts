import { termsFault } from '../terms-fault.ts';
import { zoneOf } from '../zone.ts';
import type { Opened } from './case.ts';
import { dataOf } from './check-readings.ts';
import type { Walk } from './replay-charges.ts';

const ABOUT_TERMS: readonly string[] = [
  ...[
    'account.closed',
    'wallet.agreed',
    'topup.credited',
    'refund.paid',
    'reversal.posted',
    'adjustment.posted',
  ],
];

/**
 * What was agreed about the account's wallets binds whoever writes its chain (layer 6): each top-up is divided
 * as agreed, and no decision passes a limit. The balances are those before the event.
 */
export function judgeTerms(walk: Walk, { event, text }: Opened, pointer: string): void {
  const { layers, opened, sums, balances } = walk;
  const { type, account, at, n } = event;
  if (!ABOUT_TERMS.includes(type)) return;
  const { currency, zone } = opened.statement;
  const told = { type, account, at, data: dataOf(text) };
  const before = { credit: sums.credit, balances, currency, zone: zoneOf(zone) };
  const fault = termsFault(told, before);
  if (fault !== undefined) layers.fail(6, fault.code, { ...fault.params, n }, pointer);
  sums.noteTerms(n, told);
}
