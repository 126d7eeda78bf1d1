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
    const sealed = await this.sealAll(site, new Map([[subject, value]]));
    return sealed.get(subject) ?? '';
  }

  /** The same of many subjects at two questions to the store. */
  async sealAll(
    site: string,
    values: ReadonlyMap<string, object>,
  ): Promise<ReadonlyMap<string, string>> {
    const keys = await this.#keysOf(site, [...values.keys()]);
    return new Map(
      [...values].map(([subject, value]) => {
        const key = keys.get(subject);
        if (key === undefined) throw erased(subject);
        return [subject, sealed(key, value, site, subject)] as const;
      }),
    );
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

  async #keysOf(site: string, subjects: readonly string[]): Promise<Map<string, Uint8Array>> {
    const known = await this.#store.keys(site, subjects);
    const have = new Set(known.map(({ subject }) => subject));
    const fresh = subjects.flatMap((subject) => {
      if (have.has(subject)) return [];
      const wrapped = this.#wrap.wrap(site, keyName(subject), 0, randomBytes(KEY_BYTES));
      return [{ subject, wrapped }];
    });
    const kept = fresh.length === 0 ? [] : await this.#store.keepKeys(site, fresh);
    return new Map(
      [...known, ...kept].map(({ subject, wrapped }) => {
        return [subject, this.#wrap.unwrap(site, keyName(subject), 0, wrapped)] as const;
      }),
    );
  }
}

function erased(subject: string): Refusal {
  return new Refusal(
    'person-erased',
    `What was known of ${subject} was erased for good. Register the person anew.`,
    { tenant: subject },
  );
}

function sealed(key: Uint8Array, value: object, site: string, subject: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associated(site, subject));
  const bytes = [cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat([nonce, ...bytes]).toString('base64');
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
