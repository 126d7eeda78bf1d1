import { base64 } from '../bytes.ts';
import type { JsonObject } from '../canonical-json.ts';
import { encodedBytes, integer, list, object, type Read, text } from '../shape.ts';

/** Largest header or node of a proof; most headers, nodes to the account, nodes to the storage. */
export const MAX_PART_BYTES = 4096;
export const MAX_HEADERS = 256;
export const MAX_ACCOUNT_NODES = 64;
export const MAX_STORAGE_NODES = 256;

const bytes = encodedBytes(MAX_PART_BYTES);

/**
 * An item of `anchors.ethereum` in a bundle. Refuses `bad-shape`. `headers` are those of the block whose
 * state is shown and of blocks after it, in RLP, in order; `account` the trie nodes from its state root to
 * the contract, `storage` those from there to every slot that counts (`verify-receipt.ts`), each once.
 */
export const readEthereumReceipt = object({
  chainId: integer(1),
  contract: text(/^0x[0-9a-f]{40}$/),
  headers: list(bytes, MAX_HEADERS),
  account: list(bytes, MAX_ACCOUNT_NODES),
  storage: list(bytes, MAX_STORAGE_NODES),
});

/** What a public chain holds about one checkpoint; nothing in it is believed yet. */
export type EthereumReceipt = Read<typeof readEthereumReceipt>;

/** The receipt as it lies in a bundle. */
export function formatEthereumReceipt(receipt: EthereumReceipt): JsonObject {
  const { chainId, contract, headers, account, storage } = receipt;
  return {
    ...{ chainId, contract },
    headers: headers.map(base64),
    account: account.map(base64),
    storage: storage.map(base64),
  };
}
