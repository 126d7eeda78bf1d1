import { chargePosted } from './charges/charge-posted.ts';
import { parseMicros } from './decimal.ts';
import type { EventType } from './event.ts';
import { feeCharged, type TopUpCredited, topUpCredited, usageDeducted } from './event-data.ts';
import { adjustmentPosted, refundPaid, reversalPosted } from './money-moves.ts';
import type { Reader } from './shape.ts';

/** What an event does to a wallet, as it says itself. */
export interface WalletEffect {
  readonly wallet: string;
  /** Credits positive, charges negative. */
  readonly micros: bigint;
  readonly period: string;
  /** Claimed balance after it. */
  readonly balance: string;
}

/** What of a top-up does not reach the balance: it repays debt and emergency credit. */
export function divertedBy(split: TopUpCredited['split']): bigint {
  return split === undefined ? 0n : parseMicros(split.debt) + parseMicros(split.emergency);
}

interface Charged extends Omit<WalletEffect, 'micros'> {
  readonly amount: string;
}
/** What takes from one wallet. */
const CHARGES: Partial<Record<EventType, Reader<Charged>>> = {
  'usage.deducted': usageDeducted,
  'fee.charged': feeCharged,
  'charge.posted': chargePosted,
  'refund.paid': refundPaid,
};

/** Effects of an event's data, wallet by wallet; none for events that move no money. */
export function effectsOf(type: EventType, data: unknown): readonly WalletEffect[] {
  if (type === 'topup.credited') {
    const { wallet, amount, period, balance, split } = topUpCredited(data, '/data');
    const micros = parseMicros(amount) - divertedBy(split);
    return [{ wallet, micros, period, balance }];
  }
  const read = CHARGES[type];
  if (read !== undefined) {
    const { wallet, amount, period, balance } = read(data, '/data');
    return [{ wallet, micros: -parseMicros(amount), period, balance }];
  }
  if (type === 'reversal.posted' || type === 'adjustment.posted') {
    const moved = type === 'reversal.posted' ? reversalPosted : adjustmentPosted;
    const { moves, period } = moved(data, '/data');
    return moves.map(({ wallet, amount, balance }) => ({
      ...{ wallet, period, balance },
      micros: parseMicros(amount),
    }));
  }
  return [];
}
