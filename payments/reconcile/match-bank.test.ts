import { expect, test } from 'vitest';
import type { SettlementRow } from '../settlement-row.ts';
import { FINE } from './day-match.ts';
import { matchBank, type Payout } from './match-bank.ts';

const DAY_MS = 86_400_000;
const DAY = Date.UTC(2026, 8, 2);

const payout = (name: string, minor: bigint, changes: Partial<Payout> = {}): Payout => ({
  ...{ payout: name, amount: { minor, currency: 'CNY' }, fromMs: DAY },
  ...{ references: [name], ...changes },
});
const credit = (row: number, minor: bigint, text: string, atMs = DAY): SettlementRow => ({
  ...{ kind: 'credit', row, id: `BK${row}`, gross: { minor, currency: 'CNY' }, text },
  ...{ feeTenThousandths: 0n, atMs },
});
const match = (payouts: readonly Payout[], rows: readonly SettlementRow[], toMs = DAY + DAY_MS) =>
  matchBank({ payouts, rows, currency: 'CNY', toMs });
const told = (report: ReturnType<typeof match>) =>
  report.exceptions.map(({ reason, row, found }) => [reason, row, found]);

test('a credit that names its payout, with its amount and in time, is matched', () => {
  const rows = [credit(1, 500n, '结算 po_123456'), credit(2, 700n, 'rent')];
  const report = match([payout('po_123456', 500n)], rows);
  const amount = { minor: 500n, currency: 'CNY' };
  expect(report.matches).toEqual([{ payout: 'po_123456', row: 1, amount }]);
  expect(told(report)).toEqual([['credit-unknown', 2, undefined]]);
  expect(report).toMatchObject({ credits: 1_200n * FINE, unexplained: 700n * FINE });
});

test('what agrees in amount alone is suggested, and left unexplained', () => {
  const report = match([payout('po_123456', 500n)], [credit(1, 500n, '结算')]);
  expect(report.matches).toEqual([]);
  expect(told(report)).toEqual([['reference-missing', 1, 'po_123456']]);
  expect(report.unexplained).toBe(500n * FINE);
});

test('two credits that could both be meant are both suggested, and none is taken', () => {
  const rows = [credit(1, 500n, 'po_123456'), credit(2, 500n, 'po_123456')];
  const report = match([payout('po_123456', 500n)], rows);
  expect(report.matches).toEqual([]);
  expect(told(report)).toEqual([
    ['reference-missing', 1, 'po_123456'],
    ['reference-missing', 2, 'po_123456'],
  ]);
});

test('a credit that names a payout of another amount says so', () => {
  const report = match([payout('po_123456', 500n)], [credit(1, 499n, 'po_123456')]);
  expect(told(report)).toEqual([['payout-amount-differs', 1, 'po_123456']]);
});

test('a payout is missed when its time is over, and not before', () => {
  expect(told(match([payout('po_123456', 500n)], []))).toEqual([]);
  const late = match([payout('po_123456', 500n)], [], DAY + 11 * DAY_MS);
  expect(told(late)).toEqual([['payout-missing', undefined, 'po_123456']]);
  expect(late.unexplained).toBe(-500n * FINE);
  const early = credit(1, 500n, 'po_123456', DAY - 2 * DAY_MS);
  expect(told(match([payout('po_123456', 500n)], [early]))).toEqual([
    ['credit-unknown', 1, undefined],
  ]);
});

test('debits and other currencies are none of it', () => {
  const debit: SettlementRow = { ...credit(1, -500n, 'po_123456'), kind: 'debit' };
  const foreign = { ...credit(2, 500n, 'po_123456'), gross: { minor: 500n, currency: 'USD' } };
  expect(match([payout('po_123456', 500n)], [debit, foreign])).toEqual({
    ...{ matches: [], exceptions: [], credits: 0n, unexplained: 0n },
  });
});
