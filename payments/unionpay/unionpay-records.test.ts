import { expect, test } from 'vitest';
import { readAmount, readPayment } from './unionpay-records.ts';

const fields = {
  queryId: '202612312359590000001',
  orderId: 'ORD0000000001',
  txnTime: '20261231235900',
  traceTime: '0101000005',
  txnAmt: '5000',
  currencyCode: '156',
};

test('a payment after midnight of the last day is of the next year', () => {
  expect(readPayment(fields)).toEqual({
    id: '202612312359590000001',
    order: 'ORD0000000001',
    amount: { minor: 5_000n, currency: 'CNY' },
    paidMs: Date.parse('2027-01-01T00:00:05+08:00'),
  });
});

test('a clock that is a little behind does not make it next year', () => {
  const early = { ...fields, txnTime: '20270101000010', traceTime: '1231235958' };
  expect(readPayment(early)?.paidMs).toBe(Date.parse('2026-12-31T23:59:58+08:00'));
});

test('the 29th of February is found in the year that has one', () => {
  const leap = { ...fields, txnTime: '20280228235900', traceTime: '0229000001' };
  expect(readPayment(leap)?.paidMs).toBe(Date.parse('2028-02-29T00:00:01+08:00'));
});

test.each(Object.keys(fields))('there is no payment without %s', (name) => {
  expect(readPayment({ ...fields, [name]: '' })).toBeUndefined();
});

test('amounts are whole fen', () => {
  for (const txnAmt of ['50.00', '-1', '1e3', ' 5', '1234567890123']) {
    expect(readAmount({ ...fields, txnAmt })).toBeUndefined();
  }
  expect(readAmount({ ...fields, currencyCode: '840' })).toBeUndefined();
});
