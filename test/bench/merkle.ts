import { CompactRange } from '../../ledger/core/compact-range.ts';
import { rootFromInclusion } from '../../ledger/core/merkle.ts';
import { sha256Bytes } from '../../ledger/writer/fast-hash.ts';
import { report } from './figure.ts';

/** `merkle`: growing a tree, and checking an inclusion proof in one of 2^24 leaves. */
export function merkle(): void {
  const leaves = 300_000;
  const tree = new CompactRange(sha256Bytes);
  const leaf = new Uint8Array(32).fill(7);
  const startedMs = performance.now();
  for (let i = 0; i < leaves; i += 1) tree.append(leaf);
  const note = 'compact range, native hashing, one thread';
  const seconds = (performance.now() - startedMs) / 1e3;
  report({ bench: 'merkle-append', value: leaves / seconds, unit: 'leaves/s', n: leaves, note });
  const proof = Array.from({ length: 24 }, (_, i) => new Uint8Array(32).fill(i));
  const checks = 5_000;
  const checkedMs = performance.now();
  for (let i = 0; i < checks; i += 1) rootFromInclusion(i, 2 ** 24, leaf, proof, sha256Bytes);
  report({
    bench: 'merkle-inclusion',
    value: ((performance.now() - checkedMs) * 1e3) / checks,
    unit: 'us/proof',
    n: checks,
    note: '24 hashes, native hashing',
  });
}
