import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockHeader, bytesOf, der, derInteger } from '../../../test/support/fabric-bytes.ts';
import { concat, fromHex, hex } from '../bytes.ts';
import { p256 } from '../p256.ts';
import { blockHeaderBytes, isLowS, rawSignature, readDer } from './der.ts';

const refused = expect.objectContaining({ code: 'fabric-format' });

describe('DER', () => {
  it('gives tag, content and whole of each value', () => {
    const long = der(4, new Uint8Array(300));
    const items = readDer(concat(der(2, Uint8Array.of(5)), long));
    expect(items.map(({ tag, content, whole }) => [tag, content.length, whole.length])).toEqual([
      [2, 1, 3],
      [4, 300, 304],
    ]);
  });

  it.each([
    ['no length', '30'],
    ['an indefinite length', '30800000'],
    ['a longer length than need be', '30810100'],
    ['a length with a zero before it', '3082008000'],
    ['a length of four bytes', '308400000001'],
    ['a value that is cut off', '300500'],
    ['a tag of two bytes', '1f8100'],
    ['bytes behind the last value', '020105ff'],
  ])('is refused with %s', (_, bytes) => {
    expect(() => readDer(fromHex(bytes))).toThrowError(refused);
  });

  it('never reads beyond its end, whatever it is given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          const length = readDer(bytes).reduce((sum, { whole }) => sum + whole.length, 0);
          expect(length).toBe(bytes.length);
        } catch (error) {
          expect(error).toEqual(refused);
        }
      }),
    );
  });
});

describe('a signature', () => {
  it('is r and s of 32 bytes each, as another implementation writes them', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    for (let i = 0; i < 50; i += 1) {
      const written = sign('sha256', bytesOf(`message ${i}`), privateKey);
      const raw = rawSignature(written);
      expect(raw).toHaveLength(64);
      const [r, s] = [raw.subarray(0, 32), raw.subarray(32)].map((half) =>
        BigInt(`0x${hex(half)}`),
      );
      expect(hex(der(0x30, derInteger(r ?? 0n), derInteger(s ?? 0n)))).toBe(hex(written));
    }
  });

  it.each([
    ['nothing in it', '3000'],
    ['a negative number', '3006020181020101'],
    ['a zero that need not be', '300702020001020101'],
    ['an empty number', '30050200020101'],
    ['a third number', '3009020101020101020101'],
    ['bytes behind it', '300602010102010100'],
    ['a value behind it', '30060201010201013000'],
    ['33 bytes', `3026022101${'00'.repeat(32)}020101`],
    ['another type', '3006040101020101'],
  ])('is refused with %s', (_, bytes) => {
    expect(() => rawSignature(fromHex(bytes))).toThrowError(refused);
  });

  it('counts as low up to half of the order', () => {
    const withS = (s: bigint) => fromHex(`${'00'.repeat(32)}${s.toString(16).padStart(64, '0')}`);
    const half = p256.order / 2n;
    expect([isLowS(withS(1n)), isLowS(withS(half)), isLowS(withS(half + 1n))]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('the header of a block', () => {
  it('is written as Fabric writes it', () => {
    // Block 6 of the recorded network, and its hash as block 7 names it.
    const previous = fromHex('45ec82011a2bb844482394ef2b9d6fec9a356a01ca1087820dd55b16266a3318');
    const data = fromHex('aaf6a457b71e13066e7dc329f03951240473504b261c234a444ac1c2f6bb5536');
    const header = blockHeaderBytes(6, previous, data);
    expect(hex(header)).toBe(`30470201060420${hex(previous)}0420${hex(data)}`);
    expect(createHash('sha256').update(header).digest('hex')).toBe(
      '38757d0647a47145ddd17ecb49059f896b11eec01a71d21bc1ea1afa63d787d2',
    );
  });

  it('holds numbers up to 2^53 - 1', () => {
    const hash = new Uint8Array(32);
    for (const number of [0, 1, 127, 128, 255, 256, 32767, 32768, 2 ** 32, 2 ** 53 - 1]) {
      expect(hex(blockHeaderBytes(number, hash, hash))).toBe(hex(blockHeader(number, hash, hash)));
    }
  });
});
