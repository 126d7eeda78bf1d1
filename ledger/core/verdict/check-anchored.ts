import type { Bundle } from '../bundle.ts';
import { parseCheckpoint } from '../checkpoint.ts';
import type { AnchoredRoot } from '../fabric/anchor-state.ts';
import { readFabricReceipt } from '../fabric/receipt.ts';
import { verifyFabricReceipt } from '../fabric/verify-receipt.ts';
import { Refusal } from '../refusal.ts';
import { formatTime } from '../time.ts';
import { parseTrustPolicy } from '../trust-policy.ts';
import type { TrustedAnchor } from '../trusted-anchor.ts';
import type { VerifyOptions } from '../verdict.ts';
import type { Case } from './case.ts';
import { isConsistent } from './check-history.ts';
import type { LayerBook } from './layers.ts';

/**
 * Layer 9: whether a chain keeps a checkpoint that holds the bill. Verified only by a network that the
 * verifier's own trust file names, whose members are not all one machine, and which states that the
 * transaction was valid; whatever is less is said, and is never a proof. A false receipt is a failure.
 */
export function checkAnchored(opened: Case, options: VerifyOptions, layers: LayerBook): void {
  const trusted = trustedAnchors(opened, options);
  for (const { anchored, receipts, pointer } of anchoredCheckpoints(opened)) {
    for (const [i, value] of receipts.fabric.entries()) {
      const at = `${pointer}/fabric/${i}`;
      checkFabric(value, anchored, { opened, options, layers, trusted, at });
    }
    if (receipts.ethereum.length > 0) {
      layers.add(9, 'not-present', { code: 'anchor-unread', params: {} });
    }
  }
  if (!layers.has(9)) layers.add(9, 'not-present', { code: 'anchor-none', params: {} });
}

interface Check {
  readonly opened: Case;
  readonly options: VerifyOptions;
  readonly layers: LayerBook;
  readonly trusted: readonly TrustedAnchor[];
  /** Pointer of the receipt. */
  readonly at: string;
}

function checkFabric(value: unknown, anchored: AnchoredRoot, check: Check): void {
  const { opened, options, layers, trusted, at } = check;
  const receipt = readFabricReceipt(value, at);
  const { channel, chaincode } = receipt;
  const named = trusted.find(
    ({ network }) => network.channel === channel && network.chaincode === chaincode,
  );
  if (named === undefined) {
    layers.add(9, 'not-present', { code: 'anchor-unknown-network', params: { channel } });
    return;
  }
  const found = verifyFabricReceipt(receipt, anchored, named.network, opened.primitives);
  if (!found.ok) {
    layers.fail(9, found.code, found.params, at);
    return;
  }
  const params = {
    ...{ channel, block: found.blockNumber, at: formatTime(found.claimedTimeMs) },
    endorsers: found.endorsers.join(', '),
    ...{ orderers: found.consenters.length, quorum: found.quorum, size: anchored.size },
  };
  const code = shortOf(found, options);
  if (code === undefined) layers.add(9, 'verified', { code: 'anchored', params });
  else layers.add(9, 'not-present', { code, params });
}

/** What is missing to a proof, the worst first. */
function shortOf(
  found: { readonly network: string; readonly validity: string },
  { trust }: VerifyOptions,
): string | undefined {
  if (found.network === 'development') return 'anchored-development';
  // A network that only the file names may be the operator's own, all of it.
  if (trust === undefined) return 'anchored-by-file';
  return found.validity === 'proven' ? undefined : 'anchored-unproven';
}

/** The networks of the verifier's trust file, or else of the bundle, to see whether it contradicts itself. */
function trustedAnchors({ bundle, primitives }: Case, { trust }: VerifyOptions) {
  try {
    return parseTrustPolicy(trust ?? bundle.policy, primitives.sha256).anchors;
  } catch (error) {
    // Layer 8 tells what is wrong with it.
    if (error instanceof Refusal) return [];
    throw error;
  }
}

interface AnchoredCheckpoint {
  readonly anchored: AnchoredRoot;
  readonly receipts: Bundle['anchors'];
  readonly pointer: string;
}

/** The bundle's checkpoint, and those before it that hold the bill too. */
function* anchoredCheckpoints(opened: Case): Generator<AnchoredCheckpoint> {
  const { bundle, checkpoint } = opened;
  yield { anchored: checkpoint, receipts: bundle.anchors, pointer: '/anchors' };
  for (const [i, { checkpoint: note, consistency, anchors }] of bundle.earlier.entries()) {
    if (anchors.fabric.length + anchors.ethereum.length === 0) continue;
    const anchored = parseCheckpoint(note);
    const holdsBill = anchored.size > bundle.statement.index;
    // What does not fit is told by layer 10; here it proves nothing.
    if (!holdsBill || !isConsistent(opened, anchored, consistency)) continue;
    yield { anchored, receipts: anchors, pointer: `/earlier/${i}/anchors` };
  }
}
