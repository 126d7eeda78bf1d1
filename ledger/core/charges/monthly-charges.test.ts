import { describe, expect, it } from 'vitest';
import { formatMicros, parseMicros } from '../decimal.ts';
import { minimumCharge, minimumLine } from './minimum.ts';
import { capacityFee, quantityFeeCharge, quantityFeeLine } from './quantity-fees.ts';
import type { MinimumRule, QuantityFee, TaxRule } from './tariff-v2.ts';
import { taxLine, taxOf } from './tax.ts';

const rounding = { mode: 'half-up', scale: 2 } as const;
const whole = { days: 30, of: 30 };

describe('a fee by quantity', () => {
  const property: QuantityFee = {
    fee: 'property',
    price: '28.500000',
    term: 'area',
    unit: 'm2',
    proration: 'daily',
  };
  const terms = { quantities: { area: '123.450000', kva: '630.000000' } };

  it('is price x quantity for a month, and says so', () => {
    const { line, amountMicros } = quantityFeeCharge({ rule: property, rounding, terms, ...whole });
    expect(line).toEqual({
      formula: 'price x quantity x days / of',
      ...{ fee: 'property', term: 'area', unit: 'm2', price: '28.500000', quantity: '123.450000' },
      ...{ days: 30, of: 30, amount: '3518.330000' },
    });
    expect(amountMicros).toBe(3_518_330_000n);
    expect(quantityFeeLine(JSON.parse(JSON.stringify(line)), '')).toEqual(line);
  });

  it('is prorated by days and rounded once, or whole from the first day', () => {
    const amount = (rule: QuantityFee, days: number) =>
      quantityFeeCharge({ rule, rounding, terms, days, of: 30 }).line.amount;
    expect(amount(property, 10)).toBe('1172.780000');
    const none = { ...property, proration: 'none' } as const;
    expect([amount(none, 1), amount(none, 0)]).toEqual(['3518.330000', '0.000000']);
  });

  it('of kVA is the capacity charge', () => {
    const rule = capacityFee({ price: '26.300000', term: 'kva', proration: 'daily' });
    const { line } = quantityFeeCharge({ rule, rounding, terms, ...whole });
    expect([line.fee, line.unit, line.amount]).toEqual(['capacity', 'kVA', '16569.000000']);
  });

  it('needs its quantity', () => {
    const facts = { rule: property, rounding, terms: { quantities: {} }, ...whole };
    expect(() => quantityFeeCharge(facts)).toThrow(
      expect.objectContaining({ code: 'term-missing', params: { term: 'area' } }),
    );
  });
});

describe('a minimum charge', () => {
  const rule: MinimumRule = { amount: '50.000000', proration: 'daily' };
  const rest = (charged: string, days = 30, changes: Partial<MinimumRule> = {}) => {
    const { line, amountMicros } = minimumCharge({
      ...{ rule: { ...rule, ...changes }, rounding, days, of: 30 },
      terms: { quantities: { shops: '3.000000' } },
      chargedMicros: parseMicros(charged),
    });
    expect(minimumLine(JSON.parse(JSON.stringify(line)), '')).toEqual(line);
    expect(formatMicros(amountMicros)).toBe(line.amount);
    return line.amount;
  };

  it.each([
    ['0.000000', '50.000000'],
    ['49.990000', '0.010000'],
    ['50.000000', '0.000000'],
    ['50.010000', '0.000000'],
    ['-5.000000', '55.000000'],
  ])('after charges of %s is %s', (charged, expected) => {
    expect(rest(charged)).toBe(expected);
  });

  it('is less for a part of the month, and grows with a term', () => {
    expect(rest('10.000000', 10)).toBe('6.670000');
    expect(rest('10.000000', 1, { proration: 'none' })).toBe('40.000000');
    expect(rest('10.000000', 30, { per: 'shops' })).toBe('140.000000');
  });
});

describe('tax', () => {
  const vat = (mode: TaxRule['mode'], percent: string): TaxRule => ({
    ...{ tax: 'vat', percent, mode, rounding },
  });
  const parts = (rule: TaxRule, charges: string) => {
    const { line } = taxOf(rule, parseMicros(charges));
    expect(taxLine(JSON.parse(JSON.stringify(line)), '')).toEqual(line);
    return [line.net, line.amount, line.gross];
  };

  it('on top is added, once per statement', () => {
    expect(parts(vat('on-top', '5'), '123.450000')).toEqual([
      ...['123.450000', '6.170000', '129.620000'],
    ]);
    expect(parts(vat('on-top', '5'), '-1.000000')).toEqual([
      ...['-1.000000', '-0.050000', '-1.050000'],
    ]);
  });

  it('inside is told and charges nothing more', () => {
    expect(parts(vat('inside', '13'), '1130.000000')).toEqual([
      ...['1000.000000', '130.000000', '1130.000000'],
    ]);
    expect(parts(vat('inside', '9'), '100.000000')).toEqual([
      ...['91.740000', '8.260000', '100.000000'],
    ]);
  });

  it('rounds as its own rule declares', () => {
    const down = { ...vat('on-top', '5'), rounding: { mode: 'down', scale: 2 } } as const;
    const even = { ...vat('on-top', '5'), rounding: { mode: 'half-even', scale: 2 } } as const;
    const fine = { ...vat('on-top', '5'), rounding: { mode: 'half-up', scale: 6 } } as const;
    expect(parts(down, '123.500000')[1]).toBe('6.170000');
    expect(parts(even, '123.300000')[1]).toBe('6.160000');
    expect(parts(fine, '123.450000')[1]).toBe('6.172500');
  });
});
