import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatMicros, parseDecimal, parseMicros, toMicros } from '../ledger/core/decimal.ts';
import { monthlyFee } from '../ledger/core/fees.ts';
import {
  amountOf,
  type CompiledTariff,
  compileTariff,
  exactAmount,
  rateInterval,
} from '../ledger/core/rating.ts';
import { parseTariff, type Tariff, validateTariff } from '../ledger/core/tariff.ts';
import { clockMinute, MINUTE_MS, parseDate, parseTime } from '../ledger/core/time.ts';
import { describeFixture } from './support/fixtures.ts';

/** A published table with what it must give; worked out by an independent program. */
interface TariffVector {
  source: string;
  cases: {
    what: string;
    tariff: Tariff;
    warnings: { period: string; tier: string; printed: string }[];
    rated: RatedVector[];
  }[];
}

interface RatedVector {
  from: string;
  to: string;
  quantity: string;
  used?: string;
  billed?: Record<string, string>;
  lines: { period: string; tier: string; qty: string; price: string; amount: string }[];
  amount: string;
}

const vectors = join(import.meta.dirname, 'vectors', 'tariffs');

function readVector(file: string): TariffVector {
  return JSON.parse(readFileSync(join(vectors, file), 'utf8'));
}

function rateVector(tariff: CompiledTariff, { from, to, quantity, used, billed }: RatedVector) {
  const { lines, amountMicros } = rateInterval({
    tariff,
    fromMs: parseTime(from),
    toMs: parseTime(to),
    quantityMicros: parseMicros(quantity),
    usedMicros: parseMicros(used ?? '0.000000'),
    billedMicros: (key) => parseMicros(billed?.[key] ?? '0.000000'),
  });
  return {
    lines: lines.map(({ period, tier, qty, price, amount }) => ({
      period,
      tier,
      qty: formatMicros(qty),
      price: formatMicros(price),
      amount: formatMicros(amount),
    })),
    amount: formatMicros(amountMicros),
  };
}

describe.each(readdirSync(vectors))('the published table %s', (file) => {
  describe.each(readVector(file).cases)('$what', ({ tariff, warnings, rated }) => {
    it('is a valid tariff whose oddities are reported, each with both prices', () => {
      const findings = validateTariff(parseTariff(tariff));
      expect(findings.errors).toEqual([]);
      expect(findings.warnings.map(({ detail }) => detail)).toEqual(
        warnings.map((warning) => ({ ...warning, source: 'components' })),
      );
    });

    it.each(rated)('bills $quantity from $from to $to as $amount', (vector) => {
      const { lines, amount } = vector;
      expect(rateVector(compileTariff(parseTariff(tariff)), vector)).toEqual({ lines, amount });
    });
  });
});

/** Each row is the mean power of the quarter of an hour that starts at its local time. */
function readSlots(loadFile: URL, tariff: CompiledTariff, month: string) {
  const { zone } = tariff.calendar;
  const rows = readFileSync(loadFile, 'utf8').trim().split('\n');
  return rows.flatMap((row) => {
    const [timestamp = '', kW = ''] = row.split(',');
    if (!timestamp.startsWith(month) || kW === 'nan') return [];
    const { year, month: monthOfYear, day } = parseDate(timestamp.slice(0, 10));
    const minute = clockMinute(timestamp.slice(11, 16));
    const fromMs = zone.instantOf(year, monthOfYear, day, minute);
    const milliwatts = toMicros(parseDecimal(kW));
    return [{ fromMs, toMs: fromMs + 15 * MINUTE_MS, power: milliwatts, energy: milliwatts / 4n }];
  });
}

/** Rates a month slot by slot, as readings would come in. */
function billMonth(loadFile: URL, tariff: CompiledTariff, month: string) {
  const slots = readSlots(loadFile, tariff, month);
  const billed = new Map<string, bigint>();
  let amountMicros = 0n;
  let usedMicros = 0n;
  for (const { fromMs, toMs, energy } of slots) {
    const rated = rateInterval({
      tariff,
      fromMs,
      toMs,
      quantityMicros: energy,
      usedMicros,
      billedMicros: (key) => billed.get(key) ?? 0n,
    });
    for (const { period, tier, before, qty } of rated.lines) {
      billed.set(`${period}/${tier}`, before + qty);
    }
    usedMicros += energy;
    amountMicros += rated.amountMicros;
  }
  const used = tariff.cells.flatMap(({ key, price }) => {
    const qty = billed.get(key);
    return qty === undefined ? [] : [{ key, price, qty }];
  });
  return { slots, usedMicros, amountMicros, used };
}

const pge = readVector('pge-a6-2011.json').cases[0]?.tariff ?? {};

describeFixture('a real building on PG&E A-6', 'loadshape_kw.csv', (loadFile) => {
  const august = {
    month: '2013-08',
    slots: 2944,
    peakKw: '23.073000',
    energy: '5169.978750',
    periods: {
      'summer-off/all': '2193.545000',
      'summer-part/all': '1285.622750',
      'summer-peak/all': '1690.811000',
    },
    exact: '1429.564906577500',
  };
  const september = {
    month: '2013-09',
    slots: 1785,
    peakKw: '22.803000',
    energy: '3349.446750',
    periods: {
      'summer-off/all': '1198.385750',
      'summer-part/all': '925.668750',
      'summer-peak/all': '1225.392250',
    },
    exact: '980.736687830000',
  };

  it.each([august, september])('in $month costs $exact USD, to the last digit', (golden) => {
    const { slots, usedMicros, used } = billMonth(
      loadFile,
      compileTariff(parseTariff(pge)),
      golden.month,
    );
    const peak = slots.reduce((most, { power }) => (power > most ? power : most), 0n);
    expect({
      month: golden.month,
      slots: slots.length,
      peakKw: formatMicros(peak),
      energy: formatMicros(usedMicros),
      periods: Object.fromEntries(used.map(({ key, qty }) => [key, formatMicros(qty)])),
      exact: exactAmount(used),
    }).toEqual(golden);
  });

  // Three lines are rounded, so the bill may be a cent off the rounded exact amount: 1,429.57 here.
  it.each([
    [0, '1430.000000', '981.000000'],
    [2, '1429.570000', '980.730000'],
    [6, '1429.564907', '980.736688'],
  ])('is billed as each period x price, rounded once to %i decimals', (scale, ...amounts) => {
    const rounding = { mode: 'half-up', scale };
    const tariff = compileTariff(parseTariff({ ...pge, rounding }));
    const bills = [august, september].map(({ month }) => billMonth(loadFile, tariff, month));
    expect(bills.map(({ amountMicros }) => formatMicros(amountMicros))).toEqual(amounts);
    for (const { amountMicros, used } of bills) {
      const once = used.reduce((sum, { price, qty }) => sum + amountOf(tariff, price, qty), 0n);
      expect(amountMicros).toBe(once);
    }
  });

  it('pays the fixed fee once a month', () => {
    const tariff = parseTariff(pge);
    const [fee] = tariff.fees;
    if (!fee) throw new Error('the tariff has a monthly fee');
    const { zone } = compileTariff(tariff).calendar;
    const fromMs = zone.startOfMonth(2013, 8);
    const toMs = zone.startOfDay(2013, 9, 27);
    expect(monthlyFee(tariff, fee, '2013-08', fromMs, toMs)).toEqual({
      amountMicros: 8_900_000n,
      days: 31,
      of: 31,
    });
    expect(monthlyFee(tariff, fee, '2013-09', fromMs, toMs)).toEqual({
      amountMicros: 7_710_000n,
      days: 26,
      of: 30,
    });
  });
});
