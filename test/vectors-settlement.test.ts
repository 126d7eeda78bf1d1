import { expect, it } from 'vitest';
import { readAll } from './payments/settlement/read-all.ts';
import {
  bytesOf,
  plainOutcome,
  settlementVectors,
} from './payments/settlement/settlement-vectors.ts';

const vectors = settlementVectors();

it('settlement files of every format are there, and refused ones of each', () => {
  const formats = (refused: boolean) => {
    const some = vectors.filter(({ refusal }) => (refusal !== undefined) === refused);
    return [...new Set(some.map(({ expected }) => expected.format))].sort();
  };
  const all = [
    ...['alipay-bill', 'bank-camt053', 'bank-csv', 'stripe-report', 'stripe-transactions'],
    ...['unionpay-zm', 'wechat-trade-bill'],
  ];
  expect({ read: formats(false), refused: formats(true) }).toEqual({ read: all, refused: all });
});

it.each(vectors)('$file is read or refused as its note says: $note', async (vector) => {
  const { expected, rows, totals, refusal } = vector;
  const outcome = plainOutcome(await readAll(expected, [bytesOf(vector)]));
  expect(outcome).toEqual(refusal === undefined ? { rows, totals } : { refusal });
});
