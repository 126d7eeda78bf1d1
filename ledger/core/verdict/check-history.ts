import { hashList } from '../bundle.ts';
import { equalBytes, fromHex, hex } from '../bytes.ts';
import { parseCheckpoint, verifyCheckpoint } from '../checkpoint.ts';
import { logNames } from '../log-names.ts';
import { verifyConsistency } from '../merkle.ts';
import type { Finding, Seen, VerifyOptions } from '../verdict.ts';
import type { Case } from './case.ts';
import type { LayerBook } from './layers.ts';

/**
 * Layer 10: the bundle's tree continues the tree that this verifier saw before. Every earlier
 * checkpoint in the bundle is checked as well, since a signed one that does not fit proves a fork.
 */
export function checkHistory(opened: Case, options: VerifyOptions, layers: LayerBook): void {
  const { checkpoint } = opened;
  for (const [i, earlier] of opened.bundle.earlier.entries()) {
    const before = parseCheckpoint(earlier.checkpoint);
    const signed = verifyCheckpoint(before, opened.key, opened.primitives);
    if (!signed.ok) layers.fail(10, signed.code, { origin: before.origin }, `/earlier/${i}`);
    else if (!isConsistent(opened, before, earlier.consistency)) {
      const params = { seen: before.size, size: checkpoint.size };
      layers.fail(10, 'earlier-forked', params, `/earlier/${i}`);
    }
  }
  const seen = options.remembered;
  if (seen === undefined || seen.origin !== checkpoint.origin) {
    layers.add(10, 'not-present', firstUse(opened));
    return;
  }
  const params = { seen: seen.size, size: checkpoint.size };
  if (seen.size === checkpoint.size) {
    if (seen.root === hex(checkpoint.root)) {
      layers.add(10, 'verified', { code: 'history-same', params });
    } else layers.fail(10, 'history-forked', params);
    return;
  }
  const proof = proofFrom(opened, seen);
  if (proof === undefined && options.asked && seen.size < checkpoint.size) {
    // Every log can show how it grew from a state that it has signed, unless it is another one.
    layers.fail(10, 'history-withheld', params);
  } else if (proof === undefined) {
    layers.add(10, 'not-present', { code: 'history-no-proof', params });
  } else if (isConsistent(opened, { size: seen.size, root: fromHex(seen.root) }, proof)) {
    layers.add(10, 'verified', { code: 'history-consistent', params });
  } else {
    layers.fail(10, 'history-forked', params);
  }
}

/** A log that took the place of another one is a new log, and says so: what was lost is not in it. */
function firstUse({ bundle, facts }: Case): Finding {
  const [newest, before] = logNames(bundle.log.origin, facts);
  if (newest === undefined || before === undefined)
    return { code: 'history-first-use', params: {} };
  const { from: kept, signed } = newest;
  return { code: 'history-succeeded', params: { origin: before.origin, signed, kept } };
}

/** The bundle's own consistency proof from the remembered size, if it has one. */
function proofFrom(opened: Case, seen: Seen): readonly string[] | undefined {
  return opened.bundle.earlier.find(
    ({ checkpoint }) => parseCheckpoint(checkpoint).size === seen.size,
  )?.consistency;
}

/** Whether the bundle's tree continues an earlier one. */
export function isConsistent(
  opened: Case,
  before: { readonly size: number; readonly root: Uint8Array },
  proof: readonly string[],
): boolean {
  const { size, root } = opened.checkpoint;
  if (before.size > size) return false;
  if (before.size === size) return proof.length === 0 && equalBytes(before.root, root);
  const { sha256 } = opened.primitives;
  return verifyConsistency(
    { from: before.size, to: size, fromRoot: before.root, toRoot: root, proof: hashList(proof) },
    sha256,
  ).ok;
}
