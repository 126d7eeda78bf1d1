import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { digestSha256 } from './sha256.ts';
import { checkEd25519, checkP256 } from './signature-checks.ts';

/** SHA-256 (FIPS 180-4) of the bytes, 32 bytes. */
export type Sha256 = (data: Uint8Array) => Uint8Array;

/**
 * The cryptography that a verifier needs. `portable` runs everywhere in plain JavaScript; a host with
 * something faster (Node) passes its own. All are synchronous, and none throws on bad input.
 */
export interface Primitives {
  readonly sha256: Sha256;
  /** RFC 8032, strict verification rules (ZIP 215 off). `publicKey` 32 bytes, `signature` 64 bytes. */
  verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** ES256 of RFC 7518 3.4. `publicKey` = x || y (64 bytes), `signature` = r || s (64 bytes). */
  verifyP256(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

export const sha256: Sha256 = digestSha256;

/** HMAC-SHA-256 (RFC 2104). */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, message);
}

export const portable: Primitives = {
  sha256,
  verifyEd25519: checkEd25519,
  verifyP256: checkP256,
};
