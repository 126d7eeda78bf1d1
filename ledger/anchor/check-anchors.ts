import { equalBytes } from '../core/bytes.ts';
import { type Checkpoint, parseCheckpoint, verifyCheckpoint } from '../core/checkpoint.ts';
import { readEthereumReceipt } from '../core/ethereum/receipt.ts';
import { verifyEthereumReceipt } from '../core/ethereum/verify-receipt.ts';
import { readFabricReceipt } from '../core/fabric/receipt.ts';
import { verifyFabricReceiptByAny } from '../core/fabric/verify-receipt.ts';
import { Refusal } from '../core/refusal.ts';
import { parseVerifierKey } from '../core/signed-note.ts';
import { type TrustedAnchor, trustedChannels, trustedContract } from '../core/trusted-anchor.ts';
import { failure, VERIFIED, type Verification } from '../core/verification.ts';
import { rootAt } from '../log-reader.ts';
import { nativePrimitives } from '../native-primitives.ts';
import type { SiteRow, StoreReader } from '../store/port.ts';
import type { Anchor } from './anchor-store.ts';

/**
 * Whether an anchor that the store holds is one: the log's signature, the store's own root of that size, and
 * the receipt by the networks given. Codes: those of checkpoints and receipts, `anchor-fork`,
 * `anchor-unknown-network`, `anchor-unproven`.
 */
export function checkAnchor(
  store: StoreReader,
  { site, vkey }: SiteRow,
  anchor: Anchor,
  receipt: string,
  trusted: readonly TrustedAnchor[],
): Verification {
  try {
    const checkpoint = parseCheckpoint(anchor.note);
    const signed = verifyCheckpoint(checkpoint, parseVerifierKey(vkey), nativePrimitives());
    if (!signed.ok) return signed;
    const { size, root } = checkpoint;
    const isOurs = size <= store.size(site).leaves && equalBytes(rootAt(store, site, size), root);
    if (!isOurs) return failure('anchor-fork', `The store has another root for ${size} events.`);
    const value: unknown = JSON.parse(receipt);
    const check = anchor.kind === 'fabric' ? checkFabric : checkEthereum;
    return check(value, checkpoint, trusted);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return failure(error.code, error.message);
  }
}

function checkFabric(
  value: unknown,
  checkpoint: Checkpoint,
  trusted: readonly TrustedAnchor[],
): Verification {
  const receipt = readFabricReceipt(value, '');
  const networks = trustedChannels(trusted);
  const found = verifyFabricReceiptByAny(receipt, checkpoint, networks, nativePrimitives());
  if (found === undefined) return unknownNetwork(receipt.channel);
  if (!found.ok || found.validity === 'proven') return found.ok ? VERIFIED : found;
  return failure('anchor-unproven', 'Nobody states that its transaction was valid.');
}

/** The blocks themselves are not looked up here: a chain that is asked each time tells more. */
function checkEthereum(
  value: unknown,
  checkpoint: Checkpoint,
  trusted: readonly TrustedAnchor[],
): Verification {
  const receipt = readEthereumReceipt(value, '');
  const { chainId, contract } = receipt;
  const network = trustedContract(trusted, receipt);
  if (network === undefined) return unknownNetwork(`${contract} on chain ${chainId}`);
  const found = verifyEthereumReceipt(receipt, checkpoint, network);
  return found.ok ? VERIFIED : found;
}

function unknownNetwork(name: string): Verification {
  return failure('anchor-unknown-network', `No network named ${name} is trusted.`);
}
