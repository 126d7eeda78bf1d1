import { expect, test } from 'vitest';
import { exceptionDoc, reconciliationDoc } from '../../ledger/core/reconciliation.ts';
import { exceptionsCsv } from './exceptions-csv.ts';

const doc = reconciliationDoc(
  {
    ...{ source: 'wechat', day: '2026-09-01', file: 'ab'.repeat(32), report: 'cd'.repeat(32) },
    ...{ currency: 'CNY', rows: 3, matched: 2, exceptions: 1, buckets: { duplicate: 1 } },
    ...{ sums: { gross: '80.000000' }, unexplained: '-1.000000', remaining: '0.000000' },
    ...{ carried: '-1.000000', completed: 'x', completedAt: '2026-09-02T02:00:00.000Z' },
    isClosed: false,
  },
  '',
);
const exception = {
  ...{ exception: 'duplicate.0000001', bucket: 'duplicate', reason: 'row-twice', field: 'id' },
  ...{ suggestion: 'wait-a-day', difference: '-1.000000', at: '2026-09-01T02:00:00.000Z' },
  ...{ row: 2, id: '4200002026090112345678901234', order: '=1+2', found: '@SUM("a", 1)' },
};
const action = { action: 'carry', by: 'x', at: '2026-09-02T02:00:00.000Z' };

async function csv(note: string): Promise<string[]> {
  const read = exceptionDoc({ ...exception, actions: [{ ...action, note }] }, '');
  let text = '';
  for await (const part of exceptionsCsv(doc, oneOf(read))) text += part;
  return text.split('\r\n');
}

async function* oneOf(value: unknown) {
  yield value;
}

test('begins with a byte order mark, the hashes and the sums', async () => {
  const lines = await csv('seen');
  expect(lines.slice(0, 8)).toEqual([
    ...['\ufeffsource,wechat', 'day,2026-09-01', `file,${'ab'.repeat(32)}`],
    ...[`report,${'cd'.repeat(32)}`, 'currency,CNY', 'rows,3', 'matched,2', 'gross,80.000000'],
  ]);
  expect(lines.slice(8, 13)).toEqual([
    ...['unexplained,-1.000000', 'remaining,0.000000', 'carried,-1.000000', 'closed,', ''],
  ]);
});

test('keeps formulas and long numbers texts, and amounts below zero numbers', async () => {
  const row = (await csv('-2+3')).at(-2);
  expect(row).toBe(
    'duplicate.0000001,duplicate,row-twice,id,wait-a-day,2,2026-09-01T02:00:00.000Z,' +
      '4200002026090112345678901234\t,\'=1+2,,,,,,,-1.000000,"\'@SUM(""a"", 1)",carry,x,\'-2+3',
  );
});

test.each(['+86 10', '-cmd', '@x', '=cmd'])('tames %s', async (note) => {
  expect((await csv(note)).at(-2)?.endsWith(`,'${note}`)).toBe(true);
});
