import { accountOfCode } from '../../ledger/books/chart.ts';
import { formatMicros, parseMicros } from '../../ledger/core/decimal.ts';

interface Row {
  readonly code: string;
  readonly part: string;
  readonly debit: string;
  readonly credit: string;
}

/** What one utility, provider or kind brought in and cost; `result` = income - expense. */
export interface IncomeRow {
  readonly part: string;
  readonly income: string;
  readonly expense: string;
  readonly result: string;
}

/** Income and expense by utility (fees of payment providers by provider), of the rows of a trial balance. */
export function incomeOf(rows: readonly Row[]): {
  readonly data: readonly IncomeRow[];
  readonly total: Omit<IncomeRow, 'part'>;
} {
  const sums = new Map<string, { income: bigint; expense: bigint }>();
  const total = { income: 0n, expense: 0n };
  for (const { code, part, debit, credit } of rows) {
    const side = accountOfCode(code)?.side;
    if (side !== 'income' && side !== 'expense') continue;
    const net = parseMicros(credit) - parseMicros(debit);
    const sum = sums.get(part) ?? { income: 0n, expense: 0n };
    sums.set(part, sum);
    for (const to of [sum, total]) {
      if (side === 'income') to.income += net;
      else to.expense -= net;
    }
  }
  const data = [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
  return { data: data.map(([part, sum]) => ({ part, ...written(sum) })), total: written(total) };
}

function written({ income, expense }: { readonly income: bigint; readonly expense: bigint }) {
  return {
    income: formatMicros(income),
    expense: formatMicros(expense),
    result: formatMicros(income - expense),
  };
}
