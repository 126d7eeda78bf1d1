import { formatMicros, parseMicros, roundDiv } from '../decimal.ts';
import type { UsageDeducted } from '../event-data.ts';
import type { Opened } from './case.ts';
import type { LayerBook } from './layers.ts';

/**
 * Names what is wrong with a charge whose bytes are not those computed from readings and tariff. The
 * first difference that explains the others is reported: a wrong rate makes a wrong amount. `unit` is
 * that of the meter.
 */
export function explainDifference(
  layers: LayerBook,
  entry: Opened,
  unit: string,
  expected: UsageDeducted,
  found: UsageDeducted,
  pointer: string,
): void {
  const { n } = entry.event;
  const money = difference(expected.amount, found.amount);
  const lines = firstLine(expected, found);
  const checks: readonly [number, string, unknown, unknown][] = [
    [5, 'register-differs', expected.register, found.register],
    [
      5,
      'interval-mismatch',
      [expected.from, expected.to, expected.span],
      [found.from, found.to, found.span],
    ],
    [5, 'ratio-differs', `${expected.ct}/${expected.pt}`, `${found.ct}/${found.pt}`],
    [5, 'rollover-differs', expected.rollover ?? '', found.rollover ?? ''],
    [5, 'quantity-differs', expected.quantity, found.quantity],
    [5, 'tariff-differs', expected.tariff, found.tariff],
    [5, 'used-differs', expected.used, found.used],
  ];
  for (const [layer, code, right, wrong] of checks) {
    if (show(right) === show(wrong)) continue;
    layers.fail(layer, code, { n, found: show(wrong), expected: show(right), money }, pointer);
    return;
  }
  if (lines !== undefined) {
    const at = expected.span?.to ?? expected.to.at;
    const params = { n, at, unit, money, ...lines.params };
    layers.fail(5, lines.code, params, `${pointer}/data/lines/${lines.index}`);
    return;
  }
  const rest: readonly [number, string, unknown, unknown][] = [
    [5, 'amount-differs', expected.amount, found.amount],
    [6, 'wallet-differs', expected.wallet, found.wallet],
    [6, 'postings-differ', expected.postings, found.postings],
    [6, 'balance-differs', expected.balance, found.balance],
    [5, 'period-differs', [expected.period, expected.late], [found.period, found.late]],
  ];
  for (const [layer, code, right, wrong] of rest) {
    if (show(right) === show(wrong)) continue;
    layers.fail(layer, code, { n, found: show(wrong), expected: show(right) }, pointer);
    return;
  }
  layers.fail(5, 'event-differs', { n }, pointer);
}

/** The first charge line that differs, with the member that explains it. */
function firstLine(expected: UsageDeducted, found: UsageDeducted) {
  const count = Math.max(expected.lines.length, found.lines.length);
  for (let index = 0; index < count; index += 1) {
    const [right, wrong] = [expected.lines[index], found.lines[index]];
    const line = index + 1;
    if (right === undefined || wrong === undefined) {
      const params = { line, found: found.lines.length, expected: expected.lines.length };
      return { code: 'lines-differ', index, params };
    }
    const { period, tier } = right;
    const named = { line, period, tier, money: difference(right.amount, wrong.amount) };
    if (period !== wrong.period || tier !== wrong.tier) {
      const params = { ...named, found: `${wrong.period}/${wrong.tier}` };
      return { code: 'line-period-differs', index, params };
    }
    if (right.price !== wrong.price) {
      const money = right.amount === wrong.amount ? impliedBy(right, wrong.price) : named.money;
      const params = { ...named, charged: wrong.price, published: right.price, money };
      return { code: 'rate-differs', index, params };
    }
    for (const [code, member] of LINE_MEMBERS) {
      if (right[member] === wrong[member]) continue;
      const params = { ...named, found: wrong[member], expected: right[member] };
      return { code, index, params };
    }
  }
  return undefined;
}

const LINE_MEMBERS = [
  ['line-quantity-differs', 'qty'],
  ['line-before-differs', 'before'],
  ['line-amount-differs', 'amount'],
] as const;

/** What a line that keeps its amount and states another price says too much, or too little. */
function impliedBy(line: { readonly price: string; readonly qty: string }, price: string): string {
  const excess = parseMicros(price) - parseMicros(line.price);
  return formatMicros(roundDiv(excess * parseMicros(line.qty), 1_000_000n, 'half-up'));
}

/** Charged minus due; positive when the tenant paid too much. */
function difference(expected: string, found: string): string {
  return formatMicros(parseMicros(found) - parseMicros(expected));
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '').slice(0, 300);
}
