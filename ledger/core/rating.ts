import { formatDecimal, parseMicros, powerOfTen, roundDiv } from './decimal.ts';
import { Refusal } from './refusal.ts';
import { type Tariff, validateTariff } from './tariff.ts';
import { type TariffCalendar, tariffCalendar } from './tariff-calendar.ts';
import { findingSentence } from './tariff-checks.ts';
import { parseTime } from './time.ts';

/** A tariff made ready for rating. Its inner tables are of no concern to others. */
export interface CompiledTariff {
  readonly tariff: Tariff;
  readonly calendar: TariffCalendar;
  readonly fromMs: number;
  /** Exclusive; Infinity where the version has no end. */
  readonly toMs: number;
  /** Prices by period x tier. */
  readonly cells: readonly Cell[];
  /** Upper limits of all tiers but the last, in micros. */
  readonly limits: readonly bigint[];
  /** Amounts are rounded to `step` micros: quantity x price / divisor, x step. */
  readonly divisor: bigint;
  readonly step: bigint;
}

export interface Interval {
  readonly tariff: CompiledTariff;
  readonly fromMs: number;
  readonly toMs: number;
  readonly quantityMicros: bigint;
  /** Used in the tier window before this interval. */
  readonly usedMicros: bigint;
  /** Already on this bill for this tariff version and the line `<period>/<tier>`, in micros. */
  billedMicros(lineKey: string): bigint;
}

/** One period and tier of a rated interval. Quantity, price and amounts in micros. */
export interface RatedLine {
  readonly period: string;
  readonly tier: string;
  readonly qty: bigint;
  readonly price: bigint;
  readonly amount: bigint;
  /** Quantity of this line on the bill before this interval. */
  readonly before: bigint;
}

export interface RatedInterval {
  readonly lines: RatedLine[];
  readonly amountMicros: bigint;
}

/** Refuses with the code of the first error of `validateTariff`, naming the place and all values. */
export function compileTariff(tariff: Tariff): CompiledTariff {
  const [error] = validateTariff(tariff).errors;
  if (error) {
    const params = { ...error.detail, pointer: error.pointer };
    throw new Refusal(error.code, findingSentence(error), params);
  }
  const calendar = tariffCalendar(tariff);
  return {
    tariff,
    calendar,
    fromMs: parseTime(tariff.validFrom),
    toMs: tariff.validTo === undefined ? Number.POSITIVE_INFINITY : parseTime(tariff.validTo),
    cells: calendar.periods.flatMap((period) => cellsOf(tariff, period)),
    limits: tariff.tiers.flatMap(({ upTo }) => (upTo === undefined ? [] : [parseMicros(upTo)])),
    divisor: powerOfTen(12 - tariff.rounding.scale),
    step: powerOfTen(6 - tariff.rounding.scale),
  };
}

/**
 * Rates the use of an interval (fromMs, toMs]. The rules, which every verifier repeats:
 *
 * 1. The interval is cut where the period changes on the site's local clock, and nowhere else
 *    (neighbouring spans of one period are one part). With q the quantity, T the interval's length
 *    and t_k the time from its start to the end of part k, both in milliseconds, part k gets
 *    floor(|q| t_k / T) - floor(|q| t_(k-1) / T), with the sign of q. The parts sum to q.
 * 2. Each part, in order of time, is cut at the tier limits by cumulative use in the tier window
 *    (graduated): use up to and including a limit belongs to the tier of that limit. A negative
 *    quantity (a correction) is taken off from the last part to the first and from the highest tier
 *    down, so that it exactly undoes the same interval rated just before it.
 * 3. Pieces of one (period, tier) are one line; lines are in the order of their first piece.
 * 4. amount = R(price x (before + qty)) - R(price x before), where R rounds once, as the tariff
 *    declares, and `before` is what the bill already has of this version, period and tier. So on the
 *    bill each such line is its quantity x price, rounded once, however many readings there were.
 * 5. Quantity zero has no line; neither has a part or a piece of zero.
 *
 * An interval of no length lies in the period that ends at or holds its instant. The caller cuts an
 * interval where a tariff version or a tier window ends (`cutInterval`).
 * Refuses `bad-interval`, `interval-too-long`, `tariff-not-in-force`, `interval-crosses-window`.
 */
export function rateInterval(interval: Interval): RatedInterval {
  const { tariff, fromMs, toMs, quantityMicros } = interval;
  refuseInterval(tariff, fromMs, toMs);
  const pieces: Piece[] = [];
  const span = tariff.calendar.spanAfter(fromMs < toMs ? fromMs : toMs - 1);
  if (toMs <= span.endMs) {
    cutAtTiers(tariff, span.period, quantityMicros, interval.usedMicros, pieces);
  } else {
    let used = interval.usedMicros;
    for (const part of splitByPeriod(tariff, fromMs, toMs, quantityMicros)) {
      cutAtTiers(tariff, part.period, part.quantityMicros, used, pieces);
      used += part.quantityMicros;
    }
  }
  const lines: RatedLine[] = [];
  let amountMicros = 0n;
  for (const { cell, qty } of pieces) {
    const before = interval.billedMicros(cell.key);
    const { period, tier, price } = cell;
    const whole = amountOf(tariff, price, before + qty);
    const amount = before === 0n ? whole : whole - amountOf(tariff, price, before);
    amountMicros += amount;
    lines.push({ period, tier, qty, price, amount, before });
  }
  return { lines, amountMicros };
}

/** R(price x quantity) in micros: the one rounding of a bill's line. */
export function amountOf(tariff: CompiledTariff, price: bigint, quantityMicros: bigint): bigint {
  const { divisor, step } = tariff;
  const steps = roundDiv(price * quantityMicros, divisor, tariff.tariff.rounding.mode);
  return step === 1n ? steps : steps * step;
}

/** The unrounded sum of quantity x price, as text with all 12 decimals. */
export function exactAmount(lines: readonly Pick<RatedLine, 'qty' | 'price'>[]): string {
  return formatDecimal(
    lines.reduce((sum, { qty, price }) => sum + qty * price, 0n),
    12,
  );
}

export interface TimedQuantity {
  readonly fromMs: number;
  readonly toMs: number;
  readonly quantityMicros: bigint;
}

/**
 * The interval in pieces that end at the cuts inside it (ascending instants), its quantity shared by
 * time as in rule 1: cumulative, floored on the absolute value, summing to the whole.
 */
export function cutInterval(interval: TimedQuantity, cutsMs: readonly number[]): TimedQuantity[] {
  const { fromMs, toMs, quantityMicros } = interval;
  const ends = cutsMs.filter((cutMs) => cutMs > fromMs && cutMs < toMs);
  let startMs = fromMs;
  let shared = 0n;
  return [...ends, toMs].map((endMs) => {
    const reached = endMs === toMs ? quantityMicros : shareOf(interval, endMs);
    const piece = { fromMs: startMs, toMs: endMs, quantityMicros: reached - shared };
    startMs = endMs;
    shared = reached;
    return piece;
  });
}

interface Cell {
  readonly key: string;
  readonly period: string;
  readonly tier: string;
  readonly price: bigint;
}

interface Piece {
  readonly cell: Cell;
  qty: bigint;
}

/** Ten years: a longer interval is a mistake, or made to keep a verifier busy. */
export const LONGEST_MS = 3660 * 86_400_000;

function cellsOf(tariff: Tariff, period: string): Cell[] {
  return tariff.tiers.map(({ tier }) => {
    const found = tariff.prices.find((price) => price.period === period && price.tier === tier);
    if (!found) throw new Error(`tariff ${tariff.id}: no price for ${period}/${tier}`);
    return { key: `${period}/${tier}`, period, tier, price: parseMicros(found.price) };
  });
}

function refuseInterval(tariff: CompiledTariff, fromMs: number, toMs: number): void {
  const { id, version } = tariff.tariff;
  if (!(fromMs <= toMs)) {
    throw new Refusal('bad-interval', 'An interval ends before it begins. Check the two times.');
  }
  if (toMs - fromMs > LONGEST_MS) {
    throw new Refusal('interval-too-long', 'An interval is longer than ten years. Cut it.');
  }
  if (fromMs < tariff.fromMs || toMs > tariff.toMs) {
    throw new Refusal(
      'tariff-not-in-force',
      `Version ${version} of tariff ${id} does not apply to the whole interval. Cut it first.`,
      { tariff: id, version },
    );
  }
  if (
    tariff.limits.length > 0 &&
    toMs > fromMs &&
    toMs > tariff.calendar.windowAfter(fromMs).endMs
  ) {
    const { window } = tariff.tariff;
    throw new Refusal(
      'interval-crosses-window',
      `The tiers of tariff ${id} begin again with each ${window}. Cut the interval there first.`,
      { tariff: id, window },
    );
  }
}

function splitByPeriod(tariff: CompiledTariff, fromMs: number, toMs: number, quantity: bigint) {
  const spans = tariff.calendar.spansBetween(fromMs, toMs);
  const ends = spans.map(({ endMs }) => endMs);
  const parts = cutInterval({ fromMs, toMs, quantityMicros: quantity }, ends).map(
    (part, index) => ({
      quantityMicros: part.quantityMicros,
      period: spans[index]?.period ?? 0,
    }),
  );
  return quantity < 0n ? parts.reverse() : parts;
}

/** Quantity from the interval's start to `endMs`. BigInt division cuts toward zero: floor of |q|. */
function shareOf({ fromMs, toMs, quantityMicros }: TimedQuantity, endMs: number): bigint {
  return (quantityMicros * BigInt(endMs - fromMs)) / BigInt(toMs - fromMs);
}

function cutAtTiers(
  tariff: CompiledTariff,
  period: number,
  quantity: bigint,
  usedBefore: bigint,
  pieces: Piece[],
): void {
  const { limits } = tariff;
  const base = period * (limits.length + 1);
  let used = usedBefore;
  let left = quantity;
  while (left !== 0n) {
    let tier = 0;
    let take = left;
    if (left > 0n) {
      tier = limits.findIndex((limit) => used < limit);
      if (tier < 0) tier = limits.length;
      const room = (limits[tier] ?? used + left) - used;
      if (room < left) take = room;
    } else {
      tier = limits.findLastIndex((limit) => used > limit) + 1;
      const above = tier === 0 ? left : (limits[tier - 1] ?? 0n) - used;
      if (above > left) take = above;
    }
    addPiece(pieces, tariff.cells[base + tier], take);
    used += take;
    left -= take;
  }
}

function addPiece(pieces: Piece[], cell: Cell | undefined, qty: bigint): void {
  if (!cell) throw new Error('rating: a compiled tariff has a cell for each period and tier');
  const known = pieces.find((piece) => piece.cell === cell);
  if (known) known.qty += qty;
  else pieces.push({ cell, qty });
}
