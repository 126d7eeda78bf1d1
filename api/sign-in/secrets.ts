import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { billCode, readBillCode } from '../../ledger/core/bill-code.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import type { TokenKey } from '../tokens.ts';

/** Crockford's base32: no I, L, O, U. */
const SYMBOLS = '0123456789abcdefghjkmnpqrstvwxyz';
const SECRET_SYMBOLS = 26;
const CHECK_SYMBOLS = 2;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export type SecretKind = 'bp' | 'bpr' | 'bpi';

/**
 * `bp_…` is an API key, `bpr_…` opens a session again, `bpi_…` invites: 128 random bits and two check
 * symbols, so that one that was cut short or mistyped is known without asking the store.
 */
export function newSecret(kind: SecretKind): string {
  const body = symbolsOf(randomBytes(17), SECRET_SYMBOLS);
  return `${kind}_${body}${checkOf(kind, body)}`;
}

export function isSecret(kind: SecretKind, text: string): boolean {
  const pattern = /^([a-z]{2,3})_([0-9a-hjkmnp-tv-z]{26})([0-9a-hjkmnp-tv-z]{2})$/;
  const [, found, body = '', check] = pattern.exec(text) ?? [];
  return found === kind && check === checkOf(kind, body);
}

/** `XXXX-XXXX-XXXX`, for one who types it: 55 random bits and a check symbol. */
export function newCode(): string {
  return billCode(randomBytes(7));
}

/** The symbols that somebody meant; undefined where it is no code. */
export function readCode(typed: string): string | undefined {
  return readBillCode(typed);
}

/** A few random symbols to tell one record from another; no secret. */
export function newId(): string {
  return symbolsOf(randomBytes(8), 12);
}

/**
 * What the store keeps of secrets is made with keys that come from the key of the access tokens: a copy
 * of the store alone opens nothing, and a new token key voids all of it at once.
 */
export class SecretKeeper {
  readonly #hashKey: Uint8Array;
  readonly #sealKey: Uint8Array;

  constructor({ secret }: TokenKey) {
    const keyFor = (use: string) => new Uint8Array(hkdfSync('sha256', secret, '', use, 32));
    this.#hashKey = keyFor('billproof hash of secrets');
    this.#sealKey = keyFor('billproof seal of TOTP secrets');
  }

  /** 64 hex digits. `use` keeps a secret of one kind from passing for one of another. */
  hash(use: string, text: string): string {
    return createHmac('sha256', this.#hashKey).update(`${use}\n${text}`).digest('hex');
  }

  /** AES-256-GCM, in base64; opens for the same `owner` only. */
  seal(plain: Uint8Array, owner: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#sealKey, nonce);
    cipher.setAAD(Buffer.from(owner));
    const sealed = [cipher.update(plain), cipher.final()];
    return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]).toString('base64');
  }

  /** Refuses `token-key-unusable` where it was sealed under another key or for another owner. */
  open(sealed: string, owner: string): Uint8Array {
    const bytes = Buffer.from(sealed, 'base64');
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#sealKey, nonce);
    decipher.setAAD(Buffer.from(owner));
    try {
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
      return new Uint8Array(Buffer.concat([decipher.update(body), decipher.final()]));
    } catch {
      throw new Refusal(
        'token-key-unusable',
        'The token key is another one than when this person enrolled. Restore it, or reset the person: ' +
          'billproof staff reset.',
      );
    }
  }
}

export function isSameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function checkOf(kind: string, body: string): string {
  const digest = createHash('sha256').update(`billproof ${kind} ${body}`).digest();
  return symbolsOf(digest, CHECK_SYMBOLS);
}

function symbolsOf(bytes: Uint8Array, count: number): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length: count }, (_, i) => {
    return SYMBOLS[Number.parseInt(bits.slice(5 * i, 5 * i + 5), 2)];
  }).join('');
}
