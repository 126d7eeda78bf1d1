import { createDecipheriv } from 'node:crypto';

/** What a notification carries: AEAD_AES_256_GCM, the tag behind the ciphertext. */
export interface SealedResource {
  readonly algorithm: string;
  /** Base64. */
  readonly ciphertext: string;
  readonly nonce: string;
  readonly associatedData: string;
}

const TAG_BYTES = 16;

/** The plain text; undefined where the key is another or a byte was changed. */
export function openSealed(key: Uint8Array, sealed: SealedResource): Uint8Array | undefined {
  const bytes = Buffer.from(sealed.ciphertext, 'base64');
  if (sealed.algorithm !== 'AEAD_AES_256_GCM' || bytes.length < TAG_BYTES) return undefined;
  if (sealed.nonce.length === 0) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(sealed.nonce), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(sealed.associatedData));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    const plain = decipher.update(bytes.subarray(0, bytes.length - TAG_BYTES));
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return undefined;
  }
}
