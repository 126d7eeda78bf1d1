import { parseMicros } from './decimal.ts';
import { statementIssued } from './event-data.ts';
import {
  type ChainEvent,
  type GridBill,
  gridBillRecorded,
  type PassThroughPolicy,
  type PassThroughSettled,
  passThroughPolicy,
  passThroughSettled,
} from './pass-through.ts';
import { parseTime } from './time.ts';
import { postingsOf } from './wallet-terms.ts';
import type { Zone } from './zone.ts';

/** Where an event stands in the chain of its account. */
export interface Place {
  readonly n: number;
  readonly hash: string;
}
/** What the bill of a period charged to one kind of wallet, and which statement says so. */
export interface Billed extends Place {
  readonly charges: bigint;
}

/** Months that an account's charges are remembered after the bill of one; a period is settled before. */
const KEPT_MONTHS = 24;

/**
 * What an account was charged by period and wallet, and, of the account `site`, what the grid billed and which
 * periods were settled. Moved along a chain by what each event says; keys are `2026-09/electricity`. Charges are
 * remembered only where a policy was published before (`isKept`), so that a site without one carries nothing.
 */
export class PassThroughCourse {
  readonly billed = new Map<string, Billed>();
  /** What corrections and reversals gave back of the charges. */
  readonly corrected = new Map<string, bigint>();
  readonly bills = new Map<string, readonly (Place & { readonly bill: GridBill })[]>();
  /** By wallet, the last one. */
  readonly policies = new Map<string, Place & { readonly policy: PassThroughPolicy }>();
  readonly settled = new Map<string, Place & { readonly told: PassThroughSettled }>();
  /** Local month of the first policy; empty before. The first period that is compared comes after it. */
  since = '';

  apply({ type, at, data, n, hash }: ChainEvent, zone: Zone, isKept: boolean): void {
    if (type === 'statement.issued') {
      if (!isKept) return;
      const { period, wallets } = statementIssued(data, '/data');
      for (const { wallet, charges } of wallets) {
        this.billed.set(`${period}/${wallet}`, { n, hash, charges: parseMicros(charges) });
      }
      this.#forget(period);
    } else if (type === 'reversal.posted' || type === 'adjustment.posted') {
      if (isKept) this.#correct(data);
    } else if (type === 'gridbill.recorded') {
      const bill = gridBillRecorded(data, '/data');
      const key = `${bill.period}/${bill.wallet}`;
      this.bills.set(key, [...(this.bills.get(key) ?? []), { n, hash, bill }]);
    } else if (type === 'policy.published') {
      const policy = passThroughPolicy(data, '/data');
      if (this.since === '') this.since = zone.monthOf(parseTime(at));
      this.policies.set(policy.wallet, { n, hash, policy });
    } else if (type === 'passthrough.settled') {
      const told = passThroughSettled(data, '/data');
      this.settled.set(`${told.period}/${told.wallet}`, { n, hash, told });
    }
  }

  get isEmpty(): boolean {
    const { billed, corrected, bills, policies, settled } = this;
    return [billed, corrected, bills, policies, settled].every(({ size }) => size === 0);
  }

  /** What stands against revenue in a move takes a charge back, or, with a minus, charges more. */
  #correct(data: unknown): void {
    const { period = '' }: { period?: string } = Object(data);
    for (const { account, amount } of postingsOf(data)) {
      if (!account.startsWith('revenue:')) continue;
      const key = `${period}/${account.slice('revenue:'.length)}`;
      this.corrected.set(key, (this.corrected.get(key) ?? 0n) + parseMicros(amount));
    }
  }

  #forget(period: string): void {
    const month = Number(period.slice(0, 4)) * 12 + Number(period.slice(5)) - KEPT_MONTHS;
    const monthOf = (key: string) => Number(key.slice(0, 4)) * 12 + Number(key.slice(5, 7));
    for (const map of [this.billed, this.corrected]) {
      for (const key of map.keys()) if (monthOf(key) < month) map.delete(key);
    }
  }
}

/** As a projection keeps it; bigints as decimal text of micros. */
export interface PassedDoc {
  readonly since: string;
  readonly billed: readonly (readonly [string, Place & { readonly charges: string }])[];
  readonly corrected: readonly (readonly [string, string])[];
  readonly bills: readonly (readonly [string, readonly (Place & { readonly bill: GridBill })[]])[];
  readonly policies: readonly (readonly [string, Place & { readonly policy: PassThroughPolicy }])[];
  readonly settled: readonly (readonly [string, Place & { readonly told: PassThroughSettled }])[];
}

export function passedDoc(course: PassThroughCourse): PassedDoc {
  return {
    since: course.since,
    billed: [...course.billed].map(([key, { n, hash, charges }]) => {
      return [key, { n, hash, charges: charges.toString() }] as const;
    }),
    corrected: [...course.corrected].map(([key, micros]) => [key, micros.toString()] as const),
    bills: [...course.bills],
    policies: [...course.policies],
    settled: [...course.settled],
  };
}

export function restorePassed(course: PassThroughCourse, doc: PassedDoc | undefined): void {
  course.since = doc?.since ?? '';
  for (const [key, { charges, ...place }] of doc?.billed ?? []) {
    course.billed.set(key, { ...place, charges: BigInt(charges) });
  }
  for (const [key, micros] of doc?.corrected ?? []) course.corrected.set(key, BigInt(micros));
  for (const [key, bills] of doc?.bills ?? []) course.bills.set(key, bills);
  for (const [key, policy] of doc?.policies ?? []) course.policies.set(key, policy);
  for (const [key, told] of doc?.settled ?? []) course.settled.set(key, told);
}
