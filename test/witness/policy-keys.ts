import {
  ED25519_COSIGNATURE,
  ED25519_NOTE,
  formatVerifierKey,
} from '../../ledger/core/signed-note.ts';
import { noteSigner } from '../../ledger/note-signer.ts';

const keyOf = (name: string, type: number, seed: number) =>
  formatVerifierKey(noteSigner(name, type, Buffer.alloc(32, seed)).key);

export const LOG_KEY = keyOf('ledger.example/log/tower', ED25519_NOTE, 1);
export const OTHER_LOG_KEY = keyOf('ledger.example/log/quay', ED25519_NOTE, 2);
/** Three keys of witnesses. */
export const WITNESS_KEYS = [11, 12, 13].map((seed) =>
  keyOf(`witness.example/w${seed}`, ED25519_COSIGNATURE, seed),
);
