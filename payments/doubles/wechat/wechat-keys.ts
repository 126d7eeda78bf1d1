import {
  createCipheriv,
  createVerify,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';

/** What a merchant is given by WeChat's console, and what WeChat knows of the merchant. */
export interface WechatAccount {
  readonly merchant: string;
  readonly application: string;
  readonly certificateSerial: string;
  readonly privateKey: KeyObject;
  readonly platformKeys: ReadonlyMap<string, KeyObject>;
  readonly apiV3Key: Uint8Array;
}

/** A key of WeChat, as it is named in `Wechatpay-Serial`. */
interface PlatformKey {
  readonly serial: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** The double's own keys: one in use, the next one, which is announced too, and one that nobody knows. */
export class WechatKeys {
  readonly account: WechatAccount;
  readonly #merchantKey: KeyObject;
  readonly #announced: readonly [PlatformKey, PlatformKey];
  readonly #foreign = platformKey(randomBytes(20).toString('hex').toUpperCase());
  #rotated = false;

  constructor(merchant: string, application: string) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#merchantKey = publicKey;
    const now = platformKey(`PUB_KEY_ID_01${merchant}2026090100000001`);
    const next = platformKey(randomBytes(20).toString('hex').toUpperCase());
    this.#announced = [now, next];
    this.account = {
      merchant,
      application,
      certificateSerial: randomBytes(20).toString('hex').toUpperCase(),
      privateKey,
      platformKeys: new Map(this.#announced.map((key) => [key.serial, key.publicKey])),
      apiV3Key: Buffer.from(randomBytes(16).toString('hex')),
    };
  }

  rotate(): void {
    this.#rotated = true;
  }

  /** Headers over bytes; `how` is what is wrong with them. */
  signed(
    body: Uint8Array,
    atMs: number,
    how: 'well' | 'wrong' | 'foreign' | 'unsigned' = 'well',
  ): Readonly<Record<string, string>> {
    if (how === 'unsigned') return {};
    const key = how === 'foreign' ? this.#foreign : this.#announced[this.#rotated ? 1 : 0];
    const timestamp = String(Math.floor(atMs / 1_000));
    const nonce = randomBytes(16).toString('hex');
    const covered = how === 'wrong' ? Buffer.from('something else') : body;
    const text = Buffer.concat([
      Buffer.from(`${timestamp}\n${nonce}\n`),
      covered,
      Buffer.from('\n'),
    ]);
    return {
      'Wechatpay-Timestamp': timestamp,
      'Wechatpay-Nonce': nonce,
      'Wechatpay-Signature': sign('sha256', text, key.privateKey).toString('base64'),
      'Wechatpay-Serial': key.serial,
      'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
    };
  }

  isMerchants(text: string, signature: string): boolean {
    const verifying = createVerify('RSA-SHA256').update(text);
    return verifying.verify(this.#merchantKey, signature, 'base64');
  }

  /** The `resource` of a notification. */
  seal(original: string, plain: string, badTag: boolean): Readonly<Record<string, string>> {
    const nonce = randomBytes(6).toString('hex');
    const cipher = createCipheriv('aes-256-gcm', this.account.apiV3Key, nonce);
    cipher.setAAD(Buffer.from(original));
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    const tag = cipher.getAuthTag();
    if (badTag) tag[0] = (tag[0] ?? 0) ^ 0xff;
    return {
      original_type: original,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: Buffer.concat([sealed, tag]).toString('base64'),
      associated_data: original,
      nonce,
    };
  }
}

function platformKey(serial: string): PlatformKey {
  return { serial, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) };
}
