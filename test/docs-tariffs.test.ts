import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseRecoveryRule } from '../ledger/core/charges/debt-recovery.ts';
import { admitEventDay, parseEventDay } from '../ledger/core/charges/event-days.ts';
import { parsePriceList, priceSeries } from '../ledger/core/charges/indexed.ts';
import { monthBill } from '../ledger/core/charges/month-bill.ts';
import { parseAnyTariff } from '../ledger/core/charges/tariff-v2.ts';
import { validateAnyTariff } from '../ledger/core/charges/tariff-v2-checks.ts';
import { parseTerms } from '../ledger/core/charges/terms.ts';
import { parseSplitRule } from '../ledger/core/charges/topup-split.ts';
import { formatMicros } from '../ledger/core/decimal.ts';
import { parseTime } from '../ledger/core/time.ts';

const page = readFileSync(new URL('../docs/tariffs.md', import.meta.url), 'utf8');
const blocks = new Map(
  [...page.matchAll(/^```json example=(\S+)\n([\s\S]*?)\n```$/gm)].map(
    ([, name = '', body = '']): [string, unknown] => [name, JSON.parse(body)],
  ),
);
const RULES = new Set(['terms', 'event-day', 'price-list', 'recovery-rule', 'split-rule']);
const tariffs = [...blocks].filter(([name]) => !RULES.has(name));

function example(name: string): unknown {
  if (!blocks.has(name)) throw new Error(`docs/tariffs.md has no example ${name}`);
  return blocks.get(name);
}

describe('the page of tariffs', () => {
  it('has an example of each kind, and names each once', () => {
    expect(tariffs.map(([name]) => name)).toEqual([
      ...['time-of-use', 'year-tiers', 'demand', 'event-days', 'indexed', 'quota', 'allowance'],
      ...['gas', 'cooling', 'property-fee', 'parking', 'shares'],
    ]);
    expect(page.match(/^```json/gm)).toHaveLength(blocks.size);
  });

  it.each(tariffs)('shows a tariff that is whole and valid: %s', (name, value) => {
    const tariff = parseAnyTariff(value);
    expect(tariff).toEqual(value);
    const { errors, warnings } = validateAnyTariff(tariff);
    expect(errors).toEqual([]);
    // Beijing's sharp price is printed a millionth below what its components give.
    const oddities = warnings.map(({ detail }) => detail.difference);
    expect(oddities).toEqual(name === 'time-of-use' ? ['-0.000001'] : []);
  });

  it.each(tariffs)('gives terms with which a month can be billed: %s', (_, value) => {
    const tariff = parseAnyTariff(value);
    const terms = parseTerms(example('terms'));
    const facts = { account: 'acc-1', period: '2027-01', terms, intervals: [] };
    expect(monthBill(tariff, facts).totalMicros).toBeGreaterThanOrEqual(0n);
  });

  it('charges property fee and parking places as written', () => {
    const bill = (name: string) => {
      const terms = parseTerms(example('terms'));
      const facts = { account: 'acc-1', period: '2027-01', terms, intervals: [] };
      const fromMs = parseTime('2027-01-05T02:00:00.000Z');
      const stays = [
        { fromMs, toMs: fromMs + 14 * 60_000 },
        { fromMs, toMs: fromMs + 9 * 3_600_000 },
      ];
      return monthBill(parseAnyTariff(example(name)), { ...facts, stays }).lines.map(
        ({ key, amountMicros }) => `${key} ${formatMicros(amountMicros)}`,
      );
    };
    expect(bill('property-fee')).toEqual(['fee:property 3518.330000', 'fee:cooling 1481.400000']);
    expect(bill('parking')).toEqual(['fee:place 1200.000000', 'parking 40.000000']);
  });

  it('shows facts and rules that are accepted with them', () => {
    const events = parseAnyTariff(example('event-days'));
    const fact = parseEventDay(example('event-day'));
    const before = parseTime('2027-07-14T15:59:59.999Z');
    expect(admitEventDay(events, fact, before, [])).toBeUndefined();
    const indexed = parseAnyTariff(example('indexed'));
    if (indexed.v !== 2 || !indexed.index) throw new Error('the example is indexed');
    const list = parsePriceList(example('price-list'));
    expect(priceSeries(indexed.index, [list]).values.size).toBe(3);
    expect(parseRecoveryRule(example('recovery-rule'))).toEqual(example('recovery-rule'));
    expect(parseSplitRule(example('split-rule'))).toEqual(example('split-rule'));
  });
});
