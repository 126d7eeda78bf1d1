import { formatMicros, parseMicros } from '../decimal.ts';
import { activeDays, feeAmount, parsePeriod } from '../fees.ts';
import { cutInterval, rateInterval, type TimedQuantity } from '../rating.ts';
import { Refusal } from '../refusal.ts';
import { formatTime } from '../time.ts';
import { type Zone, zoneOf } from '../zone.ts';
import { type DemandPeak, demandCharge, maximumDemand } from './demand.ts';
import { compileEnergy } from './energy.ts';
import { type PriceList, priceSeries, rateIndexed } from './indexed.ts';
import { minimumCharge } from './minimum.ts';
import { parkingCharge } from './parking.ts';
import { powerBasis } from './power-basis.ts';
import { capacityFee, quantityFeeCharge } from './quantity-fees.ts';
import { shareCharges, type Weight } from './shares.ts';
import { type AnyTariff, isMetered, type TariffV2 } from './tariff-v2.ts';
import { refuseInvalid } from './tariff-v2-checks.ts';
import { taxOf } from './tax.ts';
import type { AccountTerms } from './terms.ts';

/** What a month of one account is billed by. Times in milliseconds, quantities in micros. */
export interface MonthFacts {
  readonly account: string;
  /** Local calendar month, `2026-09`. */
  readonly period: string;
  readonly terms: AccountTerms;
  /** Use between readings, in any order; what lies outside the month is cut off by time. */
  readonly intervals: readonly TimedQuantity[];
  /** Used in the tier window before the month. */
  readonly usedMicros?: bigint;
  readonly eventDates?: readonly string[];
  readonly priceLists?: readonly PriceList[];
  readonly stays?: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly pools?: readonly PoolOf[];
}

/** A pool to share, by the name of its rule. */
export interface PoolOf {
  readonly share: string;
  readonly pool: bigint;
  readonly weights: readonly Weight[];
}

export interface BillLine {
  /** `energy:peak/1`, `energy:index`, `fee:meter`, `demand`, `parking`, `share:lift`, `minimum`, `tax:vat`. */
  readonly key: string;
  /** What the line adds to the bill: nothing where it only tells a tax inside. */
  readonly amountMicros: bigint;
  /** The explanation lines, as events would hold them. */
  readonly lines: readonly object[];
}

export interface MonthBill {
  readonly lines: readonly BillLine[];
  readonly totalMicros: bigint;
}

/**
 * The whole month's bill of one account under one tariff, as if that version applied from the month's
 * first to its last instant: use, fees, power, parking, shares, then the rest up to a minimum, then
 * tax. It is what the single charges of the month add up to. Refuses an invalid tariff with the code
 * of its first error, and what the charges refuse.
 */
export function monthBill(tariff: AnyTariff, facts: MonthFacts): MonthBill {
  refuseInvalid(tariff);
  const month = new Month(tariff, facts);
  const lines = [...month.energy(), ...month.fees()];
  if (tariff.v === 2) lines.push(...month.extras(tariff));
  const sum = () => lines.reduce((all, { amountMicros }) => all + amountMicros, 0n);
  if (tariff.v === 2 && tariff.minimum) {
    const { rounding } = tariff;
    const rest = { rule: tariff.minimum, rounding, terms: facts.terms, chargedMicros: sum() };
    const { amountMicros, line } = minimumCharge({ ...rest, days: month.of, of: month.of });
    lines.push({ key: 'minimum', amountMicros, lines: [line] });
  }
  if (tariff.v === 2 && tariff.tax) {
    const { amountMicros, line } = taxOf(tariff.tax, sum());
    const charged = tariff.tax.mode === 'on-top' ? amountMicros : 0n;
    lines.push({ key: `tax:${tariff.tax.tax}`, amountMicros: charged, lines: [line] });
  }
  return { lines, totalMicros: sum() };
}

class Month {
  readonly of: number;
  readonly #tariff: AnyTariff;
  readonly #facts: MonthFacts;
  readonly #zone: Zone;
  readonly #intervals: readonly TimedQuantity[];

  constructor(tariff: AnyTariff, facts: MonthFacts) {
    const zone = zoneOf(tariff.zone);
    const { year, month } = parsePeriod(facts.period);
    const fromMs = zone.startOfMonth(year, month);
    const toMs = zone.startOfMonth(year, month + 1);
    const { validTo: _, ...rest } = tariff;
    this.#tariff = { ...rest, validFrom: formatTime(fromMs) };
    this.#facts = facts;
    this.#zone = zone;
    this.of = activeDays(zone, facts.period, fromMs, toMs).of;
    this.#intervals = facts.intervals
      .filter((interval) => interval.fromMs < toMs && interval.toMs > fromMs)
      .flatMap((interval) => cutInterval(interval, [fromMs, toMs]))
      .filter((piece) => piece.fromMs >= fromMs && piece.toMs <= toMs)
      .sort((a, b) => a.fromMs - b.fromMs);
  }

  energy(): BillLine[] {
    if (!isMetered(this.#tariff)) return [];
    const { terms, eventDates, usedMicros } = this.#facts;
    const tariff = compileEnergy(this.#tariff, terms, eventDates);
    if (this.#tariff.v === 2 && this.#tariff.index) return this.#indexed(this.#tariff.index);
    const sums = new Map<string, { qty: bigint; price: bigint; amount: bigint }>();
    let used = usedMicros ?? 0n;
    for (const interval of this.#intervals) {
      const billedMicros = (key: string) => sums.get(key)?.qty ?? 0n;
      const { lines } = rateInterval({ tariff, ...interval, usedMicros: used, billedMicros });
      used += interval.quantityMicros;
      for (const { period, tier, qty, price, amount } of lines) {
        const sum = sums.get(`${period}/${tier}`) ?? { qty: 0n, price, amount: 0n };
        const more = { qty: sum.qty + qty, price, amount: sum.amount + amount };
        sums.set(`${period}/${tier}`, more);
      }
    }
    return [...sums].map(([key, { qty, price, amount }]) => {
      const texts = { qty: formatMicros(qty), price: formatMicros(price) };
      const line = { formula: 'price x qty', ...texts, amount: formatMicros(amount) };
      return { key: `energy:${key}`, amountMicros: amount, lines: [line] };
    });
  }

  #indexed(rule: NonNullable<TariffV2['index']>): BillLine[] {
    const { terms, eventDates, priceLists = [] } = this.#facts;
    const tariff = compileEnergy(this.#tariff, terms, eventDates);
    const series = priceSeries(rule, priceLists);
    let exactBefore = 0n;
    let amountMicros = 0n;
    const lines = this.#intervals.map((interval) => {
      const charge = rateIndexed({ tariff, rule, series, interval, exactBefore });
      exactBefore += charge.exact;
      amountMicros += charge.amountMicros;
      return charge.line;
    });
    return [{ key: 'energy:index', amountMicros, lines }];
  }

  fees(): BillLine[] {
    return this.#tariff.fees.map((rule) => {
      const { fee, amount: price } = rule;
      const amountMicros = feeAmount(this.#tariff, rule, this.of, this.of);
      const amount = formatMicros(amountMicros);
      const line = { formula: 'amount x days / of', price, days: this.of, of: this.of, amount };
      return { key: `fee:${fee}`, amountMicros, lines: [line] };
    });
  }

  extras(tariff: TariffV2): BillLine[] {
    const { terms } = this.#facts;
    const { rounding, quantityFees = [] } = tariff;
    const days = { days: this.of, of: this.of };
    const fees = quantityFees.map((rule) => {
      const { amountMicros, line } = quantityFeeCharge({ rule, rounding, terms, ...days });
      return { key: `fee:${rule.fee}`, amountMicros, lines: [line] };
    });
    return [...fees, ...this.#power(tariff), ...this.#parking(tariff), ...this.#shares(tariff)];
  }

  /** The demand charge or the capacity charge, by the basis that the terms of the account give. */
  #power(tariff: TariffV2): BillLine[] {
    const { demand, capacity, rounding } = tariff;
    const { terms } = this.#facts;
    const days = { days: this.of, of: this.of };
    const basis = powerBasis(tariff, terms);
    if (basis === 'capacity' && capacity) {
      const rule = capacityFee(capacity);
      const { amountMicros, line } = quantityFeeCharge({ rule, rounding, terms, ...days });
      return [{ key: 'fee:capacity', amountMicros, lines: [line] }];
    }
    if (basis === undefined || basis === 'capacity' || !demand) return [];
    const peak: DemandPeak = maximumDemand(
      this.#intervals,
      demand.windowMinutes,
      this.#zone,
      this.#facts.period,
    );
    const facts = { rule: demand, rounding, terms, basis, peak, ...days };
    const { amountMicros, line } = demandCharge(facts);
    return [{ key: 'demand', amountMicros, lines: [line] }];
  }

  #parking({ parking: rule, rounding }: TariffV2): BillLine[] {
    const { stays = [] } = this.#facts;
    if (!rule || stays.length === 0) return [];
    const charged = new Map<string, bigint>();
    const chargedOn = (date: string) => charged.get(date) ?? 0n;
    let sum = 0n;
    const lines = stays
      .toSorted((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs)
      .map((stay) => {
        const place = { rule, rounding, zone: this.#zone, chargedOn };
        const { amountMicros, line } = parkingCharge({ ...place, ...stay });
        for (const { date, amount } of line.days) {
          charged.set(date, chargedOn(date) + parseMicros(amount));
        }
        sum += amountMicros;
        return line;
      });
    return [{ key: 'parking', amountMicros: sum, lines }];
  }

  #shares({ shares = [], rounding }: TariffV2): BillLine[] {
    const { pools = [], account } = this.#facts;
    return pools.flatMap(({ share, pool, weights }) => {
      const rule = shares.find((known) => known.share === share);
      if (!rule) {
        const message = `The tariff has no share "${share}". Name one that it has.`;
        throw new Refusal('share-unknown', message, { share });
      }
      const own = shareCharges({ rule, rounding, pool, weights }).find(
        (charge) => charge.account === account,
      );
      if (!own) return [];
      return [{ key: `share:${share}`, amountMicros: own.amountMicros, lines: [own.line] }];
    });
  }
}
