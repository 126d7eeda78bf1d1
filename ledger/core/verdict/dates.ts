import { parseCheckpoint } from '../checkpoint.ts';
import { checkPolicy, type PolicyFulfilled, parseTrustPolicy } from '../trust-policy.ts';
import type { VerifyOptions } from '../verdict.ts';
import type { Case } from './case.ts';
import { isConsistent } from './check-history.ts';

/** Everything that stands before `size` in the log was there at `atMs`, by the word of others. */
export interface Dated {
  readonly size: number;
  readonly atMs: number;
}

/** The date that a quorum gives a checkpoint, if the policy asks for one. */
export function datedBy({ quorumTimeS }: PolicyFulfilled, size: number): Dated[] {
  return quorumTimeS === undefined ? [] : [{ size, atMs: quorumTimeS * 1000 }];
}

/**
 * When witnesses had seen the checkpoints before the bundle's own, which `checkSigned` looks at. Only witnesses
 * of the verifier's own trust file date anything: those that the file names may be the operator's.
 */
export function earlierDates(opened: Case, { trust }: VerifyOptions): Dated[] {
  if (trust === undefined) return [];
  const policy = parseTrustPolicy(trust, opened.primitives.sha256);
  if (policy.quorum === undefined) return [];
  return opened.bundle.earlier.flatMap(({ checkpoint: note, consistency }) => {
    const checkpoint = parseCheckpoint(note);
    if (!isConsistent(opened, checkpoint, consistency)) return [];
    const kept = checkPolicy(policy, checkpoint, opened.primitives);
    return kept.ok ? datedBy(kept, checkpoint.size) : [];
  });
}
