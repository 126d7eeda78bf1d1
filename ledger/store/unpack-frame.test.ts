import { constants, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { contentSize, unpackFrame } from './unpack-frame.ts';

const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

describe('unpackFrame', () => {
  // Sizes on both sides of each way in which a frame writes its length.
  it.each([1, 255, 256, 257, 65_791, 65_792, 16_777_216, 20_000_000])(
    'unpacks %i bytes, which the frame announces',
    (length) => {
      const text = Buffer.alloc(length, 'billproof ');
      const frame = zstdCompressSync(text, FASTEST);
      expect(contentSize(frame)).toBe(length);
      expect(unpackFrame(frame).equals(text)).toBe(true);
    },
  );

  it('unpacks frames that announce nothing, or too little', () => {
    const text = Buffer.alloc(100_000, 'billproof ');
    const params = { ...FASTEST.params, [constants.ZSTD_c_contentSizeFlag]: 0 };
    const silent = zstdCompressSync(text, { params });
    expect(contentSize(silent)).toBe(0);
    expect(unpackFrame(silent).equals(text)).toBe(true);
    expect(unpackFrame(Buffer.alloc(0))).toEqual(Buffer.alloc(0));
  });

  it('refuses what is no frame', () => {
    for (const bytes of [Buffer.from('billproof'), Buffer.alloc(40, 0xff), Buffer.of(0x28)]) {
      expect(() => unpackFrame(bytes)).toThrow(expect.objectContaining({ code: 'store-damaged' }));
    }
  });
});
