import { formatDecimal, formatMicros, parseMicros, roundDiv } from '../decimal.ts';
import { type CompiledTariff, cutInterval, type TimedQuantity } from '../rating.ts';
import { Refusal } from '../refusal.ts';
import { HASH, ID, list, MICROS, object, type Read, shown, TIME, text } from '../shape.ts';
import { within } from '../tariff.ts';
import { formatTime, MINUTE_MS, parseTime } from '../time.ts';
import { type Charge, NANO, nanosOf, roundMoney } from './charge.ts';
import type { IndexRule } from './tariff-v2.ts';

/** Published values W of a series, one a step from `from` on; logged before they apply. */
const priceList = object(
  {
    series: text(ID),
    from: text(TIME),
    stepMinutes: within(5, 60),
    values: list(text(MICROS), 4096),
  },
  { evidence: object({ source: shown(1, 200), text: shown(1, 1000), hash: text(HASH) }) },
);
export type PriceList = Read<typeof priceList>;

/** The `data` of the fact. Refuses `bad-shape`, `bad-time`. */
export function parsePriceList(value: unknown, pointer = ''): PriceList {
  const found = priceList(value, pointer);
  parseTime(found.from);
  return found;
}

/** Values of one series by the instant at which their step begins. */
export interface PriceSeries {
  readonly stepMs: number;
  readonly values: ReadonlyMap<number, bigint>;
}

/**
 * The logged lists of the rule's series as one; lists of other series are passed over. Refuses
 * `price-list-step` (another step than the rule's, or a beginning between steps of UTC), and
 * `price-list-twice` where two lists give one step: a published value is never replaced.
 */
export function priceSeries(rule: IndexRule, lists: readonly PriceList[]): PriceSeries {
  const stepMs = rule.stepMinutes * MINUTE_MS;
  const values = new Map<number, bigint>();
  for (const { series, from, stepMinutes, values: listed } of lists) {
    if (series !== rule.series) continue;
    const fromMs = parseTime(from);
    if (stepMinutes !== rule.stepMinutes || fromMs % stepMs !== 0) {
      const message = `A list of ${series} has another step than its tariff. Publish it again.`;
      throw new Refusal('price-list-step', message, { series, from });
    }
    for (const [i, value] of listed.entries()) {
      const atMs = fromMs + i * stepMs;
      if (values.has(atMs)) {
        const at = formatTime(atMs);
        const message = `Two lists of ${series} give a value for ${at}. The first one stays.`;
        throw new Refusal('price-list-twice', message, { series, at });
      }
      values.set(atMs, parseMicros(value));
    }
  }
  return { stepMs, values };
}

const slot = object({
  from: text(TIME),
  to: text(TIME),
  period: text(ID),
  value: text(MICROS),
  price: text(MICROS),
  qty: text(MICROS),
});
const EXACT = /^(?!-0\.0{12}$)-?(0|[1-9][0-9]{0,20})\.[0-9]{12}$/;

/** What an event says of use at indexed prices. `before` and `exact` have 12 decimals. */
export const indexedLine = object({
  series: text(ID),
  slots: list(slot, 4096),
  /** Sum of qty x price on this bill before this interval, unrounded. */
  before: text(EXACT),
  exact: text(EXACT),
  amount: text(MICROS),
});
export type IndexedLine = Read<typeof indexedLine>;

export interface IndexedUse {
  readonly tariff: CompiledTariff;
  readonly rule: IndexRule;
  readonly series: PriceSeries;
  readonly interval: TimedQuantity;
  /** Sum of quantity x price on this bill under this version so far, in 10^-12. */
  readonly exactBefore: bigint;
}

/**
 * Rates use at indexed prices: the interval (from, to] is cut where a step of the series or the period
 * ends, its quantity shared as rating rule 1 shares it, a slot without use left out; each slot's price is `indexedPrice`; the amount
 * is R(before + sum of qty x price) - R(before), R rounding as the tariff declares. So on the bill
 * the whole use is rounded once, however many readings there were. Prices may be negative.
 * Refuses `bad-interval`, `tariff-not-in-force`, and `price-list-gap` where no value is logged.
 */
export function rateIndexed(use: IndexedUse): Charge<IndexedLine> & { readonly exact: bigint } {
  const { tariff, rule, series, interval, exactBefore } = use;
  const { fromMs, toMs } = interval;
  refuseOutside(tariff, fromMs, toMs, series.stepMs);
  const ends = tariff.calendar.spansBetween(fromMs, toMs).map(({ endMs }) => endMs);
  for (let ms = nextStep(fromMs, series.stepMs); ms < toMs; ms += series.stepMs) ends.push(ms);
  const cuts = [...new Set(ends)].sort((a, b) => a - b);
  if (cuts.length > MOST_SLOTS) throw badInterval();
  let exact = 0n;
  const slots = cutInterval(interval, cuts).flatMap((piece) => {
    if (piece.quantityMicros === 0n) return [];
    const value = series.values.get(nextStep(piece.fromMs, series.stepMs) - series.stepMs);
    if (value === undefined) throw gapAt(rule, piece.fromMs);
    const period = tariff.calendar.spanAfter(piece.fromMs).period;
    const price = indexedPrice(rule, value, tariff.cells[period]?.price ?? 0n);
    exact += piece.quantityMicros * price;
    return [
      {
        ...{ from: formatTime(piece.fromMs), to: formatTime(piece.toMs) },
        period: tariff.calendar.periods[period] ?? '',
        ...{ value: formatMicros(value), price: formatMicros(price) },
        qty: formatMicros(piece.quantityMicros),
      },
    ];
  });
  const { rounding } = tariff.tariff;
  const amountMicros =
    roundMoney(exactBefore + exact, 1n, rounding) - roundMoney(exactBefore, 1n, rounding);
  const line: IndexedLine = {
    ...{ series: rule.series, slots, before: formatDecimal(exactBefore, 12) },
    ...{ exact: formatDecimal(exact, 12), amount: formatMicros(amountMicros) },
  };
  return { amountMicros, line, exact };
}

/** min(factor x W + added, cap), no less than the floor; factor x W rounded half up to 6 decimals. */
export function indexedPrice(rule: IndexRule, value: bigint, added: bigint): bigint {
  const price = roundDiv(nanosOf(rule.factor) * value, NANO, 'half-up') + added;
  const cap = rule.cap === undefined ? undefined : parseMicros(rule.cap);
  const floor = rule.floor === undefined ? undefined : parseMicros(rule.floor);
  if (cap !== undefined && price > cap) return cap;
  return floor !== undefined && price < floor ? floor : price;
}

/** As many as a line may have: a month has 2,976 quarters of an hour. */
const MOST_SLOTS = 4096;

function refuseOutside(tariff: CompiledTariff, fromMs: number, toMs: number, stepMs: number): void {
  if (!(fromMs < toMs) || toMs - fromMs > MOST_SLOTS * stepMs) throw badInterval();
  if (fromMs >= tariff.fromMs && toMs <= tariff.toMs) return;
  const { id, version } = tariff.tariff;
  const message = `Version ${version} of tariff ${id} does not apply to the whole interval.`;
  throw new Refusal('tariff-not-in-force', message, { tariff: id, version });
}

function badInterval(): Refusal {
  const message = 'An interval at indexed prices ends after it begins, within 4,096 slots. Cut it.';
  return new Refusal('bad-interval', message);
}

/** The first step that begins after `ms`. */
function nextStep(ms: number, stepMs: number): number {
  return (Math.floor(ms / stepMs) + 1) * stepMs;
}

function gapAt({ series }: IndexRule, ms: number): Refusal {
  const at = formatTime(ms);
  const message = `No value of ${series} is logged for ${at}. Log its list, then rate again.`;
  return new Refusal('price-list-gap', message, { series, at });
}
