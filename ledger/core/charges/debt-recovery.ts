import { formatMicros, parseMicros } from '../decimal.ts';
import { Refusal } from '../refusal.ts';
import { MICROS, object, oneOf, type Read, text } from '../shape.ts';
import { factor, rounding } from '../tariff.ts';
import { civilFromDays, DAY_MS, formatDate, weekdayOf } from '../time.ts';
import type { Zone } from '../zone.ts';
import { type Charge, NANO, nanosOf, roundMoney } from './charge.ts';

/** Percent of each top-up that goes to old debt, and the most in a local week from Monday. */
export const recoveryRule = object({ percent: factor, rounding }, { mostPerWeek: text(MICROS) });
export type RecoveryRule = Read<typeof recoveryRule>;

/** Refuses `bad-shape`, and `recovery-percent` outside 0 to 100. */
export function parseRecoveryRule(value: unknown, pointer = ''): RecoveryRule {
  const rule = recoveryRule(value, pointer);
  const percent = nanosOf(rule.percent);
  if (percent >= 0n && percent <= 100n * NANO) return rule;
  const message = `${rule.percent} % of a top-up cannot go to debt. Give 0 to 100.`;
  throw new Refusal('recovery-percent', message, { percent: rule.percent });
}

/** A wallet before a top-up. All in micros. */
export interface WalletState {
  readonly balance: bigint;
  /** The balance at which supply is cut off: zero, or below it where an overdraft is granted. */
  readonly cutOff: bigint;
  /** Accumulated debt, kept apart from the balance. */
  readonly debt: bigint;
  /** Of it, recovered from top-ups of this local week already. */
  readonly recovered: bigint;
  /** Emergency credit that was lent to the balance and is not yet repaid. */
  readonly emergencyUsed: bigint;
}

/** What an event says of the parts of a top-up; `debt` to `balance` sum to `amount`. */
export const recoveryLine = object(
  {
    formula: oneOf('debt: min(percent x amount, week - recovered, owed)'),
    amount: text(MICROS),
    percent: factor,
    recovered: text(MICROS),
    /** The wallet before: debt, balance, cut-off level, and emergency credit used. */
    owed: text(MICROS),
    before: text(MICROS),
    level: text(MICROS),
    used: text(MICROS),
    debt: text(MICROS),
    cutOff: text(MICROS),
    emergency: text(MICROS),
    balance: text(MICROS),
  },
  { week: text(MICROS) },
);
export type RecoveryLine = Read<typeof recoveryLine>;

export interface RecoveryParts {
  /** To accumulated debt. */
  readonly debt: bigint;
  /** Fills the gap between the balance and the cut-off level. */
  readonly cutOff: bigint;
  /** Repays emergency credit. */
  readonly emergency: bigint;
  /** What is left for use. */
  readonly balance: bigint;
}

/**
 * Divides a top-up of a wallet in this order: accumulated debt, but no more than R(percent x amount),
 * the rest of the week's most, and the debt; the gap from the balance up to the cut-off level; the
 * emergency credit used; the balance. `amountMicros` is what does not go to debt. A published
 * example: 10 % and 5.00 a week of 10.00 a day leave 9.00 from Monday to Friday, then 10.00.
 * Without a rule nothing goes to debt. Refuses `amount-not-positive`.
 */
export function recoverDebt(
  amountMicros: bigint,
  state: WalletState,
  rule?: RecoveryRule,
): Charge<RecoveryLine> & { readonly parts: RecoveryParts } {
  if (amountMicros <= 0n) {
    throw new Refusal('amount-not-positive', 'A top-up is more than zero. Give its amount.');
  }
  const debt = rule ? debtPart(amountMicros, state, rule) : 0n;
  let left = amountMicros - debt;
  const take = (most: bigint) => {
    const part = most < 0n ? 0n : most < left ? most : left;
    left -= part;
    return part;
  };
  const cutOff = take(state.cutOff - state.balance);
  const emergency = take(state.emergencyUsed);
  const parts = { debt, cutOff, emergency, balance: left };
  const line: RecoveryLine = {
    formula: 'debt: min(percent x amount, week - recovered, owed)',
    amount: formatMicros(amountMicros),
    percent: rule?.percent ?? '0',
    ...(rule?.mostPerWeek === undefined ? {} : { week: rule.mostPerWeek }),
    recovered: formatMicros(state.recovered),
    ...{ owed: formatMicros(state.debt), before: formatMicros(state.balance) },
    ...{ level: formatMicros(state.cutOff), used: formatMicros(state.emergencyUsed) },
    ...{ debt: formatMicros(debt), cutOff: formatMicros(cutOff) },
    ...{ emergency: formatMicros(emergency), balance: formatMicros(parts.balance) },
  };
  return { amountMicros: amountMicros - debt, line, parts };
}

/** The Monday, `2026-11-23`, of the local week of an instant: what `recovered` is counted by. */
export function weekOf(zone: Zone, ms: number): string {
  const days = Math.floor((ms + zone.offsetAt(ms)) / DAY_MS);
  const { year, month, day } = civilFromDays(days - weekdayOf(days) + 1);
  return formatDate(year, month, day);
}

function debtPart(amount: bigint, state: WalletState, rule: RecoveryRule): bigint {
  const { percent, mostPerWeek, rounding: how } = rule;
  let part = roundMoney(amount * nanosOf(percent), 100n * NANO, how, 6);
  const week = mostPerWeek === undefined ? part : parseMicros(mostPerWeek) - state.recovered;
  for (const bound of [week, state.debt, amount]) if (bound < part) part = bound;
  return part < 0n ? 0n : part;
}
