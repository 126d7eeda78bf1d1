import type { Bundle } from '../bundle.ts';
import { parseCheckpoint } from '../checkpoint.ts';
import { LOCAL_CHAINS } from '../ethereum/network.ts';
import { readEthereumReceipt } from '../ethereum/receipt.ts';
import { verifyEthereumReceipt } from '../ethereum/verify-receipt.ts';
import type { AnchoredRoot } from '../fabric/anchor-state.ts';
import { readFabricReceipt } from '../fabric/receipt.ts';
import { verifyFabricReceiptByAny } from '../fabric/verify-receipt.ts';
import { Refusal } from '../refusal.ts';
import { formatTime, parseTime } from '../time.ts';
import { parseTrustPolicy } from '../trust-policy.ts';
import { type TrustedAnchor, trustedChannels, trustedContract } from '../trusted-anchor.ts';
import type { Finding, VerifyOptions } from '../verdict.ts';
import type { Case } from './case.ts';
import { isConsistent } from './check-history.ts';
import type { Dated } from './dates.ts';
import type { LayerBook } from './layers.ts';

/**
 * Layer 9: whether a chain keeps a checkpoint that holds the bill. Verified only by a network that the
 * verifier's own trust file names, whose members are not all one machine, and which states that the
 * transaction was valid; whatever is less is said, and is never a proof. A false receipt is a failure.
 * Answers the dates that proofs give, also of checkpoints from before the bill.
 */
export function checkAnchored(opened: Case, options: VerifyOptions, layers: LayerBook): Dated[] {
  const trusted = trustedAnchors(opened, options);
  const dates: Dated[] = [];
  const check = { opened, options, layers, trusted, dates };
  let count = 0;
  for (const { anchored, receipts, pointer } of anchoredCheckpoints(opened)) {
    for (const [i, value] of receipts.fabric.entries()) {
      const at = `${pointer}/fabric/${i}`;
      if (count++ < MOST_RECEIPTS) checkFabric(value, anchored, { ...check, at });
    }
    for (const [i, value] of receipts.ethereum.entries()) {
      const at = `${pointer}/ethereum/${i}`;
      if (count++ < MOST_RECEIPTS) checkEthereum(value, anchored, { ...check, at });
    }
  }
  if (count > MOST_RECEIPTS) layers.add(9, 'not-present', { code: 'anchor-unread', params: {} });
  if (!layers.has(9)) layers.add(9, 'not-present', { code: 'anchor-none', params: {} });
  return dates;
}

/** A bill has one or two; each takes some milliseconds, and a hostile one a second at most. */
const MOST_RECEIPTS = 8;

interface Check {
  readonly opened: Case;
  readonly options: VerifyOptions;
  readonly layers: LayerBook;
  readonly trusted: readonly TrustedAnchor[];
  readonly dates: Dated[];
  /** Pointer of the receipt. */
  readonly at: string;
}

function checkFabric(value: unknown, anchored: AnchoredRoot, check: Check): void {
  const { opened, options, layers, trusted, at } = check;
  const receipt = readFabricReceipt(value, at);
  const { channel } = receipt;
  const networks = trustedChannels(trusted);
  const found = verifyFabricReceiptByAny(receipt, anchored, networks, opened.primitives);
  if (found === undefined) {
    layers.add(9, 'not-present', { code: 'anchor-unknown-network', params: { channel } });
    return;
  }
  if (!found.ok) {
    layers.fail(9, found.code, found.params, at);
    return;
  }
  const params = {
    ...{ channel, block: found.blockNumber, at: formatTime(found.claimedTimeMs) },
    endorsers: found.endorsers.join(', '),
    ...{ orderers: found.consenters.length, quorum: found.quorum, size: anchored.size },
  };
  tell('anchored', shortOf(found, options), params, anchored, check);
}

function checkEthereum(value: unknown, anchored: AnchoredRoot, check: Check): void {
  const { options, layers, trusted, at } = check;
  const receipt = readEthereumReceipt(value, at);
  const { chainId } = receipt;
  const channel = `chain ${chainId}`;
  const network = trustedContract(trusted, receipt);
  if (network === undefined) {
    layers.add(9, 'not-present', { code: 'anchor-unknown-network', params: { channel } });
    return;
  }
  const known = (options.blocks ?? []).filter((block) => block.chainId === chainId);
  const blocks = [...network.blocks, ...known.map(({ hash }) => hash)];
  const found = verifyEthereumReceipt(receipt, anchored, { ...network, blocks });
  if (!found.ok) {
    layers.fail(9, found.code, found.params, at);
    return;
  }
  const params = {
    ...{ channel, block: found.blockNumber, hash: found.blockHash, size: anchored.size },
    at: formatTime(found.blockTimeMs),
  };
  tell('anchored-public', shortOfPublic(chainId, found, options), params, anchored, check);
}

/** What a whole receipt is worth: of a checkpoint from before the bill only its date. */
function tell(
  proof: string,
  short: string | undefined,
  params: Finding['params'] & { readonly at: string },
  { size }: AnchoredRoot,
  { opened, layers, dates }: Check,
): void {
  if (short === undefined) dates.push({ size, atMs: parseTime(params.at) });
  if (size <= opened.bundle.statement.index) return;
  const status = short === undefined ? 'verified' : 'not-present';
  layers.add(9, status, { code: short ?? proof, params });
}

function shortOfPublic(
  chainId: number,
  found: { readonly trust: string },
  { trust }: VerifyOptions,
): string | undefined {
  if (LOCAL_CHAINS.has(chainId)) return 'anchored-local';
  if (trust === undefined) return 'anchored-by-file';
  return found.trust === 'pinned' ? undefined : 'anchored-block-open';
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

/** The bundle's checkpoint, and those before it. */
function* anchoredCheckpoints(opened: Case): Generator<AnchoredCheckpoint> {
  const { bundle, checkpoint } = opened;
  yield { anchored: checkpoint, receipts: bundle.anchors, pointer: '/anchors' };
  for (const [i, { checkpoint: note, consistency, anchors }] of bundle.earlier.entries()) {
    if (anchors.fabric.length + anchors.ethereum.length === 0) continue;
    const anchored = parseCheckpoint(note);
    // What does not fit is told by layer 10; here it proves nothing. Under the name of another log the same
    // tree can be anchored beside the one that everybody sees.
    if (anchored.origin !== checkpoint.origin || !isConsistent(opened, anchored, consistency))
      continue;
    yield { anchored, receipts: anchors, pointer: `/earlier/${i}/anchors` };
  }
}
