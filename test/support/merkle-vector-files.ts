import { readdirSync, readFileSync } from 'node:fs';
import type { MerkleVector } from './merkle-vectors.ts';

/** Where the test data of transparency-dev/merkle lies among the fixtures. */
export const MERKLE_VECTORS = 'vectors/transparency-dev-merkle/testdata/';

/** The vectors of one folder of transparency-dev/merkle, in the order of their names. */
export function readMerkleVectors(testdata: URL, folder: MerkleVector['folder']): MerkleVector[] {
  const root = new URL(`${folder}/`, testdata);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const vector = JSON.parse(readFileSync(new URL(name.replaceAll('\\', '/'), root), 'utf8'));
      return { folder, name, wantErr: vector.wantErr, vector };
    });
}
