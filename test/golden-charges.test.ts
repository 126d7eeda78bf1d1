import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parsePriceList } from '../ledger/core/charges/indexed.ts';
import { monthBill } from '../ledger/core/charges/month-bill.ts';
import { parseAnyTariff } from '../ledger/core/charges/tariff-v2.ts';
import { validateAnyTariff } from '../ledger/core/charges/tariff-v2-checks.ts';
import { parseTerms } from '../ledger/core/charges/terms.ts';
import { formatMicros, parseMicros } from '../ledger/core/decimal.ts';
import { parseTime } from '../ledger/core/time.ts';

/** A published rule with what a month must cost; worked out by an independent program. */
interface ChargeVector {
  source: string;
  cases: {
    what: string;
    tariff: unknown;
    facts: {
      account: string;
      period: string;
      terms: unknown;
      intervals: { from: string; to: string; quantity: string }[];
      priceLists?: unknown[];
    };
    lines: Record<string, string>;
    total: string;
    tax?: string;
  }[];
}

const vectors = join(import.meta.dirname, 'vectors', 'charges');

function readVector(file: string): ChargeVector {
  return JSON.parse(readFileSync(join(vectors, file), 'utf8'));
}

describe.each(readdirSync(vectors))('the published rule %s', (file) => {
  it.each(readVector(file).cases)('$what', ({ tariff, facts, lines, total, tax }) => {
    const parsed = parseAnyTariff(tariff);
    expect(validateAnyTariff(parsed).errors).toEqual([]);
    const bill = monthBill(parsed, {
      account: facts.account,
      period: facts.period,
      terms: parseTerms(facts.terms),
      intervals: facts.intervals.map(({ from, to, quantity }) => ({
        fromMs: parseTime(from),
        toMs: parseTime(to),
        quantityMicros: parseMicros(quantity),
      })),
      priceLists: (facts.priceLists ?? []).map((list) => parsePriceList(list)),
    });
    const amounts = bill.lines.map(({ key, amountMicros }) => [key, formatMicros(amountMicros)]);
    expect(Object.fromEntries(amounts)).toEqual(lines);
    expect(formatMicros(bill.totalMicros)).toBe(total);
    const told = bill.lines.find(({ key }) => key === 'tax:vat')?.lines[0];
    if (tax !== undefined) expect(told).toMatchObject({ mode: 'inside', amount: tax });
  });
});
