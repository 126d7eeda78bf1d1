import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';

/** What a merchant is given by Alipay, and what Alipay knows of the merchant. */
export interface AlipayAccount {
  readonly application: string;
  readonly merchant: string;
  readonly privateKey: KeyObject;
  readonly platformKeys: readonly KeyObject[];
}

export type Fields = Readonly<Record<string, string>>;

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** The double's own keys: one in use, the next one, which is announced too, and one that nobody knows. */
export class AlipayStandInKeys {
  readonly account: AlipayAccount;
  readonly #merchantKey: KeyObject;
  readonly #announced: readonly [KeyPair, KeyPair] = [keyPair(), keyPair()];
  readonly #foreign = keyPair();
  #rotated = false;

  constructor(application: string, merchant: string) {
    const { publicKey, privateKey } = keyPair();
    this.#merchantKey = publicKey;
    const platformKeys = this.#announced.map((pair) => pair.publicKey);
    this.account = { application, merchant, privateKey, platformKeys };
  }

  rotate(): void {
    this.#rotated = true;
  }

  /** Base64 over a text; `wrong` is of another text. */
  sign(text: string, how: 'well' | 'wrong' | 'foreign' = 'well'): string {
    const pair = how === 'foreign' ? this.#foreign : this.#announced[this.#rotated ? 1 : 0];
    const covered = Buffer.from(how === 'wrong' ? 'something else' : text);
    return sign('sha256', covered, pair.privateKey).toString('base64');
  }

  /** A request is signed with its `sign_type`, a notification without. */
  isMerchants(fields: Fields): boolean {
    const { sign: signature = '', ...signed } = fields;
    const text = Buffer.from(sortedText(signed));
    return verify('sha256', text, this.#merchantKey, Buffer.from(signature, 'base64'));
  }
}

/** `k=v` of the values as they are, sorted by name, joined by `&`. */
export function sortedText(fields: Fields): string {
  return Object.keys(fields)
    .sort()
    .map((name) => `${name}=${fields[name]}`)
    .join('&');
}

function keyPair(): KeyPair {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}
