import { equalBytes } from '../core/bytes.ts';
import { parseCheckpoint, verifyCheckpoint } from '../core/checkpoint.ts';
import { readFabricReceipt } from '../core/fabric/receipt.ts';
import { verifyFabricReceipt } from '../core/fabric/verify-receipt.ts';
import { Refusal } from '../core/refusal.ts';
import { parseVerifierKey } from '../core/signed-note.ts';
import type { TrustedAnchor } from '../core/trusted-anchor.ts';
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
  const primitives = nativePrimitives();
  try {
    const checkpoint = parseCheckpoint(anchor.note);
    const signed = verifyCheckpoint(checkpoint, parseVerifierKey(vkey), primitives);
    if (!signed.ok) return signed;
    const { size, root } = checkpoint;
    const isOurs = size <= store.size(site).leaves && equalBytes(rootAt(store, site, size), root);
    if (!isOurs) return failure('anchor-fork', `The store has another root for ${size} events.`);
    const read = readFabricReceipt(JSON.parse(receipt), '');
    const named = trusted.find(
      ({ network }) => network.channel === read.channel && network.chaincode === read.chaincode,
    );
    if (named === undefined) {
      const detail = `No network named ${read.channel} is trusted.`;
      return failure('anchor-unknown-network', detail);
    }
    const found = verifyFabricReceipt(read, checkpoint, named.network, primitives);
    if (!found.ok) return found;
    if (found.validity === 'proven') return VERIFIED;
    return failure('anchor-unproven', 'Nobody states that its transaction was valid.');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return failure(error.code, error.message);
  }
}
