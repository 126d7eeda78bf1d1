import { isObject } from '../canonical-json.ts';
import { parseMicros } from '../decimal.ts';
import { usageDeducted } from '../event-data.ts';
import { parsePeriod } from '../fees.ts';
import { parseTime } from '../time.ts';
import type { Zone } from '../zone.ts';
import { chargePosted } from './charge-posted.ts';
import { parseEventDay } from './event-days.ts';
import type { MonthFacts, PoolOf } from './month-bill.ts';
import { parkingLine } from './parking.ts';
import { shareLine } from './shares.ts';
import { TermsCourse, termsSet } from './terms-course.ts';

/** An event as far as a preview looks at it. */
export interface PastEvent {
  readonly type: string;
  readonly at: string;
  readonly data: unknown;
}

export interface PastMonth {
  readonly facts: MonthFacts;
  /** The tariff version of the month's last use or posted charge; undefined where there is none. */
  readonly billedBy: { readonly id: string; readonly version: number } | undefined;
}

/**
 * What a month of an account was billed by, from its events and those of the site: use, terms, stays,
 * event days, and the pools with the account's own part. Late use of the month counts, too.
 */
export function pastMonth(
  account: string,
  period: string,
  zone: Zone,
  events: Iterable<PastEvent>,
  siteEvents: Iterable<PastEvent>,
): PastMonth {
  const { year, month } = parsePeriod(period);
  const [fromMs, toMs] = [zone.startOfMonth(year, month), zone.startOfMonth(year, month + 1)];
  const terms = new TermsCourse();
  const intervals: { fromMs: number; toMs: number; quantityMicros: bigint }[] = [];
  const stays: { fromMs: number; toMs: number }[] = [];
  const pools: PoolOf[] = [];
  let usedMicros: bigint | undefined;
  let billedBy: PastMonth['billedBy'];
  for (const { type, at, data } of events) {
    const atMs = parseTime(at);
    const isOwn = atMs > fromMs && atMs <= toMs;
    if (type === 'terms.set') terms.add(termsSet(data, '/data'), atMs, zone);
    if (!isOwn || !isObject(data)) continue;
    if (type === 'usage.deducted') {
      const { span, from, to, quantity, used, tariff } = usageDeducted(data, '/data');
      const times = {
        fromMs: parseTime(span?.from ?? from.at),
        toMs: parseTime(span?.to ?? to.at),
      };
      intervals.push({ ...times, quantityMicros: parseMicros(quantity) });
      usedMicros ??= parseMicros(used);
      billedBy = tariff;
    } else if (type === 'charge.posted') {
      const { charge, line, tariff } = chargePosted(data, '/data');
      billedBy ??= tariff;
      if (charge === 'parking') {
        const stay = parkingLine(line, '/data/line');
        stays.push({ fromMs: parseTime(stay.from), toMs: parseTime(stay.to) });
      } else if (charge === 'share') pools.push(poolIn(account, line));
    }
  }
  const eventDates = [...siteEvents].flatMap(({ type, data }) => {
    return type === 'event-day.declared' ? [parseEventDay(data, '/data').date] : [];
  });
  const use = { intervals, ...(usedMicros === undefined ? {} : { usedMicros }) };
  const facts = { account, period, terms: terms.of(period), ...use, eventDates, stays, pools };
  return { facts, billedBy };
}

/** The account's part beside that of all others. */
function poolIn(account: string, line: unknown): PoolOf {
  const { share, poolAmount, poolQuantity, numerator, denominator } = shareLine(line, '/data/line');
  const weight = parseMicros(numerator);
  const others = { account: `${account}-others`, weight: parseMicros(denominator) - weight };
  const pool = parseMicros(poolQuantity ?? poolAmount);
  return { share, pool, weights: [{ account, weight }, others] };
}
