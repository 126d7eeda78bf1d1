import { fromBase64 } from '../../ledger/core/bytes.ts';
import {
  verifyConsistency,
  verifyInclusion,
  verifySubtreeConsistency,
  verifySubtreeInclusion,
} from '../../ledger/core/merkle.ts';

interface InclusionVector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly start: number;
  readonly end: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
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
}

/** A file of transparency-dev/merkle's test data, by the folder that it lies in. */
export type MerkleVector = { readonly name: string; readonly wantErr: boolean } & (
  | { readonly folder: 'inclusion' | 'subtreeinclusion'; readonly vector: InclusionVector }
  | { readonly folder: 'consistency' | 'subtreeconsistency'; readonly vector: ConsistencyVector }
);

/** The folders of the test data, and how many vectors each must have. */
export const MERKLE_FOLDERS = [
  { folder: 'inclusion', count: 98 },
  { folder: 'consistency', count: 98 },
  { folder: 'subtreeinclusion', count: 204 },
  { folder: 'subtreeconsistency', count: 118 },
] as const;

/** Whether the proof of a vector is accepted; runs in Node and in a browser alike. */
export function acceptsProof({ folder, vector }: MerkleVector): boolean {
  const proof = (vector.proof ?? []).map(fromBase64);
  switch (folder) {
    case 'inclusion': {
      const { leafIdx: index, treeSize: size, leafHash, root } = vector;
      return verifyInclusion({ index, size, ...inclusionHashes(leafHash, root), proof }).ok;
    }
    case 'subtreeinclusion': {
      const { leafIdx: index, start, end, leafHash, root } = vector;
      const hashes = inclusionHashes(leafHash, root);
      return verifySubtreeInclusion({ index, start, end, ...hashes, proof }).ok;
    }
    case 'consistency': {
      const [fromRoot, toRoot] = [fromBase64(vector.root1), fromBase64(vector.root2)];
      return verifyConsistency({ from: vector.size1, to: vector.size2, fromRoot, toRoot, proof })
        .ok;
    }
    case 'subtreeconsistency': {
      const { start, end, size } = vector;
      const [subtreeRoot, root] = [fromBase64(vector.root1), fromBase64(vector.root2)];
      return verifySubtreeConsistency({ start, end, size, subtreeRoot, root, proof }).ok;
    }
  }
}

function inclusionHashes(leaf: string, root: string) {
  return { leaf: fromBase64(leaf), root: fromBase64(root) };
}
