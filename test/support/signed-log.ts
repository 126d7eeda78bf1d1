import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { base64 } from '../../ledger/core/bytes.ts';
import { signCheckpoint } from '../../ledger/core/checkpoint.ts';
import {
  ED25519_NOTE,
  formatVerifierKey,
  type VerifierKey,
  verifierKey,
} from '../../ledger/core/signed-note.ts';
import { prefixProof, treeHash } from '../reference/rfc6962.ts';

/** A small log with a key of its own; its leaves and proofs come from the slow reference. */
export interface SignedLog {
  readonly origin: string;
  readonly vkey: string;
  readonly leaves: readonly Uint8Array[];
  /** The signed checkpoint of the first `size` leaves. */
  checkpoint(size: number): string;
  /** A checkpoint of this log over any root. */
  checkpointOver(size: number, root: Uint8Array): string;
  root(size: number): Uint8Array;
  /** The consistency proof as the contract takes it. */
  proof(from: number, to: number): string;
}

export function signedLog(origin: string, size = 64): SignedLog {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = verifierKey(origin, ED25519_NOTE, rawKey(publicKey));
  const leaves = Array.from({ length: size }, (_, n) => new TextEncoder().encode(`${origin} ${n}`));
  const root = (n: number) => treeHash(leaves.slice(0, n));
  return {
    origin,
    vkey: formatVerifierKey(key),
    leaves,
    root,
    checkpoint: (n) => signWith(privateKey, key, n, root(n)),
    checkpointOver: (n, other) => signWith(privateKey, key, n, other),
    proof: (from, to) => formatProof(prefixProof(from, leaves.slice(0, to))),
  };
}

/** One base64 hash a line. */
export function formatProof(hashes: readonly Uint8Array[]): string {
  return hashes.map(base64).join('\n');
}

function signWith(privateKey: KeyObject, key: VerifierKey, size: number, root: Uint8Array): string {
  return signCheckpoint({ size, root }, key, (message) => sign(null, message, privateKey));
}

function rawKey(publicKey: KeyObject): Uint8Array {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
}
