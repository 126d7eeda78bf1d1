import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { billCode, readBillCode } from './bill-code.ts';

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const randomBytes = fc.uint8Array({ minLength: 7, maxLength: 7 });

describe('the code under the QR', () => {
  it.each([
    ['00000000000000', '0000-0000-0000'],
    ['00000000000001', '1000-0000-0007'],
    ['7fffffffffffff', 'ZZZZ-ZZZZ-ZZZK'],
    ['0123456789abcd', 'DYAK-RKN8-390Q'],
  ])('of the random bytes %s is %s', (hex, code) => {
    expect(billCode(Uint8Array.from(Buffer.from(hex, 'hex')))).toBe(code);
  });

  it('is read back however it is typed', () => {
    fc.assert(
      fc.property(randomBytes, (random) => {
        const code = billCode(random);
        const symbols = code.replaceAll('-', '');
        expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
        const asTyped = [
          code,
          symbols,
          code.toLowerCase(),
          ` ${code.replaceAll('-', ' ')} `,
          symbols.replaceAll('0', 'o').replaceAll('1', 'l'),
          symbols.replaceAll('0', 'O').replaceAll('1', 'I'),
        ];
        expect(asTyped.map(readBillCode)).toEqual(asTyped.map(() => symbols));
      }),
    );
  });

  it('with any one symbol mistyped, or any two exchanged, is no code', () => {
    fc.assert(
      fc.property(randomBytes, (random) => {
        const symbols = [...billCode(random).replaceAll('-', '')];
        for (const [i, right] of symbols.entries()) {
          for (const wrong of SYMBOLS) {
            if (wrong === right) continue;
            expect(readBillCode(symbols.with(i, wrong).join(''))).toBeUndefined();
          }
          for (const [j, other] of symbols.entries()) {
            if (other === right) continue;
            const exchanged = symbols.with(i, other).with(j, right).join('');
            expect(readBillCode(exchanged)).toBeUndefined();
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each(['', 'DYAK-RKN8-390', 'DYAK-RKN8-390Q0', 'DYAK-RKN8-39UQ', 'ＤYAK-RKN8-390Q', '-'])(
    'is not %j',
    (typed) => {
      expect(readBillCode(typed)).toBeUndefined();
    },
  );
});
