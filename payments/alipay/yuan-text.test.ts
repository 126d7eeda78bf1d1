import { expect, test } from 'vitest';
import { readYuan, yuanText } from './yuan-text.ts';

test.each([
  [0n, '0.00'],
  [1n, '0.01'],
  [10n, '0.10'],
  [5_001n, '50.01'],
  [10_000_000_000n, '100000000.00'],
])('%s fen are %s', (fen, text) => {
  expect(yuanText(fen)).toBe(text);
  expect(readYuan(text)).toBe(fen);
});

test.each([
  ['50', 5_000n],
  ['50.1', 5_010n],
])('%s is read without its last digits', (text, fen) => {
  expect(readYuan(text)).toBe(fen);
});

test.each(['', '-1.00', '1.', '.5', '1.001', '1,000.00', '1e3', ' 1.00', '１.00', 'NaN'])(
  '"%s" is no amount',
  (text) => {
    expect(readYuan(text)).toBeUndefined();
  },
);
