/** Peers of so many of these organisations (MSP ids) have to endorse. */
export interface EndorsementPolicy {
  readonly threshold: number;
  readonly organisations: readonly string[];
}

/** What a verifier knows of a channel before it sees a receipt. */
export interface FabricNetwork {
  readonly channel: string;
  readonly chaincode: string;
  readonly endorsement: EndorsementPolicy;
  /** Hash of the header of the configuration block (genesis, as a rule) that all trust starts from. */
  readonly pinned: Uint8Array;
}
