import { formatMicros, parseMicros } from '../decimal.ts';
import { effectsOf, type WalletEffect } from '../wallet-effects.ts';
import type { Case } from './case.ts';
import { dataOf } from './check-readings.ts';
import type { BaseWalk, Walk } from './replay-charges.ts';

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
    for (const { wallet, micros, period } of effectsOf(event.type, dataOf(text))) {
      if (period > previous.statement.period) continue;
      balances.set(wallet, (balances.get(wallet) ?? 0n) - micros);
    }
  }
  return balances;
}

/** Moves wallets and holds the event's claimed balances against them (layer 6). */
export function moveWallets(
  walk: BaseWalk,
  effects: readonly WalletEffect[],
  pointer: string,
): void {
  const { balances, layers, later, opened } = walk;
  for (const { wallet, micros, period, balance: found } of effects) {
    const expected = (balances.get(wallet) ?? 0n) + micros;
    if (formatMicros(expected) !== found) {
      const params = { wallet, found, expected: formatMicros(expected) };
      layers.fail(6, 'balance-differs', params, pointer);
    }
    // Go on from the claim, so that one wrong balance is one finding and not a thousand.
    balances.set(wallet, parseMicros(found));
    if (period > opened.statement.period) later.set(wallet, (later.get(wallet) ?? 0n) + micros);
  }
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
