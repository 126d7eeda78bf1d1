import { ChainUnavailable } from '../../ledger/anchor/chain.ts';
import { confirmedBlocks } from '../../ledger/anchor/ethereum/confirm-blocks.ts';
import { NodeLink } from '../../ledger/anchor/ethereum/node-link.ts';
import { isObject, type Json } from '../../ledger/core/canonical-json.ts';
import type { KnownBlock } from '../../ledger/core/ethereum/network.ts';
import { readEthereumReceipt } from '../../ledger/core/ethereum/receipt.ts';
import { Refusal } from '../../ledger/core/refusal.ts';

/** A bill brings one or two; more are not checked either. */
const MOST_RECEIPTS = 8;

/** The blocks of a bill's receipts that a node confirms. Refuses `node-unreachable`, `ethereum-rpc`. */
export async function knownBlocks(rpc: string, text: string): Promise<KnownBlock[]> {
  const link = new NodeLink(rpc);
  try {
    return await confirmedBlocks(link.call, receiptsIn(text));
  } catch (error) {
    if (!(error instanceof ChainUnavailable)) throw error;
    throw new Refusal('node-unreachable', `The node cannot be asked: ${error.message}`);
  } finally {
    link.close();
  }
}

/** Those that can be read; the verdict tells of the others. */
function receiptsIn(text: string) {
  let bundle: Json;
  try {
    bundle = JSON.parse(text);
  } catch {
    return [];
  }
  if (!isObject(bundle)) return [];
  const { anchors, earlier } = bundle;
  const lists = [anchors, ...(Array.isArray(earlier) ? earlier : []).map(anchorsOf)];
  const values = lists.flatMap((list) => {
    const receipts = isObject(list) ? list.ethereum : undefined;
    return Array.isArray(receipts) ? receipts : [];
  });
  return values.slice(0, MOST_RECEIPTS).flatMap((value) => {
    try {
      return readEthereumReceipt(value, '');
    } catch (error) {
      if (error instanceof Refusal) return [];
      throw error;
    }
  });
}

function anchorsOf(entry: Json): Json | undefined {
  return isObject(entry) ? entry.anchors : undefined;
}
