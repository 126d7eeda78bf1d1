import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { anchorStorePath } from '../anchor/anchoring.ts';
import { SqliteAnchorStore } from '../anchor/sqlite-anchor-store.ts';
import { WitnessedNotes, witnessedNotesPath } from '../witness/witnessed-notes.ts';
import { SqliteDatedCheckpoints } from './sqlite-dated-checkpoints.ts';

const SITE = 'tower';
const PLACE = { kind: 'fabric', network: 'real', place: '{}' } as const;

let dataDir: string;
let dated: SqliteDatedCheckpoints;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'billproof-dated-'));
  dated = new SqliteDatedCheckpoints(dataDir);
});
afterEach(() => rmSync(dataDir, { recursive: true }));

it('finds nothing where there are no files, and makes none', () => {
  expect(dated.kept(SITE, 1)).toBeUndefined();
  expect(dated.anchored(SITE, ['one'], 1)).toEqual([]);
  expect(readdirSync(dataDir)).toEqual([]);
  dated.close();
});

it('finds what comes later, the smallest that holds enough, of the chains asked for in their order', () => {
  expect(dated.kept(SITE, 1)).toBeUndefined();
  const notes = new WitnessedNotes(witnessedNotesPath(dataDir));
  notes.keep(SITE, { size: 5, note: 'five' }, 1_000_000);
  notes.keep(SITE, { size: 9, note: 'nine' }, 2_000_000);
  expect([4, 6, 10].map((size) => dated.kept(SITE, size))).toEqual([
    { size: 5, note: 'five' },
    { size: 9, note: 'nine' },
    undefined,
  ]);
  const anchors = new SqliteAnchorStore(anchorStorePath(dataDir));
  for (const [chain, size] of [
    ['one', 3],
    ['one', 8],
    ['two', 6],
    ['three', 7],
  ] as const) {
    const anchor = { ...PLACE, size, note: `${size}`, atMs: size };
    anchors.record({ site: SITE, chain }, anchor, `{"size":${size}}`);
  }
  const found = (size: number) => ({
    ...{ kind: 'fabric', size, note: `${size}`, atMs: size, receipt: `{"size":${size}}` },
  });
  expect(dated.anchored(SITE, ['two', 'one'], 4)).toEqual([found(6), found(8)]);
  expect(dated.anchored(SITE, ['two', 'one'], 7)).toEqual([found(8)]);
  expect(dated.anchored('other', ['two', 'one'], 1)).toEqual([]);
  anchors.close();
  notes.close();
  dated.close();
  // The last to close folds the log of changes into its file.
  for (const path of [witnessedNotesPath(dataDir), anchorStorePath(dataDir)]) {
    expect(existsSync(`${path}-wal`)).toBe(false);
  }
});
