import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { KEY_BYTES, type KeyWrap } from '../account-keys.ts';
import { Refusal } from '../core/refusal.ts';
import type { RegistryStore } from './registry-store.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * What is personal, under a key of its own for each subject: who forgets the key has forgotten all of it,
 * in every copy that does not have the key (crypto-erasure). AES-256-GCM (NIST SP 800-38D); the associated
 * data binds site and subject. The keys are wrapped under the key-encryption key, so a stolen database
 * opens nothing. They are not kept in memory: what one process erases no other opens.
 */
export class PersonalData {
  readonly #store: RegistryStore;
  readonly #wrap: KeyWrap;

  constructor(store: RegistryStore, wrap: KeyWrap) {
    this.#store = store;
    this.#wrap = wrap;
  }

  /** In base64. Refuses `person-erased` where the subject's key was erased. */
  async seal(site: string, subject: string, value: object): Promise<string> {
    const key = await this.#keyOf(site, subject);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce);
    cipher.setAAD(associated(site, subject));
    const sealed = [cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()];
    return Buffer.concat([nonce, ...sealed]).toString('base64');
  }

  /** By subject; those whose key was erased are not in it. Refuses `kek-wrong`, `store-damaged`. */
  async open(
    site: string,
    sealed: ReadonlyMap<string, string>,
  ): Promise<ReadonlyMap<string, unknown>> {
    const keys = await this.#store.keys(site, [...sealed.keys()]);
    return new Map(
      keys.map(({ subject, wrapped }) => {
        const key = this.#wrap.unwrap(site, keyName(subject), 0, wrapped);
        return [subject, opened(key, sealed.get(subject) ?? '', site, subject)] as const;
      }),
    );
  }

  /** Whether there was a key. */
  async erase(site: string, subject: string): Promise<boolean> {
    return await this.#store.eraseKey(site, subject);
  }

  async #keyOf(site: string, subject: string): Promise<Uint8Array> {
    const [known] = await this.#store.keys(site, [subject]);
    const fresh = () => this.#wrap.wrap(site, keyName(subject), 0, randomBytes(KEY_BYTES));
    const wrapped =
      known?.wrapped ?? (await this.#store.keepKey(site, { subject, wrapped: fresh() }));
    if (wrapped !== undefined) return this.#wrap.unwrap(site, keyName(subject), 0, wrapped);
    throw new Refusal(
      'person-erased',
      `What was known of ${subject} was erased for good. Register the person anew.`,
      { tenant: subject },
    );
  }
}

function opened(key: Uint8Array, sealed: string, site: string, subject: string): unknown {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(associated(site, subject));
  try {
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
    return JSON.parse(Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8'));
  } catch (cause) {
    const advice = 'What is sealed of a tenant cannot be read; restore the registry.';
    throw Object.assign(new Refusal('store-damaged', advice), { cause });
  }
}

/** No account is called so: ids have no space. */
function keyName(subject: string): string {
  return `personal data of ${subject}`;
}

function associated(site: string, subject: string): Uint8Array {
  return Buffer.from(`billproof/v1/personal\n${site}\n${subject}`);
}
