import { PLAN_DAYS } from '../day-kinds.ts';
import {
  badShape,
  HIDDEN_OR_SPACE,
  ID,
  list,
  MICROS,
  map,
  object,
  oneOf,
  type Read,
  type Reader,
  shown,
  text,
} from '../shape.ts';
import {
  factor,
  parseTariff,
  readTariff,
  rounding,
  seasonsOf,
  type Tariff,
  tariffMembers,
  tariffOptions,
  within,
} from '../tariff.ts';

const id = text(ID);
const micros = text(MICROS);

/** Use up to and including a limit: a quantity, or a percentage of the account's quota. */
const tier = object({ tier: id }, { upTo: micros, upToPercent: factor });

/**
 * `term` names the quota, in the tariff's unit and for its window. `excess` explains the printed prices
 * of the tiers above it: first tier's price + multiple x base (checked as a warning, never billed).
 */
const quota = object(
  { term: id },
  { excess: object({ base: micros, multiples: map(ID, factor) }) },
);

/** Use that costs nothing in each window; with `per`, so much for each unit of that term. */
const allowance = object({ upTo: micros }, { per: id });

/**
 * Currency per kW and month of the largest mean power of any `windowMinutes` of the local day. On the
 * basis `contract`, that contract is paid, at least `floor.percent` of the capacity, and what exceeds
 * `freePercent` of it is paid `overMultiple` times. On the basis `measured`, what was measured.
 */
const demand = object(
  {
    price: micros,
    windowMinutes: oneOfNumbers(5, 10, 15, 20, 30, 60),
    contract: id,
    freePercent: factor,
    overMultiple: factor,
    proration: oneOf('daily', 'none'),
  },
  { floor: object({ term: id, percent: factor }) },
);

/** A monthly price per unit of a term: area, kVA, parking places. */
const quantityFee = object({
  fee: id,
  price: micros,
  term: id,
  unit: shown(1, 16, HIDDEN_OR_SPACE),
  proration: oneOf('daily', 'none'),
});

/**
 * `price` for each begun block of `blockMinutes`. Of the first `freeMinutes` nothing is paid; with `free`
 * `whole-stay`, they are free only if the stay is no longer. A local day costs at most `dailyCap`.
 */
const parking = object(
  {
    blockMinutes: within(1, 1440),
    price: micros,
    freeMinutes: within(0, 1440),
    free: oneOf('first-minutes', 'whole-stay'),
  },
  { dailyCap: micros },
);

/** What a month costs at least, in the wallet of the tariff; with `per`, for each unit of a term. */
const minimum = object({ amount: micros, proration: oneOf('daily', 'none') }, { per: id });

/** Percent of the charges (`on-top`), or contained in them (`inside`); rounded once per statement. */
const tax = object({ tax: id, percent: factor, mode: oneOf('inside', 'on-top'), rounding });

/** A line of its own for a part of a pool: a quantity at `price`, or an amount, shared by `key`. */
const share = object(
  {
    share: id,
    kind: oneOf('common-area', 'line-loss'),
    key: oneOf('area', 'equal', 'metered'),
    pool: oneOf('quantity', 'amount'),
  },
  { price: micros },
);

/**
 * Prices that follow a logged list: min(factor x W + price, cap), no less than `floor`, W being the value
 * of `series` for the step of `stepMinutes` and `price` that of the period in `prices`.
 */
const index = object(
  { series: id, factor, stepMinutes: oneOfNumbers(5, 10, 15, 30, 60) },
  { cap: micros, floor: micros },
);

const dayKind = oneOf(...PLAN_DAYS);

const tariffV2 = object(
  {
    v: two,
    ...tariffMembers,
    tiers: list(tier, 64),
    seasons: seasonsOf(dayKind),
  },
  {
    ...tariffOptions,
    quota,
    allowance,
    demand,
    capacity: object({ price: micros, term: id, proration: oneOf('daily', 'none') }),
    quantityFees: list(quantityFee, 64),
    parking,
    minimum,
    tax,
    shares: list(share, 64),
    index,
  },
);

/**
 * One version of a tariff in format 2: all of format 1, and beside it members that are each left out
 * where they do not apply. `tiers`, `seasons` and `prices` may all three be empty: nothing is metered
 * (property fee, parking). A tariff that needs none of this stays in format 1, byte for byte.
 */
export type TariffV2 = Read<typeof tariffV2>;
export type AnyTariff = Tariff | TariffV2;

export type TierV2 = Read<typeof tier>;
export type QuotaRule = Read<typeof quota>;
export type AllowanceRule = Read<typeof allowance>;
export type DemandRule = Read<typeof demand>;
export type CapacityRule = NonNullable<TariffV2['capacity']>;
export type QuantityFee = Read<typeof quantityFee>;
export type ParkingRule = Read<typeof parking>;
export type MinimumRule = Read<typeof minimum>;
export type TaxRule = Read<typeof tax>;
export type ShareRule = Read<typeof share>;
export type IndexRule = Read<typeof index>;

/** The shape of a tariff in format 2. Refuses `bad-tariff`, naming the place. */
export function parseTariffV2(value: unknown): TariffV2 {
  return readTariff(tariffV2, value);
}

/** The shape of a tariff in the format that its `v` names; without a known one, that of format 1. */
export function parseAnyTariff(value: unknown): AnyTariff {
  const isTwo = typeof value === 'object' && value !== null && 'v' in value && value.v === 2;
  return isTwo ? parseTariffV2(value) : parseTariff(value);
}

/** A tariff under which no meter is read has no tiers, seasons and prices. */
export function isMetered(tariff: AnyTariff): boolean {
  return tariff.tiers.length + tariff.seasons.length + tariff.prices.length > 0;
}

function two(value: unknown, pointer: string): 2 {
  if (value !== 2) throw badShape(pointer, '2, the version of the format');
  return value;
}

function oneOfNumbers<const T extends number>(...options: readonly T[]): Reader<T> {
  return (value, pointer) => {
    const found = options.find((option) => option === value);
    if (found === undefined) throw badShape(pointer, `one of ${options.join(', ')}`);
    return found;
  };
}
