import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharePool } from './charges/shares.ts';
import { formatMicros, parseMicros } from './decimal.ts';
import {
  averagePrice,
  compareToGrid,
  type GridBill,
  isWholeBill,
  passedOn,
} from './pass-through.ts';

function bill(changes: Partial<GridBill> = {}): GridBill {
  return {
    ...{ bill: 'grid-1', wallet: 'electricity', period: '2026-08', unit: 'kWh' },
    ...{ quantity: '1000.000000', amount: '800.000000', other: '0.000000' },
    rows: [{ period: 'all', quantity: '1000.000000', own: '0.000000', amount: '800.000000' }],
    ...{ evidence: 'ab'.repeat(32), by: 'books-1' },
    ...changes,
  };
}

/** A bill without periods of its own, of which nothing was used by the house. */
function flat(quantity: string, amount: string): GridBill {
  const rows = [{ period: 'all', quantity, own: '0.000000', amount }];
  return bill({ quantity, amount, rows });
}

function charged(...amounts: string[]) {
  return amounts.map((amount, i) => {
    return { account: `t-${i}`, charges: parseMicros(amount), corrected: 0n };
  });
}

/** Surplus by both methods, in yuan. */
function surplusOf(bills: readonly GridBill[], accounts: ReturnType<typeof charged>) {
  return (['average', 'by-period'] as const).map((method) =>
    formatMicros(compareToGrid(bills, accounts, method).surplus),
  );
}

describe('the published cases', () => {
  it('(a) collected 1,174,359.77 of 1,080,373.57 due: 93,986.20 too much', () => {
    const grid = [flat('1350466.962500', '1080373.570000')];
    const accounts = charged('587179.890000', '352307.930000', '234871.950000');
    expect(compareToGrid(grid, accounts, 'average')).toMatchObject({
      charges: parseMicros('1174359.770000'),
      due: parseMicros('1080373.570000'),
    });
    expect(surplusOf(grid, accounts)).toEqual(['93986.200000', '93986.200000']);
    const parts = sharePool(
      parseMicros('93986.200000'),
      accounts.map(({ account, charges }) => ({ account, weight: charges })),
    );
    expect(parts.map(({ part }) => formatMicros(part))).toEqual([
      ...['46993.100400', '28195.859920', '18797.239680'],
    ]);
  });

  it('(b) a fixed 1.2 a kWh, the cost of lines included: 47,111.67 too much', () => {
    // 250,000 kWh at 1.2; the grid asked 252,888.33 for them and their losses.
    const grid = [flat('262500.000000', '252888.330000')];
    const accounts = charged('120000.000000', '108000.000000', '72000.000000');
    expect(averagePrice(grid)).toBe('0.963384');
    expect(surplusOf(grid, accounts)).toEqual(['47111.670000', '47111.670000']);
  });

  it('(c) lift and common shares hidden in 1.1 to 2.98 a kWh: 32,075.71 too much', () => {
    // 18,000 kWh at 1.1, 9,000 at 1.98 and 4,500 at 2.98; the rest of 36,000 kWh is lifts and losses.
    const grid = [flat('36000.000000', '18954.290000')];
    const accounts = charged('19800.000000', '17820.000000', '13410.000000');
    expect(surplusOf(grid, accounts)).toEqual(['32075.710000', '32075.710000']);
  });

  it('(d) a base fee of up to 480 a month on 333 tenants: 459,156 too much', () => {
    // Three months of 480 from 290 tenants, two from 42, and 480 + 480 + 276 from the last one.
    const energy = parseMicros('3000.000000');
    const fees = [...Array(290).fill(1_440n), ...Array(42).fill(960n), 1_236n];
    const accounts = fees.map((fee: bigint, i) => {
      return { account: `t-${i}`, charges: energy + fee * 1_000_000n, corrected: 0n };
    });
    const grid = [flat('1248750.000000', formatMicros(energy * 333n))];
    expect(accounts.length).toBe(333);
    expect(surplusOf(grid, accounts)).toEqual(['459156.000000', '459156.000000']);
  });

  it('(e) a “service fee” of 26.67 %: all of it too much', () => {
    const grid = [flat('100000.000000', '80000.000000')];
    const accounts = charged('60801.600000', '40534.400000');
    // 80,000 x 1.2667 = 101,336.
    expect(surplusOf(grid, accounts)).toEqual(['21336.000000', '21336.000000']);
    expect(parseMicros('21336.000000') * 10_000n).toBe(parseMicros('80000.000000') * 2_667n);
  });
});

describe('a bill of which the house used a part', () => {
  const tou = bill({
    ...{ quantity: '1000.000000', amount: '712.500000', other: '12.500000' },
    rows: [
      { period: 'peak', quantity: '600.000000', own: '0.000000', amount: '540.000000' },
      { period: 'valley', quantity: '400.000000', own: '100.000000', amount: '160.000000' },
    ],
  });

  it('is passed on by its average price, or by its own periods', () => {
    expect(isWholeBill(tou)).toBe(true);
    // 900 of 1,000 kWh at 0.7125; or 540 + 300 x 0.4, and 0.9 of what is in no period.
    expect(formatMicros(passedOn(tou, 'average'))).toBe('641.250000');
    expect(formatMicros(passedOn(tou, 'by-period'))).toBe('671.250000');
  });

  it('leaves less than a millionth to the tenants, also where a price is negative', () => {
    const thirds = (amount: string) =>
      bill({
        ...{ quantity: '3.000000', amount },
        rows: [{ period: 'all', quantity: '3.000000', own: '1.000000', amount }],
      });
    expect(formatMicros(passedOn(thirds('1.000000'), 'average'))).toBe('0.666666');
    expect(formatMicros(passedOn(thirds('-1.000000'), 'by-period'))).toBe('-0.666667');
  });

  it.each([
    ['rows that are not its amount', { amount: '713.000000' }],
    ['rows that are not its quantity', { quantity: '1001.000000' }],
    ['no rows', { rows: [], other: '712.500000' }],
    ['more of its own than there was', { rows: [{ ...tou.rows[0], own: '600.000001' }] }],
    ['a period twice', { rows: [tou.rows[0], tou.rows[0]] }],
  ] as [string, Partial<GridBill>][])('is refused with %s', (_, changes) => {
    expect(isWholeBill({ ...tou, ...changes })).toBe(false);
  });
});

describe('a comparison', () => {
  it('finds no surplus where the charges are the bill, or less', () => {
    expect(surplusOf([bill()], charged('800.000000'))).toEqual(['0.000000', '0.000000']);
    expect(surplusOf([bill()], charged('799.000000'))).toEqual(['0.000000', '0.000000']);
  });

  it('counts what was given back already, and several bills together', () => {
    const grid = [bill(), bill({ bill: 'grid-2' })];
    const accounts = [
      { account: 't-1', charges: parseMicros('1700.000000'), corrected: parseMicros('60.000000') },
      { account: 't-2', charges: parseMicros('-10.000000'), corrected: 0n },
    ];
    expect(compareToGrid(grid, accounts, 'average')).toEqual({
      ...{ due: parseMicros('1600.000000'), charges: parseMicros('1690.000000') },
      ...{ of: parseMicros('1700.000000'), corrected: parseMicros('60.000000') },
      surplus: parseMicros('30.000000'),
    });
  });

  it('never leaves tenants with more than the bill, and returns the surplus whole', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 12n });
    const lists = fc.array(amount, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(lists, amount, (charges, grid) => {
        const accounts = charges.map((micros, i) => {
          return { account: `t-${i}`, charges: micros, corrected: 0n };
        });
        const { surplus, due, of } = compareToGrid(
          [flat('1.000000', formatMicros(grid))],
          accounts,
          'average',
        );
        const sum = charges.reduce((all, micros) => all + micros, 0n);
        expect(sum - surplus <= due || of === 0n).toBe(true);
        if (surplus === 0n) return;
        const parts = sharePool(
          surplus,
          accounts.map(({ account, charges: weight }) => ({ account, weight })),
        );
        expect(parts.reduce((all, { part }) => all + part, 0n)).toBe(surplus);
      }),
    );
  });
});
