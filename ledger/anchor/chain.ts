import type { JsonObject } from '../core/canonical-json.ts';
import type { Checkpoint, SignedCheckpoint } from '../core/checkpoint.ts';
import type { TrustedAnchor } from '../core/trusted-anchor.ts';

/** A checkpoint on its way to a chain: `proof` shows that it continues `head`, the newest one there. */
export interface AnchorTask {
  readonly checkpoint: SignedCheckpoint;
  /** The whole signed note. */
  readonly note: string;
  readonly head: Checkpoint | undefined;
  /** RFC 6962 consistency proof from `head`; empty for the first. */
  readonly proof: readonly Uint8Array[];
}

/** A transaction that is ready to be sent, as often as it takes: a chain takes it at most once. */
export interface PreparedAnchor {
  /** The chain's own name for it. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

/**
 * What became of a transaction. `unknown`: the chain has not heard of it, so send it (again);
 * `waiting`: it has, and has not decided for good; `void`: it never had and never will have an effect.
 */
export type AnchorOutcome =
  | { readonly state: 'anchored' }
  | { readonly state: 'unknown' | 'waiting' }
  | { readonly state: 'void'; readonly why: string };

/** Proof that a checkpoint is anchored, already checked by the rules of `ledger/core`. */
export interface AnchorReceipt {
  /** An item of `anchors` in a bundle. */
  readonly receipt: JsonObject;
  /** `development`: a chain that one machine plays; it vouches for nothing. */
  readonly network: 'real' | 'development';
  /** The time that the receipt gives, in milliseconds. */
  readonly atMs: number;
  /** What the event `anchor.confirmed` says of the place: the same for every receipt of one anchor. */
  readonly place: JsonObject;
}

/** Which list of `anchors` in a bundle the receipts of a chain belong to. */
export type ChainKind = 'fabric' | 'ethereum';

/**
 * The port between the ledger and a chain that keeps checkpoints. Every method may throw
 * `ChainUnavailable`: nothing is known then, ask again later. A `Refusal` is an answer that time alone
 * does not change: the contract said no, or the other side does not do what was asked. No method
 * leaves anything behind on our side; what must survive a crash is the caller's to keep.
 */
export interface AnchorChain {
  readonly kind: ChainKind;
  /** What a reader checks its receipts against. */
  readonly trusted: TrustedAnchor;
  /** Names this very network, not only its kind: a new network begins without anchors. */
  readonly name: string;
  /** The newest checkpoint of a log there. */
  head(origin: string): Promise<Checkpoint | undefined>;
  /**
   * Makes a transaction, and makes sure that it does what was asked and nothing else. Nothing has
   * happened on the chain yet. Refuses what the contract refuses, and `anchor-transaction`.
   */
  prepare(task: AnchorTask): Promise<PreparedAnchor>;
  /** Sends it. After an error it may have arrived all the same: `outcome` tells. */
  submit(prepared: PreparedAnchor): Promise<void>;
  /** What became of it, once that is certain or `patienceMs` have passed. */
  outcome(prepared: PreparedAnchor, patienceMs: number): Promise<AnchorOutcome>;
  /**
   * The proof that a checkpoint is anchored, whoever sent it. Refuses `anchor-missing` when it is
   * not, and whatever the check of the receipt finds.
   */
  receipt(checkpoint: Checkpoint): Promise<AnchorReceipt>;
  close(): void;
}

/** The chain did not answer, or not in a way that tells anything. */
export class ChainUnavailable extends Error {
  readonly code = 'chain-unavailable';
}
