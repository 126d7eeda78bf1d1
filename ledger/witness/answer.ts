/** What a witness says to a checkpoint; `docs/cli.md` has the status code of each. */
export type WitnessAnswer =
  /** Its cosignature lines, each with its newline. */
  | { readonly kind: 'cosigned'; readonly lines: string }
  /** It has cosigned a tree of `size` last, and the proof must start there. */
  | { readonly kind: 'conflict'; readonly size: number }
  | {
      readonly kind: /** No request of this protocol, or a tree smaller than its own old size. */
        | 'malformed'
        /** No trusted key has signed, or a signature does not fit. */
        | 'not-signed'
        | 'unknown-log'
        /** The tree does not continue the one that was cosigned before. */
        | 'inconsistent';
      readonly why: string;
    };
