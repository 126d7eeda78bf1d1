import { parseCheckpoint, type SignedCheckpoint } from '../checkpoint.ts';
import { checkPolicy, parseTrustPolicy } from '../trust-policy.ts';
import type { VerifyOptions } from '../verdict.ts';
import type { Case } from './case.ts';
import { isConsistent } from './check-history.ts';

/** Everything that stands before `size` in the log was there at `atMs`, by the word of others. */
export interface Dated {
  readonly size: number;
  readonly atMs: number;
}

/**
 * When witnesses had seen the bundle's checkpoint and those before it. Only witnesses of the verifier's own
 * trust file date anything: those that the file names may be the operator's.
 */
export function witnessedDates(opened: Case, { trust }: VerifyOptions): Dated[] {
  if (trust === undefined) return [];
  const policy = parseTrustPolicy(trust, opened.primitives.sha256);
  if (policy.quorum === undefined) return [];
  return checkpointsOf(opened).flatMap((checkpoint) => {
    const kept = checkPolicy(policy, checkpoint, opened.primitives);
    if (!kept.ok || kept.quorumTimeS === undefined) return [];
    return { size: checkpoint.size, atMs: kept.quorumTimeS * 1000 };
  });
}

function checkpointsOf(opened: Case): SignedCheckpoint[] {
  const earlier = opened.bundle.earlier.flatMap(({ checkpoint: note, consistency }) => {
    const checkpoint = parseCheckpoint(note);
    return isConsistent(opened, checkpoint, consistency) ? checkpoint : [];
  });
  return [opened.checkpoint, ...earlier];
}
