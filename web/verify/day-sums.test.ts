import { expect, test } from 'vitest';
import { formatMicros, parseMicros } from '../../ledger/core/decimal.ts';
import { verifyBundle } from '../../ledger/core/verdict.ts';
import { sampleBill } from '../../test/e2e/sample-bill.ts';
import { sumDays } from './day-sums.ts';

test('the days of a chart add up to the lines of the bill, to the last digit', () => {
  const { bill } = verifyBundle(sampleBill().text, {});
  if (bill === undefined) throw new Error('the sample bill is readable');
  const charts = sumDays(bill);
  expect(charts.map(({ wallet, unit, days }) => [wallet, unit, days.length])).toEqual([
    ['electricity', 'kWh', 30],
    ['water', 'm3', 30],
  ]);
  expect(charts[0]?.periods).toEqual(['sharp', 'peak', 'flat', 'valley']);
  for (const chart of charts) {
    for (const period of chart.periods) {
      const parts = chart.days.flatMap(({ parts }) =>
        parts.filter((part) => part.period === period),
      );
      const lines = bill.statement.lines.filter(
        (line) => line.wallet === chart.wallet && line.period === period,
      );
      const sum = (all: readonly bigint[]) => formatMicros(all.reduce((a, b) => a + b, 0n));
      expect(sum(parts.map(({ qtyMicros }) => qtyMicros))).toBe(
        sum(lines.map(({ qty }) => parseMicros(qty))),
      );
    }
  }
});
