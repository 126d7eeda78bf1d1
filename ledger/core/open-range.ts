import { LASTING } from './hold-rules.ts';

export interface RangeData {
  readonly meter?: string;
  readonly period?: string;
  readonly reason?: string;
  readonly to?: { readonly hash: string };
}

const MOVES_MONEY = new Set([
  'topup.credited',
  'fee.charged',
  'charge.posted',
  'refund.paid',
  'reversal.posted',
  'adjustment.posted',
]);

/**
 * Where the bill after this one has to begin to read: the first event that this bill leaves to a later
 * one. That is money of a later bill, and a reading set aside inside an interval that a later bill
 * charges. Without it, a payment made before the bill was issued could be in neither of the two.
 */
export class OpenRange {
  readonly #period: string;
  readonly #holds = new Map<string, { readonly n: number; to?: string }>();
  /** Meters that are set aside until somebody releases them: billing will start anew. */
  readonly #stopped = new Set<string>();
  #first = Number.POSITIVE_INFINITY;

  constructor(period: string) {
    this.#period = period;
  }

  /** Any event of the account, by the members of its data that count here. */
  note(n: number, type: string, data: RangeData): void {
    const { meter = '', period = '', reason = '', to } = data;
    if (type === 'usage.deducted') this.usage(n, period, meter, to?.hash ?? '');
    else if (MOVES_MONEY.has(type)) this.money(n, period);
    else if (type === 'reading.held') this.held(n, meter, reason);
    else if (type === 'reading.released' || type === 'meter.removed') this.restarted(meter);
    else if (type === 'meter.installed') this.restarted(meter);
  }

  /** A top-up, fee or move of the bill `period`, event `n` of the account. */
  money(n: number, period: string): void {
    if (period > this.#period) this.#first = Math.min(this.#first, n);
  }

  /** A charge of the interval that ends at the record with the hash `to`. */
  usage(n: number, period: string, meter: string, to: string): void {
    const hold = this.#holds.get(meter);
    if (period > this.#period) {
      const inside = hold !== undefined && (hold.to ?? to) === to;
      this.#first = Math.min(this.#first, inside ? hold.n : n);
    } else if (hold !== undefined && hold.to === undefined) {
      hold.to = to;
    } else if (hold?.to !== to) {
      this.#holds.delete(meter);
    }
  }

  held(n: number, meter: string, reason: string): void {
    if (LASTING.has(reason)) this.restarted(meter).#stopped.add(meter);
    if (this.#stopped.has(meter)) return;
    const hold = this.#holds.get(meter);
    if (hold === undefined || hold.to !== undefined) this.#holds.set(meter, { n });
  }

  /** Billing of the meter starts anew: what was set aside before is behind it. */
  restarted(meter: string): this {
    this.#holds.delete(meter);
    this.#stopped.delete(meter);
    return this;
  }

  get first(): number | undefined {
    let first = this.#first;
    for (const { n, to } of this.#holds.values()) if (to === undefined) first = Math.min(first, n);
    return first === Number.POSITIVE_INFINITY ? undefined : first;
  }
}
