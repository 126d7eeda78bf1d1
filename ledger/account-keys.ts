import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { assert } from './core/assert.ts';
import { SITE_ACCOUNT } from './core/event.ts';
import { Refusal } from './core/refusal.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Of an account-year key. */
export const KEY_BYTES = 32;
const WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;
export const KEK_BYTES = 32;

/**
 * Wraps account-year keys under a key-encryption key that the database never sees, so that a stolen
 * database opens no event, and dropping one wrapped key makes one account's year unreadable for ever.
 * AES-256-GCM (NIST SP 800-38D); the associated data binds site, account and year, so a wrapped key
 * cannot be moved to another row. The account `site` is public: its keys are kept in the clear.
 */
export class KeyWrap {
  readonly #kek: Uint8Array;
  /** First 16 hex digits of the KEK's hash: tells one KEK from another, and nothing else. */
  readonly id: string;

  constructor(kek: Uint8Array) {
    if (kek.length !== KEK_BYTES) {
      throw new Refusal('kek-length', 'The key-encryption key must have 32 bytes.');
    }
    this.#kek = kek;
    this.id = createHash('sha256').update('billproof/kek').update(kek).digest('hex').slice(0, 16);
  }

  wrap(site: string, account: string, year: number, key: Uint8Array): Uint8Array {
    if (account === SITE_ACCOUNT) return key;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#kek, nonce);
    cipher.setAAD(associated(site, account, year));
    return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  }

  /** Refuses `kek-wrong` when the key was wrapped under another KEK or for another row. */
  unwrap(site: string, account: string, year: number, wrapped: Uint8Array): Uint8Array {
    if (account === SITE_ACCOUNT) return wrapped;
    const end = WRAPPED_BYTES - TAG_BYTES;
    try {
      assert(wrapped.length === WRAPPED_BYTES, 'a wrapped key has one length');
      const nonce = wrapped.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', this.#kek, nonce, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(associated(site, account, year));
      decipher.setAuthTag(wrapped.subarray(end));
      return Buffer.concat([decipher.update(wrapped.subarray(NONCE_BYTES, end)), decipher.final()]);
    } catch (cause) {
      throw Object.assign(
        new Refusal(
          'kek-wrong',
          'This is not the key that the data was written with; give the right one.',
          {
            kek: this.id,
          },
        ),
        { cause },
      );
    }
  }
}

function associated(site: string, account: string, year: number): Uint8Array {
  return Buffer.from(`billproof/v1/key\n${site}\n${account}\n${year}`);
}
