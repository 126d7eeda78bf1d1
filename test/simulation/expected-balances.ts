import { formatMicros, parseMicros } from '../../ledger/core/decimal.ts';
import type { DurableRecord } from './durable-log.ts';
import type { Model } from './model.ts';
import { accountOf, WALLET } from './office.ts';
import { MONTH_END_MS, START_MS } from './world.ts';

const CHANGE_MS = START_MS + MONTH_END_MS;

/**
 * What each book must show: top-ups that were acknowledged, and for each meter what it has counted, one
 * yuan a unit until the month ends and two after it. Written from the tariff, not from the ledger.
 */
export function expectedBalances(model: Model): Map<string, string> {
  const wallets = new Map<string, bigint>();
  const add = (book: string, micros: bigint) =>
    wallets.set(book, (wallets.get(book) ?? 0n) + micros);
  for (const { command } of model.acknowledged.values()) {
    if (command.do !== 'credit-top-up') continue;
    const micros = parseMicros(command.amount);
    add('cash:cash', micros);
    add(`prepaid:${command.account}:${WALLET}`, -micros);
  }
  for (const [meter, chain] of model.log.chains) {
    const charged = chargedMicros(chain);
    if (charged === undefined) continue;
    add(`prepaid:${accountOf(Number(meter.slice(2)))}:${WALLET}`, charged);
    add(`revenue:${WALLET}`, -charged);
  }
  return new Map([...wallets].map(([book, micros]) => [book, formatMicros(micros)]));
}

/** Undefined when nothing was charged at all: then there is no book. */
function chargedMicros(chain: readonly DurableRecord[]): bigint | undefined {
  let last: { readonly atMs: number; readonly value: bigint } | undefined;
  let charged: bigint | undefined;
  for (const { reading } of chain) {
    const shown = reading.registers?.['1-0:1.8.0']?.value;
    const atMs = Date.parse(reading.at);
    // No value, a clock that nobody vouches for, a time that has been: people look at it, nobody pays.
    if (shown === undefined || reading.clock === 'U') continue;
    if (last !== undefined && atMs <= last.atMs) continue;
    const value = BigInt(shown.replace('.', ''));
    if (last !== undefined) {
      charged = (charged ?? 0n) + priceOf(last.atMs, atMs, value - last.value);
    }
    last = { atMs, value };
  }
  return charged;
}

function priceOf(fromMs: number, toMs: number, used: bigint): bigint {
  if (toMs <= CHANGE_MS) return used;
  if (fromMs >= CHANGE_MS) return 2n * used;
  const before = (used * BigInt(CHANGE_MS - fromMs)) / BigInt(toMs - fromMs);
  return before + 2n * (used - before);
}
