import type { StatementIssued } from '../event-data.ts';
import { formatTime, parseTime } from '../time.ts';
import { type Zone, zoneOf } from '../zone.ts';
import type { Case } from './case.ts';

/**
 * Which bill an event belongs to (docs/formats.md, 10): that of the local month in which it took
 * effect, or, where that one is issued, the next. Else money could be on a bill that nobody sees.
 */
export class BillPeriods {
  readonly #zone: Zone;
  readonly #previous: { readonly at: number; readonly statement: StatementIssued } | undefined;
  readonly #period: string;

  constructor({ statement, previous }: Case) {
    this.#zone = zoneOf(statement.zone);
    this.#previous = previous;
    this.#period = statement.period;
  }

  /** The bill that opening `i` must name, given the bill it names. `at` is when a span of time ends. */
  expected(i: number, at: string, found: string, instant: 'end' | 'moment'): string {
    const month = this.monthOf(at, instant);
    const { at: issued, statement } = this.#previous ?? { at: -1, statement: undefined };
    const closed = statement?.period ?? '';
    if (i > issued) return closed !== '' && month <= closed ? monthAfter(closed) : month;
    // Before the last statement it depends on an older one, which is not here.
    if (month > closed) return month;
    return month <= found && found <= closed ? found : month;
  }

  monthOf(at: string, instant: 'end' | 'moment'): string {
    return this.#zone.monthOf(parseTime(at) - (instant === 'end' ? 1 : 0));
  }

  /** True when the bill's own month, in its zone, is from its `from` to its `to`. */
  areBounds(from: string, to: string): boolean {
    const fromMs = parseTime(from);
    const zone = this.#zone;
    return (
      zone.monthOf(fromMs) === this.#period &&
      zone.monthOf(fromMs - 1) !== this.#period &&
      formatTime(zone.nextMonthStart(fromMs)) === to
    );
  }
}

/** The month after, as `2027-01`. */
export function monthAfter(period: string): string {
  const [year = 0, month = 0] = period.split('-').map(Number);
  const next = month === 12 ? [year + 1, 1] : [year, month + 1];
  return next.map((part, i) => String(part).padStart(i === 0 ? 4 : 2, '0')).join('-');
}
