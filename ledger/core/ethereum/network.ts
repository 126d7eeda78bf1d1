/** What a verifier knows of the contract that anchors a log before it sees a receipt. */
export interface EthereumNetwork {
  /** EIP-155. */
  readonly chainId: number;
  /** Its address: `0x` and 40 digits in lower case. */
  readonly contract: string;
  /** Keccak-256 of its runtime code, in which the log's name is: `contracts/code-hash.ts` computes it. */
  readonly codeHash: Uint8Array;
  /** Hashes of blocks that are known to be the chain's; there may be none. */
  readonly blocks: readonly Uint8Array[];
}

/** A block that a verifier knows otherwise. Chains can have the same accounts, and no header names its chain. */
export interface KnownBlock {
  readonly chainId: number;
  readonly hash: Uint8Array;
}

/** Chain ids of nodes that make up a chain for development (Hardhat and Anvil, Ganache). */
export const LOCAL_CHAINS: ReadonlySet<number> = new Set([1337, 31337]);
