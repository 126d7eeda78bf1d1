import { hex } from '../../core/bytes.ts';
import { readBlockHeader } from '../../core/ethereum/block-header.ts';
import type { KnownBlock } from '../../core/ethereum/network.ts';
import type { EthereumReceipt } from '../../core/ethereum/receipt.ts';
import { attempt } from '../../core/refusal.ts';
import type { RpcCall } from './json-rpc.ts';
import { memberOf } from './node-link.ts';

/**
 * The blocks that receipts lead to and that a node calls final on their chain. So the node is
 * believed, and nobody else; it sees which blocks are asked for, and no bill. Throws `ChainUnavailable`.
 */
export async function confirmedBlocks(
  call: RpcCall,
  receipts: readonly EthereumReceipt[],
): Promise<KnownBlock[]> {
  if (receipts.length === 0) return [];
  const chainId = Number(await call('eth_chainId', []));
  const final = numberOf(await call('eth_getBlockByNumber', ['finalized', false]));
  const confirmed: KnownBlock[] = [];
  for (const { chainId: claimed, headers } of receipts) {
    const last = headers.at(-1);
    if (claimed !== chainId || last === undefined) continue;
    // One that cannot be read is for the verdict to tell.
    const header = attempt(() => readBlockHeader(last));
    if (header === undefined) continue;
    const { number, hash } = header;
    if (final === undefined || number > final) continue;
    const there = await call('eth_getBlockByNumber', [`0x${number.toString(16)}`, false]);
    if (memberOf(there, 'hash') === `0x${hex(hash)}`) confirmed.push({ chainId, hash });
  }
  return confirmed;
}

function numberOf(block: unknown): number | undefined {
  const number = memberOf(block, 'number');
  return typeof number === 'string' ? Number(number) : undefined;
}
