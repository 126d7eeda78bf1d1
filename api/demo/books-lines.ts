import * as z from 'zod';
import { lastDay } from '../../ledger/books/journal-entry.ts';
import { formatMicros, parseMicros } from '../../ledger/core/decimal.ts';
import { showMoney } from '../../ledger/core/words/format.ts';
import type { DemoFile } from './demo-file.ts';
import type { FrontDesk } from './front-desk.ts';

const TRIAL = z.object({
  currency: z.string(),
  data: z.array(
    z.object({
      ...{ code: z.string(), credit: z.string(), closing: z.string() },
      ...{ held: z.string(), owed: z.string() },
    }),
  ),
});

/** What the books say of the newest month that has bills, and where the reports are. */
export async function booksLines(desk: FrontDesk, demo: DemoFile): Promise<string[]> {
  const periods = (await desk.statements()).map(({ period }) => period).sort();
  const period = periods.at(-1);
  if (period === undefined) return [];
  const report = `/v1/reports/trial-balance?from=${period}`;
  const { currency, data } = TRIAL.parse(await desk.get(report));
  const sum = (code: string, name: 'credit' | 'closing' | 'held' | 'owed') => {
    const rows = data.filter((row) => row.code === code);
    return showMoney(formatMicros(rows.reduce((all, row) => all + parseMicros(row[name]), 0n)));
  };
  const [first] = demo.tenants;
  return [
    '',
    `Books of ${period} in ${currency}: revenue ${sum('6001', 'credit')}, prepaid by tenants ` +
      `${sum('2203', 'held')}, owed by tenants ${sum('2203', 'owed')}, in transit ${sum('1012', 'closing')}`,
    `  ${demo.url}${report} (with the staff token)`,
    `  ${demo.url}/v1/journal/table?from=${period}-01&to=${lastDay(period)}&by=day&format=xlsx`,
    ...(first === undefined
      ? []
      : [`  ${first.bundleUrl.replace(/bundle(\?.*)?$/, 'pdf')} (the bill on paper)`]),
  ];
}
