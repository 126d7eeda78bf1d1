import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDecimal,
  formatMicros,
  parseDecimal,
  parseMicros,
  powerOfTen,
  roundDiv,
  toMicros,
} from './decimal.ts';
import { Refusal } from './refusal.ts';

describe('money and quantities in micros', () => {
  it.each([
    ['0.000000', 0n],
    ['12.345600', 12_345_600n],
    ['-0.000001', -1n],
    ['-1234567890123.000009', -1_234_567_890_123_000_009n],
  ])('reads and writes %s', (text, micros) => {
    expect(parseMicros(text)).toBe(micros);
    expect(formatMicros(micros)).toBe(text);
  });

  it.each([
    ...['', '1', '1.0', '1.00000', '1.0000000', '.500000', '-.500000', '01.000000', '+1.000000'],
    ...['-0.000000', '1,000000', '1.000000 ', '1e6', '1.00000e', '١.000000', 'NaN', '1.000000\n'],
    `${'9'.repeat(60)}.000000`,
  ])('refuses %j', (text) => {
    expect(() => parseMicros(text)).toThrow(expect.objectContaining({ code: 'bad-decimal' }));
  });

  it('has one text for each value', () => {
    const anything = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
    fc.assert(fc.property(anything, (n) => parseMicros(formatMicros(n)) === n));
  });
});

describe('register values', () => {
  it.each([
    ['101.01', { digits: 10_101n, scale: 2 }],
    ['0', { digits: 0n, scale: 0 }],
    ['0.00', { digits: 0n, scale: 2 }],
    ['-7.123456789', { digits: -7_123_456_789n, scale: 9 }],
    ['000123.4', undefined],
    ['1.', undefined],
    ['.1', undefined],
    ['-0.0', undefined],
    ['1.0123456789', undefined],
    ['0x10', undefined],
  ])('keeps the decimals of %s as written, or refuses', (text, decimal) => {
    if (decimal) expect(parseDecimal(text)).toEqual(decimal);
    else expect(() => parseDecimal(text)).toThrow(Refusal);
  });

  it('become micros only when no digit is lost', () => {
    expect(toMicros(parseDecimal('101.01'))).toBe(101_010_000n);
    expect(toMicros(parseDecimal('7'))).toBe(7_000_000n);
    expect(toMicros(parseDecimal('-0.123456000'))).toBe(-123_456n);
    const tooFine = expect.objectContaining({
      code: 'too-many-decimals',
      params: { text: '0.0000001' },
    });
    expect(() => toMicros(parseDecimal('0.0000001'))).toThrow(tooFine);
  });

  it('are written with the decimals asked for', () => {
    expect(formatDecimal(5n, 3)).toBe('0.005');
    expect(formatDecimal(-12_345n, 2)).toBe('-123.45');
    expect(formatDecimal(42n, 0)).toBe('42');
  });
});

describe('rounding', () => {
  it.each([
    [5n, 2n, { up: 3n, even: 2n, down: 2n }],
    [7n, 2n, { up: 4n, even: 4n, down: 3n }],
    [-5n, 2n, { up: -3n, even: -2n, down: -2n }],
    [5n, -2n, { up: -3n, even: -2n, down: -2n }],
    [4n, 3n, { up: 1n, even: 1n, down: 1n }],
    [5n, 3n, { up: 2n, even: 2n, down: 1n }],
    [0n, 9n, { up: 0n, even: 0n, down: 0n }],
  ])('%s / %s', (numerator, denominator, { up, even, down }) => {
    expect(roundDiv(numerator, denominator, 'half-up')).toBe(up);
    expect(roundDiv(numerator, denominator, 'half-even')).toBe(even);
    expect(roundDiv(numerator, denominator, 'down')).toBe(down);
  });

  it('is never further than half from the quotient, and the same for both signs', () => {
    const numbers = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
    const denominators = fc.bigInt({ min: 1n, max: 10n ** 12n });
    fc.assert(
      fc.property(numbers, denominators, (n, d) => {
        for (const mode of ['half-up', 'half-even'] as const) {
          const rest = n - roundDiv(n, d, mode) * d;
          expect((rest < 0n ? -rest : rest) * 2n <= d).toBe(true);
          expect(roundDiv(-n, d, mode)).toBe(-roundDiv(n, d, mode));
        }
        expect(roundDiv(n, d, 'down')).toBe(n / d);
      }),
    );
  });

  it('treats a zero denominator as our own mistake', () => {
    expect(() => roundDiv(1n, 0n, 'down')).toThrow('denominator');
    expect(powerOfTen(25)).toBe(10n ** 25n);
  });
});
