import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fromBase64 } from '../ledger/core/bytes.ts';
import {
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from '../ledger/core/merkle.ts';

const vectors = new URL(
  '../../shared/fixtures/vectors/transparency-dev-merkle/testdata/',
  import.meta.url,
);

interface InclusionVector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly start: number;
  readonly end: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

interface ConsistencyVector {
  readonly size1: number;
  readonly size2: number;
  readonly start: number;
  readonly end: number;
  readonly size: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

function load<Vector>(folder: string): { name: string; vector: Vector }[] {
  const root = fileURLToPath(new URL(`${folder}/`, vectors));
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({
      name,
      vector: JSON.parse(readFileSync(join(root, name), 'utf8')),
    }));
}

function hashes(proof: readonly string[] | null): Uint8Array[] {
  return (proof ?? []).map(fromBase64);
}

describe('inclusion vectors of transparency-dev/merkle', () => {
  const cases = load<InclusionVector>('inclusion');

  it('are all there', () => {
    expect(cases).toHaveLength(98);
  });

  it.each(cases)('$name', ({ vector }) => {
    const verdict = verifyInclusion({
      index: vector.leafIdx,
      size: vector.treeSize,
      leaf: fromBase64(vector.leafHash),
      proof: hashes(vector.proof),
      root: fromBase64(vector.root),
    });
    expect(verdict.ok).toBe(!vector.wantErr);
  });
});

describe('consistency vectors of transparency-dev/merkle', () => {
  const cases = load<ConsistencyVector>('consistency');

  it('are all there', () => {
    expect(cases).toHaveLength(98);
  });

  it.each(cases)('$name', ({ vector }) => {
    const verdict = verifyConsistency({
      from: vector.size1,
      to: vector.size2,
      fromRoot: fromBase64(vector.root1),
      toRoot: fromBase64(vector.root2),
      proof: hashes(vector.proof),
    });
    expect(verdict.ok).toBe(!vector.wantErr);
  });
});

describe('subtree inclusion vectors of transparency-dev/merkle', () => {
  const cases = load<InclusionVector>('subtreeinclusion');

  it('are all there', () => {
    expect(cases).toHaveLength(204);
  });

  it.each(cases)('$name', ({ vector }) => {
    const verdict = verifySubtreeInclusion({
      index: vector.leafIdx,
      start: vector.start,
      end: vector.end,
      leaf: fromBase64(vector.leafHash),
      proof: hashes(vector.proof),
      root: fromBase64(vector.root),
    });
    expect(verdict.ok).toBe(!vector.wantErr);
  });
});

describe('subtree consistency vectors of transparency-dev/merkle', () => {
  const cases = load<ConsistencyVector>('subtreeconsistency');

  it('are all there', () => {
    expect(cases).toHaveLength(118);
  });

  it.each(cases)('$name', ({ vector }) => {
    const verdict = verifySubtreeConsistency({
      start: vector.start,
      end: vector.end,
      size: vector.size,
      subtreeRoot: fromBase64(vector.root1),
      root: fromBase64(vector.root2),
      proof: hashes(vector.proof),
    });
    expect(verdict.ok).toBe(!vector.wantErr);
  });
});
