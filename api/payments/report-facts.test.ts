import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exceptionFacts } from '../../ledger/core/reconciliation.ts';
import { exceptionFor } from '../../payments/reconcile/day-exception.ts';
import { exceptionText, fineOf, fineText } from './report-facts.ts';

test('ten-thousandths of a minor unit have at least six decimals, by the currency', () => {
  expect(fineText(1_000_300n, 'CNY')).toBe('1.000300');
  expect(fineText(-1_000_300n, 'JPY')).toBe('-100.030000');
  expect(fineText(1_000_300n, 'KWD')).toBe('0.1000300');
});

test('nothing is lost on the way there and back', () => {
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 18n), 10n ** 18n), (value) => {
      for (const currency of ['CNY', 'JPY', 'KWD', 'CLF']) {
        expect(fineOf(fineText(value, currency), currency)).toBe(value);
      }
    }),
  );
});

test('whatever a bank prints fits into an exception, or is left out', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const about = { difference: 5n, atMs: 0, row: 1, id: text, bank: 7n };
      const facts = exceptionText(exceptionFor('credit-unknown', about), 'CNY');
      expect(exceptionFacts(facts, '')).toEqual(facts);
    }),
  );
});
