import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import type { Primitives } from './core/primitives.ts';
import { sha256Bytes } from './writer/fast-hash.ts';

const KEPT_KEYS = 1024;
/** SubjectPublicKeyInfo heads (RFC 8410 4; RFC 5480 2) before the raw public key. */
const ED25519_HEAD = Buffer.from('302a300506032b6570032100', 'hex');
const P256_HEAD = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');

/** The core's primitives on the platform's own cryptography, with parsed keys kept. */
export function nativePrimitives(): Primitives {
  const keys = new Map<string, KeyObject>();
  const keyOf = (head: Buffer, publicKey: Uint8Array): KeyObject => {
    const id = hash('sha256', Buffer.concat([head, publicKey]), 'hex');
    const known = keys.get(id);
    if (known !== undefined) return known;
    const der = Buffer.concat([head, publicKey]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    if (keys.size >= KEPT_KEYS) keys.clear();
    keys.set(id, key);
    return key;
  };
  return {
    sha256: sha256Bytes,
    verifyEd25519(publicKey, message, signature) {
      // Without this a key with bytes behind it would parse, and two verifiers would not agree.
      if (publicKey.length !== 32 || signature.length !== 64) return false;
      return guarded(() => verify(null, message, keyOf(ED25519_HEAD, publicKey), signature));
    },
    verifyP256(publicKey, message, signature) {
      if (publicKey.length !== 64 || signature.length !== 64) return false;
      return guarded(() => {
        const key = keyOf(P256_HEAD, publicKey);
        return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
      });
    },
  };
}

/** A key that is no point, or a signature of a wrong length, verifies nothing. */
function guarded(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}
