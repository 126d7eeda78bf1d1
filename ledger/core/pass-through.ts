import { formatMicros, parseMicros, roundDiv } from './decimal.ts';
import { WALLET } from './event-data.ts';
import { approval, pastEvent } from './money-moves.ts';
import {
  HASH,
  ID,
  integer,
  list,
  MICROS,
  object,
  oneOf,
  PERIOD,
  type Read,
  text,
} from './shape.ts';

/**
 * What the grid billed, and what of it tenants may be charged: the charges of a period to one kind of wallet,
 * shares and losses included, are at most the grid's bill for what was passed on. What was collected
 * above goes back, in proportion to the charges.
 */

/** How the bill is taken apart where the house used a part of it itself. */
export const METHODS = ['average', 'by-period'] as const;
export type Method = (typeof METHODS)[number];

/** `data` of `policy.published` of the account `site`, where it is about passing on. */
const terms = {
  /** Whose law it is, such as `CN` or `CN-SH`. */
  jurisdiction: text(ID),
  wallet: text(WALLET),
  /** `grid-bill`: a surplus is returned; `none`: it is only shown. */
  limit: oneOf('grid-bill', 'none'),
  method: oneOf(...METHODS),
};
export const passThroughTerms = object(terms);
export const passThroughPolicy = object({ policy: oneOf('pass-through'), ...terms, approval });

const gridRow = object({
  /** A period of the grid's own tariff; one row of another name where it has none. */
  period: text(ID),
  quantity: text(MICROS),
  /** What the house used of it itself, which no tenant is charged. */
  own: text(MICROS),
  amount: text(MICROS),
});

/** `data` of `gridbill.recorded` of the account `site`. */
export const gridBillRecorded = object({
  bill: text(ID),
  wallet: text(WALLET),
  period: text(PERIOD),
  unit: text(/^[A-Za-z0-9/%]{1,8}$/),
  quantity: text(MICROS),
  amount: text(MICROS),
  rows: list(gridRow, 48),
  /** Of the amount, what is in no row: demand, adjustments, taxes of the whole. */
  other: text(MICROS),
  /** SHA-256 of the document that says so. */
  evidence: text(HASH),
  by: text(ID),
});

/** `data` of `passthrough.settled` of the account `site`: a period held against the grid's bills of it. */
export const passThroughSettled = object({
  wallet: text(WALLET),
  period: text(PERIOD),
  policy: pastEvent,
  bills: list(pastEvent, 16),
  method: oneOf(...METHODS),
  /** What tenants may be charged together. */
  due: text(MICROS),
  /** Charges on the bills of the period, and those above zero alone, by which a surplus is shared. */
  charges: text(MICROS),
  of: text(MICROS),
  /** What was given back of them by corrections and reversals. */
  corrected: text(MICROS),
  surplus: text(MICROS),
  accounts: integer(),
  approval,
});

export type PassThroughPolicy = Read<typeof passThroughPolicy>;
export type GridBill = Read<typeof gridBillRecorded>;
export type PassThroughSettled = Read<typeof passThroughSettled>;

/** Whether the rows are the whole bill, and none of them says what cannot be. */
export function isWholeBill({ rows, quantity, amount, other }: GridBill): boolean {
  const sum = (pick: (row: GridBill['rows'][number]) => string) =>
    rows.reduce((all, row) => all + parseMicros(pick(row)), 0n);
  const names = new Set(rows.map(({ period }) => period));
  const isOwn = rows.every((row) => {
    const own = parseMicros(row.own);
    return own >= 0n && own <= parseMicros(row.quantity);
  });
  return (
    isOwn &&
    rows.length > 0 &&
    names.size === rows.length &&
    parseMicros(quantity) > 0n &&
    parseMicros(amount) >= 0n &&
    sum((row) => row.quantity) === parseMicros(quantity) &&
    sum((row) => row.amount) + parseMicros(other) === parseMicros(amount)
  );
}

/** What of a bill was passed on: its average price, or the price of each of its own periods, times the rest. */
export function passedOn(bill: GridBill, method: Method): bigint {
  const quantity = parseMicros(bill.quantity);
  const passed = quantity - bill.rows.reduce((own, row) => own + parseMicros(row.own), 0n);
  if (method === 'average') return part(parseMicros(bill.amount), passed, quantity);
  return bill.rows.reduce(
    (sum, row) => {
      const used = parseMicros(row.quantity);
      return sum + part(parseMicros(row.amount), used - parseMicros(row.own), used);
    },
    part(parseMicros(bill.other), passed, quantity),
  );
}

/** What is below a millionth is left to the tenants. A row without use is passed on whole. */
function part(amount: bigint, numerator: bigint, denominator: bigint): bigint {
  if (denominator === 0n) return amount;
  const product = amount * numerator;
  const whole = product / denominator;
  return product < 0n && whole * denominator !== product ? whole - 1n : whole;
}

/** Price of a unit of the whole bill, to be shown. */
export function averagePrice(bills: readonly GridBill[]): string {
  const sum = (pick: (bill: GridBill) => string) =>
    bills.reduce((all, bill) => all + parseMicros(pick(bill)), 0n);
  const quantity = sum((bill) => bill.quantity);
  if (quantity === 0n) return formatMicros(0n);
  return formatMicros(roundDiv(sum((bill) => bill.amount) * 1_000_000n, quantity, 'half-up'));
}

/** What one account was charged on its bill of the period. */
export interface ChargedAccount {
  readonly account: string;
  readonly charges: bigint;
  readonly corrected: bigint;
}

export interface Comparison {
  readonly due: bigint;
  readonly charges: bigint;
  /** Charges above zero alone. */
  readonly of: bigint;
  readonly corrected: bigint;
  readonly surplus: bigint;
}

/** Holds what the accounts were charged against the bills. */
export function compareToGrid(
  bills: readonly GridBill[],
  accounts: readonly Omit<ChargedAccount, 'account'>[],
  method: Method,
): Comparison {
  const due = bills.reduce((sum, bill) => sum + passedOn(bill, method), 0n);
  let [charges, of, corrected] = [0n, 0n, 0n];
  for (const account of accounts) {
    charges += account.charges;
    corrected += account.corrected;
    if (account.charges > 0n) of += account.charges;
  }
  const over = charges - corrected - due;
  return { due, charges, of, corrected, surplus: over > 0n && of > 0n ? over : 0n };
}

/** An event with its place in the chain of its account. */
export interface ChainEvent {
  readonly type: string;
  readonly account: string;
  readonly at: string;
  readonly data: unknown;
  readonly n: number;
  /** Its commitment, hex. */
  readonly hash: string;
}

/** What a settled period says, and the facts that it names. */
export interface SettledFacts {
  readonly told: PassThroughSettled;
  readonly policy: PassThroughPolicy | undefined;
  readonly bills: readonly GridBill[];
}

/** Whether a settled period follows from the bills and the policy that it names, the sums of charges believed. */
export function isSettledRight({ told, policy, bills }: SettledFacts): boolean {
  const { wallet, period, method, approval } = told;
  if (approval.asked === approval.approved || bills.length === 0) return false;
  if (bills.some((bill) => bill.wallet !== wallet || bill.period !== period)) return false;
  if (!bills.every(isWholeBill)) return false;
  if (policy?.limit !== 'grid-bill' || policy.method !== method || policy.wallet !== wallet) {
    return false;
  }
  const due = bills.reduce((sum, bill) => sum + passedOn(bill, method), 0n);
  const over = parseMicros(told.charges) - parseMicros(told.corrected) - due;
  const surplus = over > 0n && parseMicros(told.of) > 0n ? over : 0n;
  return told.due === formatMicros(due) && told.surplus === formatMicros(surplus);
}

/**
 * What one account can check without the others' charges: that its part is less than a millionth away from
 * surplus x charges / of. That all parts are the surplus is for whoever sees all accounts.
 */
export function isFairPart(amount: bigint, charges: bigint, told: PassThroughSettled): boolean {
  const of = parseMicros(told.of);
  const off = amount * of - parseMicros(told.surplus) * charges;
  return charges > 0n && off < of && off > -of;
}
