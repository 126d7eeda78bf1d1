import type { Checkpoint } from '../../core/checkpoint.ts';
import type { EthereumNetwork } from '../../core/ethereum/network.ts';

/** The way to the contract that anchors one log (`docs/evm-anchor.md`). */
export interface EthereumConnection {
  /** JSON-RPC of a node, `http:` or `https:`. A secret, where the node's owner puts a token in it. */
  readonly rpc: string;
  /** What receipts are checked against. */
  readonly network: EthereumNetwork;
  /**
   * The account that pays: `0x` and 64 hex digits. A secret. Nothing else may send from it, other logs
   * neither: a transaction of theirs would take the place of ours.
   */
  readonly senderKey: string;
  /** At least as many as the contract's threshold; the first that answer are taken. */
  readonly signers: readonly CheckpointSigner[];
  /** `finalized` where it is left out. */
  readonly finality?: Finality | undefined;
  /** Most that a unit of gas may cost, in wei; the account must hold it for a whole transaction. */
  readonly maxFeePerGas?: bigint | undefined;
  /** How long a call of the node may take. */
  readonly deadlineMs?: number | undefined;
}

/**
 * When an anchor counts: once the chain calls its block final, at once, or in the block that has so many
 * on top, itself included. What counted and is undone all the same shows as `anchor-lost`.
 */
export type Finality = 'finalized' | 'latest' | number;

/** One of the keys that the contract asks for. */
export interface CheckpointSigner {
  /** `0x` and 40 hex digits, in any case. */
  readonly address: string;
  readonly sign: SignCheckpoint;
}

/**
 * Signs the digest, or refuses. A signer in other hands believes nothing here: it computes the digest
 * from the place and the note, checks the note's own signature, and that the proof leads on from the
 * checkpoint that it signed before.
 */
export type SignCheckpoint = (request: SigningRequest) => Promise<CheckpointSignature>;

export interface SigningRequest {
  /** EIP-712, 32 bytes (`contracts/interface/checkpoint-digest.ts`). */
  readonly digest: Uint8Array;
  readonly chainId: number;
  readonly contract: string;
  /** The signed note of the checkpoint. */
  readonly note: string;
  /** The newest anchored checkpoint, if there is one, and the RFC 6962 proof from it. */
  readonly head: Checkpoint | undefined;
  readonly proof: readonly Uint8Array[];
}

/** A compact signature (ERC-2098), each part `0x` and 64 hex digits. */
export interface CheckpointSignature {
  readonly r: string;
  readonly yParityAndS: string;
}
