import { readFileSync } from 'node:fs';
import { Refusal } from '../../ledger/core/refusal.ts';
import { parseTrustPolicy, type TrustPolicy } from '../../ledger/core/trust-policy.ts';

/** The policy of a trust file. Refuses `policy-unreadable`, and what `parseTrustPolicy` refuses. */
export function readTrustFile(file: string): TrustPolicy {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new Refusal('policy-unreadable', `The trust file ${file} cannot be read.`, { file });
  }
  return parseTrustPolicy(text);
}
