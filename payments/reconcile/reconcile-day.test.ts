import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SettlementRow } from '../settlement-row.ts';
import type { Reason } from './day-exception.ts';
import { FINE } from './day-match.ts';
import type { OurPayment, OurRefund } from './our-side.ts';
import { type DayToReconcile, reconcileDay } from './reconcile-day.ts';

const DAY_MS = 86_400_000;
/** Midnight of 1 September in China. */
const START_MS = Date.UTC(2026, 7, 31, 16);
const feeOf = (minor: bigint) => minor * 60n;

function asked(changes: Partial<DayToReconcile> = {}): DayToReconcile {
  return {
    ...{ source: 'wechat', day: '2026-09-01', currency: 'CNY', feeOf },
    span: { fromMs: START_MS, toMs: START_MS + DAY_MS },
    ...{ payments: [], refunds: [], rows: [], order: async () => undefined },
    ...changes,
  };
}

const ours = (n: number, changes: Partial<OurPayment> = {}): OurPayment => ({
  ...{ id: `42000${n}`, order: `ORDER${n}`, amount: { minor: 5_000n, currency: 'CNY' } },
  ...{ ordered: 5_000n, paidMs: START_MS + 3_600_000 * 5, state: 'credited' },
  ...changes,
});

const rowOf = (payment: OurPayment, changes: Partial<SettlementRow> = {}): SettlementRow => ({
  ...{ kind: 'payment', row: 1, id: payment.id, order: payment.order, gross: payment.amount },
  ...{ feeTenThousandths: feeOf(payment.amount.minor), atMs: payment.paidMs },
  ...changes,
});

const refundRow = (refund: OurRefund, changes: Partial<SettlementRow> = {}): SettlementRow => ({
  ...{ kind: 'refund', row: 1, id: `50300${refund.refund}`, refund: refund.refund },
  gross: { ...refund.amount, minor: -refund.amount.minor },
  ...{ feeTenThousandths: -feeOf(refund.amount.minor), atMs: refund.paidMs },
  ...changes,
});

async function reasons(changes: Partial<DayToReconcile>) {
  const { matched, exceptions, unexplained } = await reconcileDay(asked(changes));
  return { matched, unexplained, found: exceptions.map(({ reason }) => reason) };
}

describe('a day', () => {
  test('of which both sides say the same is matched, and its sums lead to the payout', async () => {
    const back = { refund: 'BACK1', amount: { minor: 1_000n, currency: 'CNY' }, paidMs: START_MS };
    const report = await reconcileDay(
      asked({
        payments: [ours(1), ours(2)],
        refunds: [back],
        rows: [[rowOf(ours(1))], [rowOf(ours(2)), refundRow(back)]],
      }),
    );
    expect(report).toMatchObject({ matched: 3, exceptions: [], unexplained: 0n });
    expect(report.sums).toMatchObject({
      ...{ orders: 10_000n * FINE, credits: 10_000n * FINE, givenBack: 1_000n * FINE },
      ...{ gross: 10_000n * FINE, refunds: -1_000n * FINE, fees: feeOf(9_000n) },
      payout: 9_000n * FINE - feeOf(9_000n),
    });
  });

  test.each<[Reason, bigint, Partial<SettlementRow>, Partial<OurPayment>]>([
    ['amount-differs', FINE, { gross: { minor: 5_001n, currency: 'CNY' } }, {}],
    ['order-differs', 0n, { order: 'ANOTHER1' }, {}],
    ['provider-state', 0n, { state: 'REVOKED' }, {}],
    ['in-suspense', 0n, {}, { state: 'suspense' }],
    ['order-amount-differs', 0n, {}, { ordered: 4_999n }],
    ['fee-rounded', -1n, { feeTenThousandths: feeOf(5_000n) + 1n }, {}],
    ['fee-differs', 3n * FINE, { feeTenThousandths: feeOf(5_000n) - 3n * FINE }, {}],
    ['discount', -500n * FINE, { gross: { minor: 4_500n, currency: 'CNY' }, ordered: 5_000n }, {}],
    ['neighbouring-day', 5_000n * FINE, {}, { paidMs: START_MS - 1 }],
  ])('with %s is told by it and nothing else', async (reason, difference, row, payment) => {
    const mine = ours(1, payment);
    const theirs = rowOf(mine, row);
    // The fee is the agreed one of what the row says, unless the fee is what differs.
    const fee = row.feeTenThousandths ?? feeOf(theirs.gross.minor);
    const rows = [[{ ...theirs, feeTenThousandths: fee }]];
    const report = await reconcileDay(asked({ payments: [mine], rows }));
    expect(report.exceptions).toMatchObject([{ reason, difference, id: mine.id }]);
    expect(report.unexplained).toBe(difference);
  });

  test('names what is on one side only, by what is known of its order', async () => {
    const rows = [[1, 2, 3].map((n) => rowOf(ours(n)))];
    const order = async (order: string) =>
      order === 'ORDER1' ? 'open' : order === 'ORDER2' ? 'paid' : undefined;
    expect(await reasons({ rows, order })).toMatchObject({
      found: ['never-told', 'order-paid-twice', 'order-unknown'],
    });
    const late = ours(9, { paidMs: START_MS + DAY_MS - 60_000 });
    expect(await reasons({ payments: [ours(1), late] })).toEqual({
      matched: 0,
      unexplained: -10_000n * FINE,
      found: ['not-in-file', 'near-midnight'],
    });
  });

  test('counts what others who share the account have in the file, and adds nothing of it', async () => {
    const rows = [[rowOf(ours(1)), rowOf(ours(2, { order: 'OTHER123' }))]];
    const isElsewhere = (order: string) => order.startsWith('OTHER');
    const report = await reconcileDay(asked({ payments: [ours(1)], rows, isElsewhere }));
    expect(report).toMatchObject({ matched: 1, exceptions: [], unexplained: 0n });
    expect(report.sums).toMatchObject({
      elsewhereRows: 1,
      elsewhere: 5_000n * FINE - feeOf(5_000n),
    });
  });

  test('is refused when too much differs, before all of it is in memory', async () => {
    let read = 0;
    const rows = (function* () {
      for (; read < 100_000; read += 1) yield [rowOf(ours(read))];
    })();
    await expect(reasons({ rows })).rejects.toMatchObject({ code: 'reconciliation-too-different' });
    expect(read).toBe(5_000);
    const payments = Array.from({ length: 5_001 }, (_, n) => ours(n));
    await expect(reasons({ payments })).rejects.toMatchObject({ params: { most: 5_000 } });
  });

  test('names rows in another currency, and adds them to nothing', async () => {
    const rows = [[rowOf(ours(1, { amount: { minor: 700n, currency: 'USD' } }))]];
    expect(await reasons({ rows })).toEqual({
      ...{ matched: 0, unexplained: 0n, found: ['currency-differs'] },
    });
  });

  test('takes fees as the file says them where none are agreed', async () => {
    const rows = [[rowOf(ours(1), { feeTenThousandths: 77n })]];
    expect(await reasons({ payments: [ours(1)], rows, feeOf: undefined })).toEqual({
      ...{ matched: 1, unexplained: 0n, found: [] },
    });
  });
});

/** What a provider's book is made to say otherwise, one thing a payment. */
const INJECTIONS = ['missing', 'extra', 'duplicate', 'amount', 'fee', 'midnight'] as const;

interface Expected {
  readonly day: number;
  readonly reason: Reason;
  readonly id: string;
  readonly difference: bigint;
}

const month = fc.array(
  fc.record({
    day: fc.integer({ min: 0, max: 29 }),
    second: fc.integer({ min: 1_200, max: 85_000 }),
    minor: fc.bigInt({ min: 1n, max: 10_000_000n }),
    fault: fc.option(fc.constantFrom(...INJECTIONS), { freq: 3 }),
    by: fc.bigInt({ min: 1n, max: 1_000_000n }),
    isBack: fc.boolean(),
  }),
  { minLength: 1, maxLength: 120 },
);

test('a month in which every injected difference is found and named, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(month, fc.boolean(), async (drawn, agreed) => {
      const payments: OurPayment[] = [];
      const rows: SettlementRow[][] = Array.from({ length: 31 }, () => []);
      const expected: Expected[] = [];
      for (const [n, { day, second, minor, fault, by, isBack }] of drawn.entries()) {
        const isLast = fault === 'midnight';
        const paidMs = START_MS + day * DAY_MS + (isLast ? DAY_MS - 1_000 : second * 1_000);
        const amount = { minor, currency: 'CNY' };
        const payment = ours(n, { amount, ordered: minor, paidMs });
        const { id } = payment;
        const row = rowOf(payment, { row: n });
        const whole = minor * FINE - (agreed ? feeOf(minor) : 0n);
        const tell = (reason: Reason, difference: bigint, on = day) =>
          expected.push({ day: on, reason, id, difference });
        if (fault !== 'extra') payments.push(payment);
        if (fault === 'missing') tell('not-in-file', -minor * FINE);
        else if (fault === 'midnight') {
          tell('near-midnight', -minor * FINE);
          tell('neighbouring-day', minor * FINE, day + 1);
          rows[day + 1]?.push(row);
        } else if (fault === 'amount') {
          const gross = { minor: isBack && by < minor ? minor - by : minor + by, currency: 'CNY' };
          rows[day]?.push({ ...row, gross, feeTenThousandths: feeOf(gross.minor) });
          tell('amount-differs', (gross.minor - minor) * FINE);
        } else if (fault === 'fee') {
          const more = isBack ? -by : by;
          rows[day]?.push({ ...row, feeTenThousandths: row.feeTenThousandths + more });
          if (agreed) tell(by < FINE ? 'fee-rounded' : 'fee-differs', -more);
        } else {
          rows[day]?.push(row);
          if (fault === 'extra') tell('order-unknown', whole);
          if (fault === 'duplicate') {
            rows[day]?.push(row);
            tell('row-twice', whole);
          }
        }
      }
      let found: Expected[] = [];
      for (let day = 0; day < 31; day += 1) {
        const fromMs = START_MS + day * DAY_MS;
        const near = payments.filter(
          ({ paidMs }) => paidMs >= fromMs - DAY_MS && paidMs < fromMs + 2 * DAY_MS,
        );
        const report = await reconcileDay(
          asked({
            ...{ span: { fromMs, toMs: fromMs + DAY_MS }, payments: near, rows: [rows[day] ?? []] },
            feeOf: agreed ? feeOf : undefined,
          }),
        );
        found = found.concat(
          report.exceptions.map(({ reason, id = '', difference }) => {
            return { day, reason, id, difference };
          }),
        );
        const ofDay = expected.filter((one) => one.day === day);
        expect(report.unexplained).toBe(ofDay.reduce((sum, one) => sum + one.difference, 0n));
      }
      const inOrder = (list: Expected[]) =>
        list.map((one) => `${one.day} ${one.reason} ${one.id} ${one.difference}`).sort();
      expect(inOrder(found)).toEqual(inOrder(expected));
    }),
    { numRuns: 150 },
  );
});
