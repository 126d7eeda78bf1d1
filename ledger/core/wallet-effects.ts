import { parseMicros } from './decimal.ts';
import type { EventType } from './event.ts';
import { feeCharged, topUpCredited, usageDeducted } from './event-data.ts';
import { adjustmentPosted, refundPaid, reversalPosted } from './money-moves.ts';

/** What an event does to a wallet, as it says itself. */
export interface WalletEffect {
  readonly wallet: string;
  /** Credits positive, charges negative. */
  readonly micros: bigint;
  readonly period: string;
  /** Claimed balance after it. */
  readonly balance: string;
}

/** Effects of an event's data, wallet by wallet; none for events that move no money. */
export function effectsOf(type: EventType, data: unknown): readonly WalletEffect[] {
  if (type === 'topup.credited') {
    const { wallet, amount, period, balance } = topUpCredited(data, '/data');
    return [{ wallet, micros: parseMicros(amount), period, balance }];
  }
  if (type === 'usage.deducted' || type === 'fee.charged' || type === 'refund.paid') {
    const read =
      type === 'usage.deducted' ? usageDeducted : type === 'fee.charged' ? feeCharged : refundPaid;
    const { wallet, amount, period, balance } = read(data, '/data');
    return [{ wallet, micros: -parseMicros(amount), period, balance }];
  }
  if (type === 'reversal.posted' || type === 'adjustment.posted') {
    const read = type === 'reversal.posted' ? reversalPosted : adjustmentPosted;
    const { moves, period } = read(data, '/data');
    return moves.map(({ wallet, amount, balance }) => ({
      ...{ wallet, period, balance },
      micros: parseMicros(amount),
    }));
  }
  return [];
}
