import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HeldPayment, HeldRefund } from '../../payments/doubles/double.ts';
import { type BillFaultKind, faultOf } from '../../payments/doubles/fault.ts';
import type { ExpectedSettlement } from '../../payments/settlement/read-settlement.ts';
import type { SettlementRow } from '../../payments/settlement-row.ts';
import { startAlipay, startStripe, startUnionPay, startWechat } from './provider-pairs.ts';
import { type Counter, HOUR_MS, type StartPair, useCounter } from './provider-under-test.ts';
import { readAll } from './settlement/read-all.ts';

type Expecting = (day: string) => ExpectedSettlement;

/** What an adapter fetches, the reader of its format reads, and the double's own books agree. */
describeReading('Alipay', startAlipay, (day) => {
  return { format: 'alipay-bill', merchant: '2088621349056780', day };
});
describeReading('Stripe', startStripe, () => ({ format: 'stripe-transactions' }));
describeReading('UnionPay', startUnionPay, (day) => {
  return { format: 'unionpay-zm', merchant: '777290058110048', day };
});
describeReading('WeChat Pay', startWechat, () => {
  return { format: 'wechat-trade-bill', merchant: '1900000109' };
});

function describeReading(name: string, start: StartPair, expecting: Expecting): void {
  describe(name, () => {
    const counter = useCounter(start);
    beforeEach(() => startDay(counter));
    afterEach(async () => {
      counter.double.heal();
      await counter.double.quiet();
    });

    test('has a file that says what its books say, number by number', async () => {
      const day = await busyDay(counter);
      const { rows, totals } = await readDay(counter, day, expecting);
      const { payments, refunds } = booksOf(counter, day);
      expect([payments.length, refunds.length]).toEqual([3, 3]);
      expect(sorted(rows.map(essence))).toEqual(
        sorted([...payments.map(ofPayment), ...refunds.map(ofRefund)]),
      );
      const [sums] = totals.sums;
      expect([sums?.payments, sums?.refunds, totals.rows]).toEqual([19_644n, -4_998n, 6]);
    });

    test('has a file of more rows than fit on a page', async () => {
      const day = counter.double.dayOf(counter.nowMs);
      for (let row = 0; row < 101; row += 1) await counter.paid({ minor: 100n + BigInt(row) });
      const { rows } = await readDay(counter, day, expecting);
      expect(sorted(rows.map(essence))).toEqual(
        sorted(booksOf(counter, day).payments.map(ofPayment)),
      );
      expect(rows).toHaveLength(101);
    });

    test('has a file without rows of a day without payments, or none', async () => {
      const day = counter.double.dayOf(counter.nowMs);
      counter.nowMs = counter.double.settlementReadyMs(day);
      const file = await counter.provider.settlementFile(day);
      if (file?.rows === false) return expect(file.bytes).toHaveLength(0);
      expect(await readAll(expecting(day), [file?.bytes ?? new Uint8Array()])).toMatchObject({
        rows: [],
        totals: { rows: 0 },
      });
    });

    test.each(CHANGES)('has a file that is read as it is with %s', async (kind, change) => {
      const before = await busyDay(counter);
      startDay(counter);
      const day = await busyDay(counter);
      counter.double.inject(faultOf(kind));
      const { rows } = await readDay(counter, day, expecting);
      const wanted = change(booksOf(counter, day).payments, booksOf(counter, before).payments);
      const payments = rows.filter((row) => row.kind === 'payment');
      expect(payments.map(({ id }) => id).sort()).toEqual(wanted.ids.sort());
      const total = payments.reduce((sum, { gross }) => sum + gross.minor, 0n);
      expect(total).toBe(wanted.total);
    });

    test('has a file that is refused when it was cut off', async () => {
      if (counter.double.lacking['bill-truncated'] !== undefined) return;
      const day = await busyDay(counter);
      counter.nowMs = counter.double.settlementReadyMs(day);
      counter.double.inject({ kind: 'bill-truncated' });
      const bytes = counter.double.makeSettlement(day) ?? new Uint8Array();
      expect(await readAll(expecting(day), [bytes])).toMatchObject({
        refusal: { code: 'settlement-truncated' },
      });
    });
  });
}

type Change = (
  today: readonly HeldPayment[],
  yesterday: readonly HeldPayment[],
) => { readonly ids: string[]; readonly total: bigint };

/** What a fault does to the payments of a day. */
const CHANGES: readonly (readonly [BillFaultKind, Change])[] = [
  ['bill-row-missing', (today) => summed(today.slice(1))],
  [
    'bill-row-extra',
    (today) => {
      const more = today
        .slice(-1)
        .map((one) => ({ ...one, id: one.id.replace(/.{6}$/, '000000') }));
      return summed([...today, ...more]);
    },
  ],
  [
    'bill-row-across-midnight',
    (today, yesterday) => summed([...yesterday.slice(0, 1), ...today.slice(1)]),
  ],
  [
    'bill-amount-differs',
    (today) => {
      const { ids, total } = summed(today);
      return { ids, total: total + 1n };
    },
  ],
];

function summed(payments: readonly HeldPayment[]) {
  const total = payments.reduce((sum, { amount }) => sum + amount.minor, 0n);
  return { ids: payments.map(({ id }) => id), total };
}

/** The next day of the provider's calendar, an hour after it has begun. */
function startDay(counter: Counter): void {
  const today = counter.double.dayOf(counter.nowMs);
  while (counter.double.dayOf(counter.nowMs) === today) counter.nowMs += HOUR_MS;
  counter.nowMs += HOUR_MS;
}

/** Three payments, of which one is given back in parts and one as a whole. */
async function busyDay(counter: Counter): Promise<string> {
  const title = 'Energy, "502" 室 电费';
  const first = await counter.paid({ minor: 5_001n, title });
  await counter.paid({ minor: 12_345n });
  const third = await counter.paid({ minor: 2_298n });
  for (const [{ order, held }, minor] of [
    [first, 2_000n],
    [first, 700n],
    [third, 2_298n],
  ] as const) {
    const asked = counter.refundOf(order, held, minor);
    await counter.provider.refund(asked);
    await counter.decided(asked);
  }
  await counter.double.quiet();
  return counter.double.dayOf(counter.nowMs);
}

async function readDay(counter: Counter, day: string, expecting: Expecting) {
  counter.nowMs = Math.max(counter.nowMs, counter.double.settlementReadyMs(day));
  const file = await counter.provider.settlementFile(day);
  if (file?.rows !== true) throw new Error(`${day} has no file`);
  const outcome = await readAll(expecting(day), [file.bytes]);
  if ('refusal' in outcome) throw new Error(JSON.stringify(outcome.refusal));
  return outcome;
}

function booksOf(counter: Counter, day: string) {
  const { payments, refunds } = counter.double.books();
  const { double } = counter;
  return {
    payments: payments.filter(({ paidMs }) => double.dayOf(paidMs) === day),
    refunds: refunds.filter(({ askedMs }) => double.dayOf(askedMs) === day),
  };
}

type Essence = Pick<
  SettlementRow,
  'kind' | 'id' | 'order' | 'refund' | 'payment' | 'gross' | 'feeTenThousandths' | 'atMs'
>;

function essence(row: SettlementRow): Essence {
  const { kind, id, order, refund, payment, gross, feeTenThousandths, atMs } = row;
  return { kind, id, order, refund, payment, gross, feeTenThousandths, atMs };
}

function ofPayment({ id, order, amount, feeTenThousandths, paidMs }: HeldPayment): Essence {
  const none = { refund: undefined, payment: undefined };
  const money = { gross: amount, feeTenThousandths };
  return { kind: 'payment', id, order, ...none, ...money, atMs: wholeSeconds(paidMs) };
}

function ofRefund(held: HeldRefund): Essence {
  const { id, refund, order, payment, amount, askedMs } = held;
  const gross = { minor: -amount.minor, currency: amount.currency };
  const money = { gross, feeTenThousandths: -held.feeTenThousandths };
  return { kind: 'refund', id, order, refund, payment, ...money, atMs: wholeSeconds(askedMs) };
}

function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000;
}

function sorted(rows: readonly Essence[]): readonly Essence[] {
  return rows.toSorted((one, other) => one.atMs - other.atMs || one.kind.localeCompare(other.kind));
}
