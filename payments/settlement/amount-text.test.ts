import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNumberText, parseMinor, parseMinorText } from './amount-text.ts';

const EUROPEAN = { point: 0x2c, thousands: 0x2e };

function european(text: string, digits: number) {
  const bytes = Buffer.from(text);
  return parseMinor(bytes, 0, bytes.length, digits, EUROPEAN);
}

describe('an amount', () => {
  it('is exact, however many digits it has, for currencies of any number of decimals', () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 25n), 10n ** 25n),
        fc.nat(4),
        fc.nat(3),
        (units, digits, zeros) => {
          const text = written(units, digits) + (digits > 0 ? '0'.repeat(zeros) : '');
          expect(parseMinorText(text, digits)).toBe(units);
        },
      ),
    );
  });

  it('may leave decimals away, and never loses one', () => {
    expect(parseMinorText('12', 2)).toBe(1200n);
    expect(parseMinorText('12.5', 2)).toBe(1250n);
    expect(parseMinorText('12.500', 2)).toBe(1250n);
    expect(parseMinorText('12.501', 2)).toBe('too-fine');
    expect(parseMinorText('100.5', 0)).toBe('too-fine');
    expect(parseMinorText('+0.01', 2)).toBe(1n);
    expect(parseMinorText('-0.00', 2)).toBe(0n);
  });

  it('beyond 2^53 minor units stays exact', () => {
    expect(parseMinorText('90071992547409.93', 2)).toBe(9_007_199_254_740_993n);
    expect(parseMinorText('99999999999999999999.99', 2)).toBe(9_999_999_999_999_999_999_999n);
    expect(parseMinorText('9'.repeat(31), 2)).toBe('too-long');
  });

  it.each([
    ['', 'empty'],
    ['１２.00', 'full-width'],
    ['1.23E+15', 'scientific'],
    ['1e5', 'scientific'],
    ['1,286.40', 'not-an-amount'],
    ['12.', 'not-an-amount'],
    ['.5', 'not-an-amount'],
    ['-', 'not-an-amount'],
    ['--1', 'not-an-amount'],
    ['1-', 'not-an-amount'],
    ['1.2.3', 'not-an-amount'],
    ['0x10', 'not-an-amount'],
    ['NaN', 'not-an-amount'],
    ['1 000', 'not-an-amount'],
    ['=1+2', 'not-an-amount'],
    ['￥1', 'not-an-amount'],
  ])('%s is refused as %s', (text, why) => {
    expect(parseMinorText(text, 2)).toBe(why);
  });

  it('with a decimal comma and parted thousands is read only where the parts are of three', () => {
    expect(european('1.234.567,89', 2)).toBe(123_456_789n);
    expect(european('-1.234,5', 2)).toBe(-123_450n);
    expect(european('1234,5', 2)).toBe(123_450n);
    expect(european('1.234', 2)).toBe(123_400n);
    expect(
      ['1.23', '12.34,00', '1234.567,00', '.123,00', '1,2,3', '1.2345'].map((text) =>
        european(text, 2),
      ),
    ).toEqual(Array.from({ length: 6 }, () => 'not-an-amount'));
  });
});

describe('a number that something is found by', () => {
  it('is printable ASCII that no spreadsheet has shortened', () => {
    const good = ['4200002026090100000000001', 'BP7K2M9Q0001', 'txn_1E15', 'A+B', '1E', 'E+15'];
    expect(good.filter((text) => !isNumberText(text))).toEqual([]);
    const bad = ['1.23E+15', '4E+20', '1,2e+7', '４２', 'a\tb', '流水'];
    expect(bad.filter((text) => isNumberText(text))).toEqual([]);
  });
});

function written(units: bigint, digits: number): string {
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return `${units < 0n ? '-' : ''}${whole}${digits > 0 ? `.${text.slice(text.length - digits)}` : ''}`;
}
