import { verifyCheckpoint } from '../checkpoint.ts';
import { formatTime } from '../time.ts';
import { checkPolicy, parseTrustPolicy } from '../trust-policy.ts';
import type { VerifyOptions } from '../verdict.ts';
import type { Case } from './case.ts';
import { type Dated, datedBy } from './dates.ts';
import type { LayerBook } from './layers.ts';

/**
 * Layer 8: the log's signature on the checkpoint, and the witness quorum of the policy: the verifier's
 * own where it has one, else the bundle's, which can only ask for more than nothing. Answers the date that
 * witnesses of the verifier's own give the checkpoint.
 */
export function checkSigned(opened: Case, options: VerifyOptions, layers: LayerBook): Dated[] {
  const { checkpoint, key, primitives, bundle } = opened;
  const { origin, size } = checkpoint;
  const signed = verifyCheckpoint(checkpoint, key, primitives);
  if (!signed.ok) {
    layers.fail(8, signed.code, { origin, size }, '/checkpoint');
    return [];
  }
  const policy = parseTrustPolicy(options.trust ?? bundle.policy, primitives.sha256);
  if (!policy.logs.some((log) => log.key.keyId === key.keyId && log.key.name === key.name)) {
    layers.fail(8, 'log-not-trusted', { origin }, '/policy');
    return [];
  }
  const kept = checkPolicy(policy, checkpoint, primitives);
  if (!kept.ok) {
    layers.fail(8, kept.code, { origin, size }, '/checkpoint');
    return [];
  }
  layers.add(8, 'verified', { code: 'signed-ok', params: { origin, size } });
  if (policy.quorum === undefined) {
    layers.add(8, 'not-present', { code: 'signed-no-witness-required', params: {} });
  } else {
    const names = kept.cosignatures.map(({ key }) => key.name).join(', ');
    const at = formatTime((kept.quorumTimeS ?? 0) * 1000);
    const params = { witnesses: kept.cosignatures.length, names, at };
    // Witnesses that only the file names may be the operator's own.
    const code = options.trust === undefined ? 'witnessed-by-file' : 'witnessed';
    layers.add(8, 'verified', { code, params });
  }
  return options.trust === undefined ? [] : datedBy(kept, size);
}
