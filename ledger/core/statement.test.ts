import { describe, expect, it } from 'vitest';
import { canonicalize } from './canonical-json.ts';
import { type MeterInstalled, statementIssued } from './event-data.ts';
import { type BilledUsage, StatementSums } from './statement.ts';

const SCOPE = {
  period: '2026-09',
  from: '2026-08-31T16:00:00.000Z',
  to: '2026-09-30T16:00:00.000Z',
  zone: 'Asia/Shanghai',
  currency: 'CNY',
  first: 0,
  previous: undefined,
};
const TARIFF = { id: 'el', version: 1, hash: 'a'.repeat(64) };
const BINDING: MeterInstalled = {
  meter: 'm-1',
  serial: '2024',
  bridge: 'br-1',
  register: '1-0:1.8.0',
  unit: 'kWh',
  wallet: 'electricity',
  ct: '1',
  pt: '1',
  tariff: 'el',
};

function register(seq: number) {
  return { seq, at: '2026-09-01T00:00:00.000Z', value: `${seq}.0`, hash: `${seq}`.repeat(64) };
}

function usage(from: number, changes: Partial<BilledUsage> = {}): BilledUsage {
  const line = { period: 'flat', tier: 'all', qty: 1_000_000n, price: 500_000n, before: 0n };
  return {
    binding: BINDING,
    from: register(from),
    to: register(from + 1),
    tariff: TARIFF,
    window: 'month',
    quantityMicros: 1_000_000n,
    usedMicros: BigInt(from) * 1_000_000n,
    amountMicros: 500_000n,
    lines: [{ ...line, amount: 500_000n }],
    ...changes,
  };
}

const FEE = { fee: 'service', tariff: TARIFF, days: 30, of: 30, wallet: 'water' };

describe('a statement', () => {
  it('adds up wallets, meters, lines and fees, each in its order', () => {
    const sums = new StatementSums(SCOPE);
    sums.addCredit('water', 10_000_000n);
    sums.addCredit('electricity', 1_000_000n);
    for (const from of [1, 2]) sums.addUsage(usage(from));
    const peak = { period: 'peak', tier: 'all', qty: 1n, price: 2n, amount: 3n, before: 0n };
    sums.addUsage(usage(3, { lines: [peak], amountMicros: 3n }));
    sums.addUsage(usage(1, { binding: { ...BINDING, meter: 'm-0' }, window: 'year' }));
    sums.addFee({ ...FEE, amount: '1.500000' });
    sums.addFee({ ...FEE, fee: 'network', amount: '0.250000' });
    const statement = sums.issue();
    expect(statementIssued(JSON.parse(canonicalize(statement)), '')).toEqual(statement);
    expect(statement).toEqual({
      period: '2026-09',
      from: SCOPE.from,
      to: SCOPE.to,
      zone: 'Asia/Shanghai',
      currency: 'CNY',
      first: 0,
      usage: 4,
      wallets: [
        wallet('electricity', '0.000000', '1.000000', '1.500003', '-0.500003'),
        wallet('water', '0.000000', '10.000000', '1.750000', '8.250000'),
      ],
      meters: [
        { ...meter('m-0', 1, 2), quantity: '1.000000', window: '2026', used: '2.000000' },
        { ...meter('m-1', 1, 4), quantity: '3.000000', window: '2026-09', used: '4.000000' },
      ],
      lines: [
        line('m-0', 'flat', '1.000000', '0.500000', '0.500000'),
        line('m-1', 'flat', '2.000000', '0.500000', '1.000000'),
        line('m-1', 'peak', '0.000001', '0.000002', '0.000003'),
      ],
      fees: [
        { ...FEE, fee: 'network', amount: '0.250000' },
        { ...FEE, amount: '1.500000' },
      ],
      opening: '0.000000',
      credits: '11.000000',
      charges: '3.250003',
      closing: '7.749997',
      total: '3.250003',
    });
  });

  it('opens where the one before closed, and keeps a meter that used nothing', () => {
    const before = new StatementSums(SCOPE);
    before.addCredit('electricity', 3_000_000n);
    before.addUsage(usage(1));
    const previous = before.issue();
    const next = new StatementSums({ ...SCOPE, period: '2026-10', first: 7, previous }).issue();
    expect(next.wallets).toEqual([
      wallet('electricity', '2.500000', '0.000000', '0.000000', '2.500000'),
    ]);
    expect(next.meters).toEqual([
      { ...meter('m-1', 2, 2), quantity: '0.000000', window: '2026-09', used: '2.000000' },
    ]);
    expect([next.first, next.lines, next.opening, next.closing]).toEqual([
      7,
      [],
      '2.500000',
      '2.500000',
    ]);
    expect(Object.hasOwn(next, 'previous')).toBe(false);
  });
});

function wallet(name: string, opening: string, credits: string, charges: string, closing: string) {
  return { wallet: name, opening, credits, charges, closing };
}

function meter(name: string, from: number, to: number) {
  const { serial, register: obis, unit, wallet: of, ct, pt } = BINDING;
  const ends = { from: register(from), to: register(to) };
  return { meter: name, serial, register: obis, unit, wallet: of, ct, pt, ...ends };
}

function line(name: string, period: string, qty: string, price: string, amount: string) {
  const fixed = { wallet: 'electricity', meter: name, tariff: TARIFF, period, tier: 'all' };
  return { ...fixed, qty, price, amount };
}
