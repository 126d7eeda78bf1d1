import { equalBytes } from './bytes.ts';
import { type SignedCheckpoint, verifyCheckpoint } from './checkpoint.ts';
import { type Primitives, portable } from './primitives.ts';
import type { VerifierKey } from './signed-note.ts';
import { failure, VERIFIED, type Verification } from './verification.ts';

/**
 * Whether two checkpoints prove that the log of `key` has shown two histories: it signed both, of one
 * size, with two roots. Anybody can check that offline, and only who holds the key can make such a pair.
 * Two sizes prove nothing by themselves: of those the smaller tree may be a part of the larger.
 * Failures: those of `verifyCheckpoint`, `equivocation-sizes`, `equivocation-same-tree`.
 */
export function verifyEquivocation(
  one: SignedCheckpoint,
  other: SignedCheckpoint,
  key: VerifierKey,
  primitives: Primitives = portable,
): Verification {
  for (const checkpoint of [one, other]) {
    const signed = verifyCheckpoint(checkpoint, key, primitives);
    if (!signed.ok) return signed;
  }
  if (one.size !== other.size) {
    const sizes = `${one.size} and ${other.size}`;
    return failure('equivocation-sizes', `Trees of ${sizes} entries may be of one history.`);
  }
  if (!equalBytes(one.root, other.root)) return VERIFIED;
  return failure('equivocation-same-tree', 'Both checkpoints are of the same tree.');
}
