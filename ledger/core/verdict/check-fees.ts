import { formatMicros } from '../decimal.ts';
import { type FeeCharged, feeCharged, type StatementFee } from '../event-data.ts';
import { feeAmount, monthlyFee } from '../fees.ts';
import type { Opened } from './case.ts';
import { dataOf } from './check-readings.ts';
import { checkPostings } from './postings.ts';
import type { BaseWalk } from './replay-charges.ts';

/**
 * Holds each fee against its tariff: known, and charged once for a month, for no more of its days than
 * the version was in force and the first meter on it installed.
 */
export class FeeReplay {
  readonly #walk: BaseWalk;
  readonly #charged = new Set<string>();

  constructor(walk: BaseWalk) {
    this.#walk = walk;
  }

  replay({ event, text }: Opened, i: number, pointer: string): void {
    const data = feeCharged(dataOf(text), '/data');
    const { opened, sums, layers, periods } = this.#walk;
    const due = this.#due(data, event.at, i);
    checkPostings(this.#walk, data, pointer, 'charge');
    if (data.period !== opened.statement.period) return;
    const { fee, tariff, days, of, amount, wallet } = data;
    const isOwn = periods.monthOf(event.at, 'end') === data.period;
    sums.addFee({ fee, tariff, days, of, amount, wallet }, isOwn);
    if (due === undefined) {
      layers.fail(5, 'fee-unknown', { fee, tariff: tariff.id }, pointer);
    } else if (!due.asStated || due.amount !== amount) {
      layers.fail(5, 'fee-differs', { fee, found: amount, expected: due.amount }, pointer);
    }
  }

  #due(data: FeeCharged, at: string, i: number) {
    const { setup, meters, periods } = this.#walk;
    const version = setup.book
      .versions(data.tariff.id)
      .find(({ ref }) => ref.version === data.tariff.version && ref.hash === data.tariff.hash);
    const fee = version?.tariff.fees.find(({ fee: name }) => name === data.fee);
    if (version === undefined || fee === undefined) return undefined;
    const month = periods.monthOf(at, 'end');
    const isMonthEnd = periods.monthOf(at, 'moment') !== month;
    if (this.#isRepeated(data, month, i) || !isMonthEnd) {
      return { amount: formatMicros(0n), asStated: false };
    }
    const fromMs = Math.max(version.fromMs, meters.firstInstalledMs(version.ref.id));
    const most = monthlyFee(version.tariff, fee, month, fromMs, version.toMs);
    const days = Math.min(data.days, most.days);
    const amount = formatMicros(feeAmount(version.tariff, fee, days, most.of));
    return { amount, asStated: days === data.days && data.of === most.of };
  }

  /** A fee that comes late may have been on the bill before; older ones cannot be told from repeats. */
  #isRepeated({ fee, tariff }: FeeCharged, month: string, i: number): boolean {
    const key = `${month}/${tariff.id}/${tariff.version}/${fee}`;
    if (this.#charged.has(key)) return true;
    this.#charged.add(key);
    const { previous } = this.#walk.opened;
    if (previous === undefined || i < previous.at || month > previous.statement.period)
      return false;
    const { period, fees } = previous.statement;
    const isSame = (line: StatementFee) =>
      line.fee === fee && line.tariff.id === tariff.id && line.tariff.version === tariff.version;
    return month < period || fees.some(isSame);
  }
}
