import { AnchoredLog } from '../../contracts/anchored-log.ts';
import { anchorCodeHash } from '../../contracts/interface/anchor-code.ts';
import { sampleSigners } from '../../contracts/sample-signers.ts';
import { artifact, openTestChain, type TestChain } from '../../contracts/test-chain.ts';
import { fromHex, utf8 } from '../../ledger/core/bytes.ts';
import type { Checkpoint } from '../../ledger/core/checkpoint.ts';
import type { EthereumNetwork } from '../../ledger/core/ethereum/network.ts';
import { leafHash, nodeHash } from '../../ledger/core/merkle.ts';
import { type HashReader, treeRoot } from '../../ledger/core/merkle-proofs.ts';
import { sha256 } from '../../ledger/core/primitives.ts';

/** A chain that makes the same blocks each time, with a contract that anchors a log on it. */
export interface AnchoredChain {
  readonly chain: TestChain;
  /** What a verifier knows of the contract; of blocks, none. */
  readonly network: EthereumNetwork;
  readonly checkpoint: (size: number) => Checkpoint;
  /** Makes blocks in which nothing of the contract changes, each with a transfer to a new account. */
  readonly mine: (count: number) => Promise<void>;
}

/** Anchors each of the ascending sizes, one a block. Entry i of the log is SHA-256("entry <i>"). */
export async function openAnchoredChain(
  origin: string,
  sizes: readonly number[],
): Promise<AnchoredChain> {
  const chain = everyTwelveSeconds(await openTestChain({ startsAt: '2026-09-01T00:00:00Z' }));
  const log = await AnchoredLog.deploy(chain, read, sampleSigners(2), undefined, origin);
  await log.anchor(...sizes);
  const { address } = log.contract;
  return {
    chain,
    network: {
      chainId: Number(chain.chainId),
      contract: address.toLowerCase(),
      codeHash: fromHex(anchorCodeHash(origin, artifact)),
      blocks: [],
    },
    checkpoint: (size) => ({ origin, size, root: treeRoot(size, read) }),
    mine: async (count) => {
      for (let i = 0; i < count; i += 1) {
        const to = `0x${(0xabcdef00 + i).toString(16).padStart(40, '0')}`;
        const transfer = { from: chain.accounts[1], to, value: '0x1' };
        await chain.request('eth_sendTransaction', [transfer]);
      }
    },
  };
}

const read: HashReader = (level, index) => {
  if (level === 0) return leafHash(sha256(utf8(`entry ${index}`)));
  return nodeHash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1));
};

/** Time does not depend on when the test runs, and so neither do the hashes of blocks. */
function everyTwelveSeconds(chain: TestChain): TestChain {
  let timeS = Date.parse('2026-09-01T00:00:00Z') / 1000;
  return {
    ...chain,
    request: async (method, params) => {
      if (method === 'eth_sendTransaction') {
        timeS += 12;
        await chain.request('evm_setNextBlockTimestamp', [`0x${timeS.toString(16)}`]);
      }
      return chain.request(method, params);
    },
  };
}

/** A chain of an older fork, with one block after its first. */
export async function openForkChain(hardfork: string): Promise<TestChain> {
  const chain = await openTestChain({ hardfork });
  await chain.request('evm_mine', []);
  return chain;
}
