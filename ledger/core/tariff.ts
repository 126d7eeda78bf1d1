import { DAY_KINDS, type PlanDay } from './day-kinds.ts';
import type { RoundingMode } from './decimal.ts';
import { Refusal, type RefusalParams } from './refusal.ts';
import {
  badShape,
  HIDDEN_OR_SPACE,
  ID,
  integer,
  list,
  MICROS,
  map,
  object,
  oneOf,
  type Reader,
  shown,
  text,
} from './shape.ts';
import {
  checkCalendar,
  checkFees,
  checkPrices,
  checkTiers,
  checkValidity,
} from './tariff-checks.ts';
import { checkComponents } from './tariff-components.ts';
import { checkSeasons } from './tariff-day-checks.ts';
import { formatTime, parseTime } from './time.ts';
import { ZONE_NAME } from './zone.ts';

/** Half-open local clock time [from, to), `HH:MM`; `to` may be `24:00`. */
export interface TariffSpan {
  readonly from: string;
  readonly to: string;
  readonly period: string;
}

export interface TariffDays {
  readonly on: readonly PlanDay[];
  readonly spans: readonly TariffSpan[];
}

export interface TariffSeason {
  readonly season: string;
  readonly months: readonly number[];
  readonly days: readonly TariffDays[];
}

/** Use in the window up to and including `upTo` (6 decimals) is priced by this tier; no `upTo`: all. */
export interface TariffTier {
  readonly tier: string;
  readonly upTo?: string;
}

export interface TariffPrice {
  readonly period: string;
  readonly tier: string;
  /** Currency per unit, 6 decimals, may be negative. The printed price, which always wins. */
  readonly price: string;
  readonly parts?: { readonly floating: string; readonly fixed: string };
}

export interface TariffFee {
  readonly fee: string;
  readonly amount: string;
  readonly per: 'month';
  readonly proration: 'daily' | 'none';
}

/** Decimals of up to 9 places: `floating` x multiplier + `fixed` should be the printed price. */
export interface TariffComponents {
  readonly floating: string;
  readonly fixed: string;
  readonly multipliers: Readonly<Record<string, string>>;
}

/**
 * One version of a tariff, as it is logged and hashed (RFC 8785) before it applies. It is never
 * edited: a change is a new version. Times are UTC, `validTo` is exclusive, all else is local time
 * in `zone`. Amounts are rounded to `rounding.scale` decimals of the currency.
 */
export interface Tariff {
  readonly v: 1;
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly utility: string;
  readonly currency: string;
  readonly unit: string;
  readonly zone: string;
  readonly validFrom: string;
  readonly validTo?: string;
  readonly rounding: { readonly mode: RoundingMode; readonly scale: number };
  /** The local calendar month or year over which use counts toward the tiers. */
  readonly window: 'month' | 'year';
  readonly tiers: readonly TariffTier[];
  /** As it is logged, no date is an `event`: see `charges/energy.ts`. */
  readonly calendar: readonly { readonly date: string; readonly as: PlanDay }[];
  readonly seasons: readonly TariffSeason[];
  readonly prices: readonly TariffPrice[];
  readonly components?: TariffComponents;
  readonly fees: readonly TariffFee[];
}

/** Something to correct (error) or to know (warning) about a tariff, at a JSON pointer. */
export interface TariffFinding {
  readonly code: string;
  readonly pointer: string;
  readonly detail: RefusalParams;
}

export interface TariffFindings {
  readonly errors: readonly TariffFinding[];
  readonly warnings: readonly TariffFinding[];
}

/**
 * Reads the shape of a tariff from parsed JSON: every field present, of its type, and no other.
 * Refuses `bad-tariff` with the JSON pointer of the first mistake. What the tariff says is judged
 * by `validateTariff`.
 */
export function parseTariff(value: unknown): Tariff {
  return readTariff(tariffShape, value);
}

/** Reads any version of the format, and refuses as `bad-tariff` what its shape refuses. */
export function readTariff<T>(shape: Reader<T>, value: unknown): T {
  try {
    return shape(value, '');
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'bad-shape') throw error;
    throw new Refusal('bad-tariff', `The tariff is refused. ${error.message}`, error.params);
  }
}

/**
 * Everything that keeps the tariff from billing every instant of its life exactly once (errors),
 * and every printed price that its own components do not explain (warnings: the printed price is
 * billed). All findings at once, in the order of the fields.
 */
export function validateTariff(tariff: Tariff): TariffFindings {
  return {
    errors: [
      ...checkValidity(tariff),
      ...checkTiers(tariff),
      ...checkCalendar(tariff),
      ...checkSeasons(tariff),
      ...checkPrices(tariff),
      ...checkFees(tariff),
    ],
    warnings: checkComponents(tariff),
  };
}

const code = text(ID);
const micros = text(MICROS);
/** Factors such as a multiplier: up to 9 decimals, since they are no money. */
export const factor = text(/^(?!-0(?:\.0+)?$)-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?$/);
const clock = text(/^(?:[01]\d|2[0-3]):[0-5]\d$/);
const clockEnd = text(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/);
const dayKind: Reader<PlanDay> = oneOf(...DAY_KINDS);

/** A form of text alone would let 30 February pass. */
const time: Reader<string> = (value, pointer) => {
  try {
    if (typeof value === 'string') return formatTime(parseTime(value));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  throw badShape(pointer, 'a time such as 2026-09-01T00:00:00.000Z');
};

const one: Reader<1> = (value, pointer) => {
  if (value !== 1) throw badShape(pointer, '1, the version of the format');
  return value;
};

export function within(min: number, max: number): Reader<number> {
  const read = integer(min);
  return (value, pointer) => {
    const found = read(value, pointer);
    if (found > max) throw badShape(pointer, `an integer of at most ${max}`);
    return found;
  };
}

/** The seasons of a format whose day plans may name these kinds of day. */
export function seasonsOf<T>(kind: Reader<T>) {
  const spans = list(object({ from: clock, to: clockEnd, period: code }), 1440);
  const days = list(object({ on: list(kind, 64), spans }), 64);
  return list(object({ season: code, months: list(within(1, 12), 64), days }), 64);
}

const price = object(
  { period: code, tier: code, price: micros },
  { parts: object({ floating: micros, fixed: micros }) },
);

export const rounding = object({
  mode: oneOf('half-up', 'half-even', 'down'),
  scale: within(0, 6),
});

/** The members of format 1. Format 2 has the same, some of them wider, and more. */
export const tariffMembers = {
  id: code,
  version: integer(1),
  name: shown(1, 200),
  utility: code,
  currency: text(/^[A-Z]{3}$/),
  unit: shown(1, 16, HIDDEN_OR_SPACE),
  zone: text(ZONE_NAME),
  validFrom: time,
  rounding,
  window: oneOf('month', 'year'),
  calendar: list(object({ date: text(/^\d{4}-\d{2}-\d{2}$/), as: dayKind }), 4096),
  prices: list(price, 4096),
  fees: list(
    object({ fee: code, amount: micros, per: oneOf('month'), proration: oneOf('daily', 'none') }),
    64,
  ),
};

export const tariffOptions = {
  validTo: time,
  components: object({ floating: factor, fixed: factor, multipliers: map(ID, factor) }),
};

const tariffShape: Reader<Tariff> = object(
  {
    v: one,
    ...tariffMembers,
    tiers: list(object({ tier: code }, { upTo: micros }), 64),
    seasons: seasonsOf(dayKind),
  },
  tariffOptions,
);
