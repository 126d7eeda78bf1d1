import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { AlipaySdk } from 'alipay-sdk';
import { chinaText } from '../china-time.ts';
import type { AlipaySettings } from './alipay-settings.ts';

export type Fields = Readonly<Record<string, string>>;

type KeySettings = Pick<AlipaySettings, 'application' | 'privateKey' | 'platformKeys'>;

/**
 * Alipay's own library signs requests and verifies notifications. It does not send requests here: its
 * `exec` shows whole answers in its errors, verifies no `error_response`, and reads another text than
 * the one it verifies where a member of an answer comes twice. Nor does it choose the hash: it lets a
 * notification ask for SHA-1.
 */
export class AlipayKeys {
  readonly #signing: AlipaySdk;
  readonly #verifying: readonly AlipaySdk[];
  readonly #platformKeys: readonly KeyObject[];

  constructor({ application, privateKey, platformKeys }: KeySettings) {
    const own = pemOf(privateKey, 'pkcs8');
    const common = { appId: application, privateKey: own, keyType: 'PKCS8' } as const;
    this.#signing = new AlipaySdk(common);
    this.#platformKeys = platformKeys;
    this.#verifying = platformKeys.map(
      (key) => new AlipaySdk({ ...common, alipayPublicKey: pemOf(key, 'spki') }),
    );
  }

  /** A request, URL-encoded and signed with RSA2: the body of a POST or the query of an address. */
  signed(method: string, content: Fields, others: Fields, nowMs: number): string {
    return this.#signing.sdkExecute(method, {
      ...others,
      timestamp: chinaText(nowMs),
      format: 'JSON',
      bizContent: content,
    });
  }

  /** Whether the text of an answer's member has the signature, by any of Alipay's keys. */
  hasSigned(text: string, signature: string): boolean {
    const [bytes, mark] = [Buffer.from(text), Buffer.from(signature, 'base64')];
    return this.#platformKeys.some((key) => verify('sha256', bytes, key, mark));
  }

  /** Whether the decoded values of a notification have its `sign`. Only RSA2 is taken. */
  hasNotified(fields: Fields): boolean {
    if (fields['sign_type'] !== 'RSA2') return false;
    return this.#verifying.some((sdk) => sdk.checkNotifySignV2(fields));
  }
}

function pemOf(key: KeyObject, type: 'pkcs8' | 'spki'): string {
  if (type === 'pkcs8') return String(key.export({ format: 'pem', type }));
  const publicKey = key.type === 'public' ? key : createPublicKey(key);
  return String(publicKey.export({ format: 'pem', type }));
}
