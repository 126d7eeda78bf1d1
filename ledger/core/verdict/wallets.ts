import { formatMicros, parseMicros } from '../decimal.ts';
import type { EventType } from '../event.ts';
import { feeCharged, topUpCredited, usageDeducted } from '../event-data.ts';
import type { Case } from './case.ts';
import { dataOf } from './check-readings.ts';
import type { Walk } from './replay-charges.ts';

/** What an event does to a wallet, as it says itself. */
export interface WalletEffect {
  readonly wallet: string;
  /** Credits positive, charges negative. */
  readonly micros: bigint;
  readonly period: string;
  /** Claimed balance after it. */
  readonly balance: string;
}

/** Effect of an event's parsed data; undefined for events that move no money. */
export function effectOf(type: EventType, data: unknown): WalletEffect | undefined {
  if (type === 'topup.credited') {
    const { wallet, amount, period, balance } = topUpCredited(data, '/data');
    return { wallet, micros: parseMicros(amount), period, balance };
  }
  if (type === 'usage.deducted' || type === 'fee.charged') {
    const read = type === 'usage.deducted' ? usageDeducted : feeCharged;
    const { wallet, amount, period, balance } = read(data, '/data');
    return { wallet, micros: -parseMicros(amount), period, balance };
  }
  return undefined;
}

/**
 * Balances at the start of the opened range. The statement before says what its own period closed
 * with; the range may begin earlier, with events of this bill that came before that statement, so what
 * older bills' events did inside the range is taken off again.
 */
export function openingBalances(opened: Case): Map<string, bigint> {
  const balances = new Map<string, bigint>();
  const { previous } = opened;
  if (previous === undefined) return balances;
  for (const { wallet, closing } of previous.statement.wallets) {
    balances.set(wallet, parseMicros(closing));
  }
  for (const { event, text } of opened.openings.slice(0, previous.at)) {
    const effect = effectOf(event.type, dataOf(text));
    if (effect === undefined || effect.period > previous.statement.period) continue;
    balances.set(effect.wallet, (balances.get(effect.wallet) ?? 0n) - effect.micros);
  }
  return balances;
}

/** Moves a wallet and holds the event's claimed balance against it (layer 6). */
export function moveWallet(walk: Walk, effect: WalletEffect | undefined, pointer: string): void {
  if (effect === undefined) return;
  const { wallet, micros, period, balance: found } = effect;
  const { balances, layers, later, opened } = walk;
  const expected = (balances.get(wallet) ?? 0n) + micros;
  if (formatMicros(expected) !== found) {
    const params = { wallet, found, expected: formatMicros(expected) };
    layers.fail(6, 'balance-differs', params, pointer);
  }
  // Go on from the claim, so that one wrong balance is one finding and not a thousand.
  balances.set(wallet, parseMicros(found));
  if (period > opened.statement.period) later.set(wallet, (later.get(wallet) ?? 0n) + micros);
}

/** The chain's balances must be what the statement closes with, later bills' events aside. */
export function checkClosing(walk: Walk): void {
  const closings = new Map(
    walk.opened.statement.wallets.map((line) => [line.wallet, line.closing]),
  );
  for (const wallet of new Set([...walk.balances.keys(), ...closings.keys()])) {
    const balance = (walk.balances.get(wallet) ?? 0n) - (walk.later.get(wallet) ?? 0n);
    const [found, expected] = [closings.get(wallet) ?? '0.000000', formatMicros(balance)];
    if (found !== expected) {
      walk.layers.fail(6, 'closing-differs', { wallet, found, expected }, '/openings');
    }
  }
}
