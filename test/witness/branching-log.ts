import { createHash } from 'node:crypto';
import { signCheckpoint } from '../../ledger/core/checkpoint.ts';
import { ED25519_NOTE, formatVerifierKey } from '../../ledger/core/signed-note.ts';
import { noteSigner } from '../../ledger/note-signer.ts';
import { formatSubmission } from '../../ledger/witness/submission.ts';
import { prefixProof, treeHash } from '../reference/rfc6962.ts';

export const ORIGIN = 'ledger.example/log/forked';

const signer = noteSigner(ORIGIN, ED25519_NOTE, createHash('sha256').update('forked').digest());
export const LOG_VKEY = formatVerifierKey(signer.key);

/** One history of a log whose operator holds the key and may write as many as it likes. */
export class History {
  readonly #leaves: readonly Uint8Array[];

  constructor(leaves: readonly Uint8Array[] = []) {
    this.#leaves = leaves;
  }

  get size(): number {
    return this.#leaves.length;
  }

  /** The same history with `count` leaves more; another `branch` makes other ones. */
  grown(count: number, branch = 'main'): History {
    const more = Array.from({ length: count }, (_, i) =>
      createHash('sha256')
        .update(`${branch} ${this.size + i}`)
        .digest(),
    );
    return new History([...this.#leaves, ...more]);
  }

  root(size = this.size): Uint8Array {
    return treeHash(this.#leaves.slice(0, size));
  }

  checkpoint(): string {
    return signCheckpoint({ size: this.size, root: this.root() }, signer.key, signer.sign);
  }

  /** A request to cosign the whole history, from what is said to be cosigned before. */
  submission(oldSize: number): string {
    const proof = oldSize === 0 ? [] : prefixProof(oldSize, this.#leaves);
    return formatSubmission({ oldSize, proof, checkpoint: this.checkpoint() });
  }
}
