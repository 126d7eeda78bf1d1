import { createHash } from 'node:crypto';

/**
 * RFC 6962 section 2.1 word for word: recursive, slow and obviously right. The fast code is compared
 * with it. `leaves` are entries, not hashes.
 */
export function treeHash(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return digest();
  if (leaves.length === 1) return digest(Uint8Array.of(0), only);
  const k = split(leaves.length);
  return digest(Uint8Array.of(1), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

/** PATH(m, D[n]) of section 2.1.1. */
export function auditPath(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...auditPath(m, leaves.slice(0, k)), treeHash(leaves.slice(k))]
    : [...auditPath(m - k, leaves.slice(k)), treeHash(leaves.slice(0, k))];
}

/** PROOF(m, D[n]) of section 2.1.2. */
export function prefixProof(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  return subtreeProof(0, m, leaves);
}

/**
 * PROOF for the subtree `[start, end)`, the generalisation in the Merkle tree certificates draft. It
 * is SUBPROOF of RFC 6962 where `start` is 0. `known`: the verifier has the hash of the part itself.
 */
export function subtreeProof(
  start: number,
  end: number,
  leaves: readonly Uint8Array[],
  known = true,
): Uint8Array[] {
  if (start === 0 && end === leaves.length) return known ? [] : [treeHash(leaves)];
  const k = split(leaves.length);
  const left = leaves.slice(0, k);
  const right = leaves.slice(k);
  if (end <= k) return [...subtreeProof(start, end, left, known), treeHash(right)];
  if (start >= k) return [...subtreeProof(start - k, end - k, right, known), treeHash(left)];
  return [...subtreeProof(0, end - k, right, false), treeHash(left)];
}

/** The largest power of two smaller than n. */
function split(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

function digest(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}
