import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex, u64be } from './bytes.ts';
import { CompactRange } from './compact-range.ts';
import { leafHash, verifyConsistency, verifyInclusion } from './merkle.ts';
import { consistencyProof, inclusionProof, treeRoot } from './merkle-proofs.ts';
import { sha256 } from './primitives.ts';
import { Refusal } from './refusal.ts';
import { hashesFromTiles, type TileReader, tilesNeeded } from './tile-hashes.ts';
import { encodeHashTile, type HashTile, tilePath } from './tiles.ts';

/** A log of 66,100 leaves: two full levels of tiles, partial ones on all three. */
const SIZE = 66_100;
const levels: Uint8Array[][] = [[], [], []];
const roots = new Map<number, Uint8Array>();
const range = new CompactRange();
for (let i = 0; i < SIZE; i++) {
  const leaf = leafHash(u64be(i));
  levels[0]?.push(leaf);
  range.append(leaf, (level, _index, hash) => {
    if (level % 8 === 0) levels[level / 8]?.push(hash);
  });
  if (i % 61 === 0 || i === SIZE - 1) roots.set(i + 1, range.root());
}
const sizes = [...roots.keys()];
const someSize = fc.constantFrom(...sizes);

const readTile: TileReader = ({ level, index, width }) =>
  encodeHashTile((levels[level] ?? []).slice(index * 256, index * 256 + width));

function rootAt(size: number): Uint8Array {
  const root = roots.get(size);
  if (root === undefined) throw new Error(`no root was kept at ${size}`);
  return root;
}

function paths(tiles: readonly HashTile[]): string[] {
  return tiles.map(({ level, index, width }) => tilePath(level, index, width));
}

describe('hashes out of tiles', () => {
  it('make the root, any inclusion proof and any consistency proof', () => {
    fc.assert(
      fc.property(someSize, someSize, fc.nat(), (a, b, far) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const index = far % to;
        const read = hashesFromTiles(to, readTile);
        const root = rootAt(to);
        expect(hex(treeRoot(to, read))).toBe(hex(root));
        const leaf = leafHash(u64be(index));
        const path = inclusionProof(index, to, read);
        expect(verifyInclusion({ index, size: to, leaf, proof: path, root })).toEqual({ ok: true });
        const proof = consistencyProof(from, to, read);
        const fromRoot = rootAt(from);
        expect(verifyConsistency({ from, to, fromRoot, toRoot: root, proof })).toEqual({
          ok: true,
        });
      }),
      { numRuns: 60 },
    );
  });

  it('read each tile once', () => {
    const reads: HashTile[] = [];
    const read = hashesFromTiles(SIZE, (tile) => {
      reads.push(tile);
      return readTile(tile);
    });
    inclusionProof(0, SIZE, read);
    inclusionProof(255, SIZE, read);
    inclusionProof(100, SIZE, read);
    expect(paths(reads)).toEqual(['tile/0/000', 'tile/1/000', 'tile/1/001.p/2', 'tile/0/258.p/52']);
  });

  it('hash each inner node of a tile once, however often it is read', () => {
    let hashed = 0;
    const read = hashesFromTiles(SIZE, readTile, (data) => {
      hashed += 1;
      return sha256(data);
    });
    for (const _again of [1, 2]) {
      read(7, 0);
      read(7, 1);
      read(3, 5);
    }
    expect(hashed).toBe(127 + 127);
  });

  it('are foretold: the tiles needed are the tiles read', () => {
    fc.assert(
      fc.property(someSize, fc.nat(), (size, far) => {
        const reads: HashTile[] = [];
        const read = hashesFromTiles(size, (tile) => {
          reads.push(tile);
          return readTile(tile);
        });
        inclusionProof(far % size, size, read);
        const needed = tilesNeeded(size, (none) => inclusionProof(far % size, size, none));
        expect(paths(needed)).toEqual(paths(reads));
      }),
      { numRuns: 60 },
    );
  });

  it('refuse a tile of the wrong length', () => {
    const read = hashesFromTiles(300, () => new Uint8Array(31));
    expect(() => inclusionProof(0, 300, read)).toThrow(Refusal);
  });

  it('stop at a node that is not complete', () => {
    const read = hashesFromTiles(300, readTile);
    expect(() => read(8, 1)).toThrow('node 1 of level 8 is complete');
  });
});
