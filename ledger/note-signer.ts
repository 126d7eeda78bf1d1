import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { type Sign, type VerifierKey, verifierKey } from './core/signed-note.ts';

/** The public half of a note key, and what signs with the other. */
export interface NoteSigner {
  readonly key: VerifierKey;
  readonly sign: Sign;
}

const PKCS8_ED25519_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Signer of an Ed25519 seed (32 bytes) under a name, for one of the two types of C2SP signed-note that
 * are Ed25519: a log's or a witness's. Refuses `bad-key-name`.
 */
export function noteSigner(name: string, type: number, seed: Uint8Array): NoteSigner {
  const der = Buffer.concat([PKCS8_ED25519_HEAD, seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  // The public key is the end of its SubjectPublicKeyInfo (RFC 8410 4).
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  return {
    key: verifierKey(name, type, publicKey),
    sign: (message) => sign(null, message, key),
  };
}
