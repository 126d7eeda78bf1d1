import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex, utf8 } from './bytes.ts';
import { Refusal } from './refusal.ts';
import {
  decodeEntries,
  decodeHashTile,
  encodeEntries,
  encodeHashTile,
  entriesPath,
  parseTilePath,
  tilePath,
  tilesBetween,
  tileWidth,
} from './tiles.ts';

function refusalOf(act: () => unknown): { code: string; params: unknown } {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, params: error.params };
    throw error;
  }
  return { code: 'accepted', params: {} };
}

describe('tile paths', () => {
  it('are written as C2SP tlog-tiles says', () => {
    expect(tilePath(0, 1234067)).toBe('tile/0/x001/x234/067');
    expect(tilePath(63, 0, 1)).toBe('tile/63/000.p/1');
    expect(tilePath(1, 999, 256)).toBe('tile/1/999');
    expect(entriesPath(1000, 255)).toBe('tile/entries/x001/000.p/255');
  });

  it('are read back to what they were written from', () => {
    const width = fc.integer({ min: 1, max: 256 });
    fc.assert(
      fc.property(fc.nat({ max: 63 }), fc.maxSafeNat(), width, (level, index, w) => {
        expect(parseTilePath(tilePath(level, index, w))).toEqual({
          kind: 'hashes',
          level,
          index,
          width: w,
        });
        expect(parseTilePath(entriesPath(index, w))).toEqual({ kind: 'entries', index, width: w });
      }),
    );
  });

  it.each([
    '',
    'tile/0',
    'tile/0/0',
    'tile/0/0001',
    'tile/00/000',
    'tile/01/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/x000/001',
    'tile/0/x001',
    'tile/0/001/002',
    'tile/0/X001/002',
    'tile/0/000.p/0',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/1000',
    'tile/0/000.p/',
    'tile/0/000/',
    '/tile/0/000',
    'tile/0/000\n',
    'tile/entries',
    'tile/data/000',
    'tile/0/x009/x007/x199/x254/x740/992',
    'tile/0/x001/x000/x000/x000/x000/x000/000',
    'tile/0/٠٠٠',
    'tile/../checkpoint',
  ])('refuse %j', (path) => {
    expect(refusalOf(() => parseTilePath(path))).toEqual({ code: 'bad-tile-path', params: {} });
  });

  it('stop at numbers that are no tile', () => {
    expect(() => tilePath(0, -1)).toThrow('-1 is the index of a tile');
    expect(() => tilePath(64, 0)).toThrow('64 is a tile level');
    expect(() => tilePath(0, 0, 0)).toThrow('0 is a tile width');
    expect(() => entriesPath(0, 257)).toThrow('257 is a tile width');
  });
});

describe('the tiles of a tree', () => {
  it('of 70,000 leaves are those of the example in C2SP tlog-tiles', () => {
    const tiles = [...tilesBetween(0, 70_000)].map(({ level, width }) => `${level}:${width}`);
    const count = (tile: string): number => tiles.filter((other) => other === tile).length;
    expect([count('0:256'), count('0:112'), count('1:256'), count('1:17'), count('2:1')]).toEqual([
      273, 1, 1, 1, 1,
    ]);
    expect(tiles).toHaveLength(277);
  });

  it('that are new are the ones whose width has grown, and no others', () => {
    const growth = fc.tuple(fc.nat({ max: 200_000 }), fc.nat({ max: 3_000 }));
    fc.assert(
      fc.property(growth, ([from, more]) => {
        const to = from + more;
        const wanted: string[] = [];
        for (let level = 0; level < 4; level++) {
          for (let index = 0; tileWidth(level, index, to) > 0; index++) {
            const width = tileWidth(level, index, to);
            if (width !== tileWidth(level, index, from)) wanted.push(tilePath(level, index, width));
          }
        }
        const got = [...tilesBetween(from, to)].map((t) => tilePath(t.level, t.index, t.width));
        expect(got).toEqual(wanted);
      }),
      { numRuns: 50 },
    );
  });

  it('have no width beyond the border', () => {
    expect([tileWidth(0, 0, 0), tileWidth(0, 1, 257), tileWidth(1, 0, 257)]).toEqual([0, 1, 1]);
    expect(tileWidth(0, 2, 257)).toBe(0);
  });
});

describe('tile bytes', () => {
  const hashes = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

  it('are the hashes one after the other', () => {
    const bytes = encodeHashTile(hashes);
    expect(hex(bytes)).toBe('01'.repeat(32) + '02'.repeat(32));
    expect(decodeHashTile(bytes, 2)).toEqual(hashes);
  });

  it('refuse another number of hashes, and stop at what is no tile', () => {
    expect(refusalOf(() => decodeHashTile(encodeHashTile(hashes), 3))).toEqual({
      code: 'bad-tile',
      params: { found: 64, wanted: 96 },
    });
    expect(() => encodeHashTile([])).toThrow('1 to 256 hashes');
    expect(() => encodeHashTile([new Uint8Array(31)])).toThrow('32 bytes');
  });
});

describe('entry bundles', () => {
  it('have a two-byte length before each entry', () => {
    expect(hex(encodeEntries([utf8('ab'), new Uint8Array(0), utf8('c')]))).toBe(
      '000261620000000163',
    );
  });

  it('give back the entries they were made of', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 256 });
    fc.assert(
      fc.property(entries, (some) => {
        expect(decodeEntries(encodeEntries(some), some.length)).toEqual(some);
      }),
    );
  });

  it('take an entry of 65,535 bytes and refuse one more', () => {
    expect(encodeEntries([new Uint8Array(0xffff)])).toHaveLength(2 + 0xffff);
    expect(refusalOf(() => encodeEntries([new Uint8Array(0x10000)]))).toEqual({
      code: 'entry-too-long',
      params: { length: 65536 },
    });
  });

  it.each([
    ['nothing', '', 1],
    ['half a length', '00', 1],
    ['an entry that is cut', '000261', 1],
    ['too few entries', '000161', 2],
    ['too many entries', '000161000162', 1],
    ['a byte after the last entry', '00016100', 1],
  ])('refuse %s', (_what, text, width) => {
    const bytes = Uint8Array.from(Buffer.from(text, 'hex'));
    expect(refusalOf(() => decodeEntries(bytes, width))).toEqual({
      code: 'bad-entries',
      params: { width },
    });
  });
});
