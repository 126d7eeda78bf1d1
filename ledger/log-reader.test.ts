import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SampleLog } from '../test/ports/sample-log.ts';
import { auditPath, prefixProof, treeHash } from '../test/reference/rfc6962.ts';
import { concat, hex } from './core/bytes.ts';
import { CompactRange } from './core/compact-range.ts';
import { EMPTY_ROOT, leafHash } from './core/merkle.ts';
import { decodeEntries, tileWidth } from './core/tiles.ts';
import {
  entriesTile,
  hashTile,
  proveConsistency,
  proveInclusion,
  rootAt,
  treeBorder,
  treeReader,
} from './log-reader.ts';
import { SqliteStore } from './store/sqlite/sqlite-store.ts';

const SITE = 'tower-a';
const SIZE = 66_000;
const folder = mkdtempSync(join(tmpdir(), 'billproof-log-'));
const log = new SampleLog(SITE);
let store: SqliteStore;
let leaves: Uint8Array[];

beforeAll(() => {
  store = new SqliteStore(join(folder, 'ledger.db'));
  const origin = `bills.example/log/${SITE}`;
  store.createSite({ site: SITE, origin, currency: 'CNY', zone: 'UTC', vkey: 'v' }, 1);
  for (let step = 1; log.events.length < SIZE; step += 1) {
    const lead = Math.min(1 + ((step * 977) % 3000), SIZE - log.events.length);
    store.commit([log.grow({ lead, batches: [] })], step);
  }
  leaves = log.commitments.map((commitment) => leafHash(commitment));
});
afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

describe('tiles', () => {
  const tile = (level: number, index: number, width: number, size = SIZE) =>
    hashTile(store, SITE, { level, index, width }, size);

  it('of level 0 are the leaf hashes, full and partial', () => {
    expect(hex(tile(0, 0, 256) ?? EMPTY_ROOT)).toBe(hex(concat(...leaves.slice(0, 256))));
    expect(hex(tile(0, 3, 17) ?? EMPTY_ROOT)).toBe(hex(concat(...leaves.slice(768, 785))));
    const last = Math.floor(SIZE / 256);
    expect(hex(tile(0, last, SIZE % 256) ?? EMPTY_ROOT)).toBe(
      hex(concat(...leaves.slice(last * 256))),
    );
  });

  it('of higher levels are the roots of what lies below', () => {
    const roots = Array.from({ length: 256 }, (_, i) =>
      treeHash(log.commitments.slice(i * 256, (i + 1) * 256)),
    );
    expect(hex(tile(1, 0, 256) ?? EMPTY_ROOT)).toBe(hex(concat(...roots)));
    expect(hex(tile(2, 0, 1) ?? EMPTY_ROOT)).toBe(hex(treeHash(log.commitments.slice(0, 65_536))));
  });

  it('do not exist beyond the published tree, though the store has the leaves', () => {
    expect(tile(0, 0, 100, 100)?.length).toBe(3200);
    for (const [level, index, width, size] of [
      [0, 0, 101, 100],
      [0, 0, 256, 255],
      [0, 1, 1, 256],
      [1, 0, 1, 255],
      [1, 0, 2, 511],
      [2, 0, 1, 65_535],
      [3, 0, 1, SIZE],
      [0, 0, 0, SIZE],
    ] as const) {
      expect(tile(level, index, width, size)).toBeUndefined();
    }
  });

  it('of entries hold the commitments and nothing else', () => {
    for (const [index, size] of [
      [0, SIZE],
      [257, SIZE],
      [2, 700],
    ] as const) {
      const width = tileWidth(0, index, size);
      const bytes = entriesTile(store, SITE, { index, width }, size) ?? EMPTY_ROOT;
      expect(decodeEntries(bytes, width).map(hex)).toEqual(
        log.commitments.slice(index * 256, index * 256 + width).map(hex),
      );
    }
    expect(entriesTile(store, SITE, { index: 2, width: 189 }, 700)).toBeUndefined();
    expect(entriesTile(store, SITE, { index: 3, width: 1 }, 700)).toBeUndefined();
  });
});

describe('proofs out of the store', () => {
  const sizes = [1, 2, 255, 256, 257, 511, 513, 700];

  it('are those of the reference', () => {
    for (const size of sizes) {
      const entries = log.commitments.slice(0, size);
      const read = treeReader(store, SITE, size);
      expect(hex(rootAt(store, SITE, size))).toBe(hex(treeHash(entries)));
      for (const index of [0, size >> 1, size - 1]) {
        expect(proveInclusion(read, index, size).map(hex)).toEqual(
          auditPath(index, entries).map(hex),
        );
      }
      for (const from of sizes.filter((smaller) => smaller <= size)) {
        expect(proveConsistency(read, from, size).map(hex)).toEqual(
          prefixProof(from, entries).map(hex),
        );
      }
    }
  });

  it('start from the root of nothing', () => {
    expect(hex(rootAt(store, SITE, 0))).toBe(hex(EMPTY_ROOT));
  });

  it('let a tree grow on from any size to the same root', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: SIZE }), (size) => {
        const range = CompactRange.restore(treeBorder(store, SITE, size));
        expect(hex(range.root())).toBe(hex(rootAt(store, SITE, size)));
        for (const leaf of leaves.slice(size, size + 300)) range.append(leaf);
        expect(hex(range.root())).toBe(hex(rootAt(store, SITE, Math.min(size + 300, SIZE))));
      }),
      { numRuns: 15 },
    );
    expect(hex(rootAt(store, SITE, SIZE))).toBe(hex(log.tree.root()));
  });
});
