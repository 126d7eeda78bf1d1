import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decode, parseProfile, type RegisterPoint } from './device-profile.ts';
import { decodeDigits, displayText, encodeDigits } from './register-decode.ts';

function pointOf(decode: Decode, exp10: number): RegisterPoint {
  return { id: 'p', role: 'telemetry', type: 'holding', address: 0, decode, exp10, unit: 'kWh' };
}

function shown(decode: Decode, exp10: number, hex: string): string | undefined {
  const point = pointOf(decode, exp10);
  const digits = decodeDigits(point, Buffer.from(hex, 'hex'));
  return digits === undefined ? undefined : displayText(point, digits);
}

describe('a register', () => {
  it.each([
    ['uint16', -1, '0901', '230.5'],
    ['int16', 0, 'fffe', '-2'],
    ['uint32', -2, '00002710', '100.00'],
    ['uint32', -2, 'ffffffff', '42949672.95'],
    ['int32', -3, 'fffffc18', '-1.000'],
    ['uint64', -6, '00000000000f4240', '1.000000'],
    ['float32', -3, '42c80000', '100.000'],
    ['float32', -2, '447a199a', '1000.40'],
    ['float32', -3, '00000000', '0.000'],
    ['float32', -3, '00000001', '0.000'],
    ['float32', 0, '3f000000', '0'],
    ['float32', 0, '3fc00000', '2'],
    ['float32', 0, '40200000', '2'],
    ['float32', -2, '3e000000', '0.12'],
    ['float32', -1, 'c1200000', '-10.0'],
    ['float32', -3, '48000001', '131072.016'],
    ['float32', 0, '7f7fffff', '340282346638528859811704183484516925440'],
  ] as const)('%s x 10^%i with the words %s shows %s', (decode, exp10, hex, text) => {
    expect(shown(decode, exp10, hex)).toBe(text);
  });

  it.each(['7f800000', 'ff800000', '7fc00000'])('float32 %s shows no number', (hex) => {
    expect(shown('float32', -3, hex)).toBeUndefined();
  });

  it('float32 is the nearest decimal of the exact value, a tie going to the even digit', () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 0, max: 6 }),
        (value, decimals) => {
          const bytes = Buffer.alloc(4);
          bytes.writeFloatBE(value);
          const digits = decodeDigits(pointOf('float32', -decimals), bytes) ?? 0n;
          // value x 2^149 is an integer for every single, and exact in a double.
          const exact = BigInt(value * 2 ** 149) * 10n ** BigInt(decimals);
          const twice = (exact - digits * 2n ** 149n) * 2n;
          const distance = twice < 0n ? -twice : twice;
          expect(distance <= 2n ** 149n).toBe(true);
          if (distance === 2n ** 149n) expect(digits % 2n).toBe(0n);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('of integers is read as it was written', () => {
    const kinds = ['uint16', 'int16', 'uint32', 'int32', 'uint64'] as const;
    const bits = { uint16: 16, int16: 16, uint32: 32, int32: 32, uint64: 64 };
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (k, n) => {
          const wrap = k.startsWith('u') ? BigInt.asUintN : BigInt.asIntN;
          const digits = wrap(bits[k], n);
          const point = pointOf(k, -2);
          expect(decodeDigits(point, encodeDigits(point, digits))).toBe(digits);
        },
      ),
    );
  });

  it('loses nothing to the map that the loader lets through', () => {
    const link = {
      baud: 9600,
      parity: 'N',
      maxRegs: 9,
      maxHole: 0,
      gapMs: 0,
      timeoutMs: 9,
      retries: 0,
    };
    const billing = { ...pointOf('uint32', -2), role: 'billing', obis: '1-0:1.8.0' };
    const { points } = parseProfile({ model: 'M', link, points: [billing] });
    expect(points).toEqual([billing]);
  });
});
