import type { HeldPayment, HeldRefund, ProviderBooks } from './double.ts';
import type { PendingFaults } from './fault.ts';

/** What a settlement file of one day says, before it is written in a provider's format. */
export interface DayRows {
  readonly payments: readonly HeldPayment[];
  readonly refunds: readonly HeldRefund[];
}

export interface Calendar {
  readonly dayOf: (ms: number) => string;
  readonly dayBefore: (day: string) => string;
}

/** The day as the books have it, with the bill faults of rows that are waiting. */
export function rowsOfDay(
  books: ProviderBooks,
  day: string,
  faults: PendingFaults,
  { dayOf, dayBefore }: Calendar,
): DayRows {
  const paidOn = (when: string) => books.payments.filter(({ paidMs }) => dayOf(paidMs) === when);
  if (faults.bill('bill-empty')) return { payments: [], refunds: [] };
  let payments = paidOn(day);
  if (faults.bill('bill-row-missing')) payments = payments.slice(1);
  if (faults.bill('bill-row-across-midnight')) {
    payments = [...paidOn(dayBefore(day)).slice(0, 1), ...payments.slice(1)];
  }
  if (faults.bill('bill-row-extra')) payments = [...payments, ...payments.slice(-1).map(stranger)];
  if (faults.bill('bill-amount-differs')) payments = payments.map(largerFirst);
  const refunds = books.refunds.filter(
    ({ askedMs, state }) => state === 'paid' && dayOf(askedMs) === day,
  );
  if (!faults.bill('bill-fee-rounded')) return { payments, refunds };
  return { payments: payments.map(roundedFee), refunds: refunds.map(roundedFee) };
}

/** Half up, to the whole minor unit. */
export function roundFee(tenThousandths: bigint): bigint {
  return ((tenThousandths + 5_000n) / 10_000n) * 10_000n;
}

function stranger(payment: HeldPayment): HeldPayment {
  const id = payment.id.replace(/.{6}$/, '000000');
  return { ...payment, id, order: `STRANGER${payment.order.slice(-8)}` };
}

function largerFirst(payment: HeldPayment, at: number): HeldPayment {
  const { amount } = payment;
  return at > 0 ? payment : { ...payment, amount: { ...amount, minor: amount.minor + 1n } };
}

function roundedFee<Row extends { readonly feeTenThousandths: bigint }>(row: Row): Row {
  return { ...row, feeTenThousandths: roundFee(row.feeTenThousandths) };
}
