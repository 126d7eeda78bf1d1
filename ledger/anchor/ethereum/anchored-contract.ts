import { readAnchorArtifact } from '../../../contracts/interface/anchor-artifact.ts';
import { anchorCodeHash } from '../../../contracts/interface/anchor-code.ts';
import { fromHex } from '../../core/bytes.ts';
import type { EthereumNetwork } from '../../core/ethereum/network.ts';

/** What readers check the receipts of a log's contract against; its code is that of this repository. */
export function contractNetwork(
  origin: string,
  place: {
    readonly chainId: number;
    readonly contract: string;
    readonly blocks?: readonly string[];
  },
): EthereumNetwork {
  const { chainId, contract, blocks = [] } = place;
  const codeHash = fromHex(anchorCodeHash(origin, readAnchorArtifact()));
  return { chainId, contract, codeHash, blocks: blocks.map(fromHex) };
}
