import fc from 'fast-check';
import jsqr from 'jsqr';
import { expect, test } from 'vitest';
import { QR_SIZE, qrCode } from './qr-code.ts';

const SCALE = 4;
const QUIET = 4;

/** What a scanner reads, which is somebody else's program. */
function scanned(modules: readonly boolean[][]): string | undefined {
  const side = (QR_SIZE + 2 * QUIET) * SCALE;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const row = modules[Math.floor(y / SCALE) - QUIET];
      if (row?.[Math.floor(x / SCALE) - QUIET] !== true) continue;
      pixels.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
    }
  }
  const read = jsqr.default(pixels, side, side, { inversionAttempts: 'dontInvert' });
  return read === null ? undefined : new TextDecoder().decode(Uint8Array.from(read.binaryData));
}

const LINK =
  'https://bills.example.com/verify#bundle=/v1/statements/01a21970-91f5-7879-a582-a4b7b9951f54/bundle' +
  '&key=vid1yu6R0RjahK7MRtLPRA&c=tDQo7aM6TTw2XC1RF0j3EQ&a=861251';

test('the code of a link is read by a scanner', () => {
  const modules = qrCode(LINK);
  expect(modules?.map((row) => row.length)).toEqual(Array(QR_SIZE).fill(QR_SIZE));
  expect(scanned(modules ?? [])).toBe(LINK);
});

test('so is any text of up to 180 bytes', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 180 });
  const short = text.filter((value) => Buffer.byteLength(value) <= 180);
  fc.assert(
    fc.property(short, (value) => {
      expect(scanned(qrCode(value) ?? [])).toBe(value);
    }),
    { numRuns: 60 },
  );
  expect(scanned(qrCode('x'.repeat(180)) ?? [])).toBe('x'.repeat(180));
});

test('it is read although it has a stain', () => {
  const stained = qrCode(LINK)?.map((row, y) =>
    row.map((dark, x) => dark || (y > 19 && y < 32 && x > 12 && x < 25)),
  );
  expect(scanned(stained ?? [])).toBe(LINK);
});

test('a longer text has none', () => {
  expect(qrCode('x'.repeat(181))).toBeUndefined();
});
