import type { TermsSet } from '../charges/terms-course.ts';
import { formatTime } from '../time.ts';
import type { Zone } from '../zone.ts';
import type { Case, Opened } from './case.ts';

const CHARGED = new Set(['usage.deducted', 'charge.posted', 'fee.charged', 'topup.credited']);

/**
 * Terms stand in the chain before the time that they are for, whatever their `at` says: no charge or top-up of
 * that time comes before them, and no bill that reaches up to it. Times of one form compare as texts.
 */
export class TermsOrder {
  readonly #previous: Case['previous'];
  readonly #zone: Zone;
  #latest = '';

  constructor({ previous }: Case, zone: Zone) {
    this.#previous = previous;
    this.#zone = zone;
  }

  pass({ event: { type, at } }: Opened): void {
    if (at > this.#latest && CHARGED.has(type)) this.#latest = at;
  }

  /** Whether opening `i` sets terms too late. The first of an account count from their place on. */
  isLate({ version, from }: TermsSet, i: number): boolean {
    if (version === 1) return false;
    const [year = 0, month = 0] = from.split('-').map(Number);
    const start = formatTime(this.#zone.startOfMonth(year, month));
    const { at = i, statement } = this.#previous ?? {};
    const billed = at < i ? (statement?.to ?? '') : '';
    return this.#latest > start || billed >= start;
  }
}
