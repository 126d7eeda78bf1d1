import { createHash, type KeyObject, sign, verify, type X509Certificate } from 'node:crypto';
import { type Identity, newIdentity } from './certificates.ts';

/** What a merchant is given by UnionPay, and what UnionPay knows of the merchant. */
export interface UnionPayAccount {
  readonly merchant: string;
  readonly privateKey: KeyObject;
  readonly certificate: X509Certificate;
  readonly roots: readonly X509Certificate[];
  readonly intermediates: readonly X509Certificate[];
  readonly holders: readonly string[];
}

const YEAR_MS = 365 * 24 * 3_600_000;
const HOLDER = '中国银联股份有限公司';

type Message = Readonly<Record<string, string>>;

/**
 * A root, an intermediate, two certificates of the double's own (now and next), one of somebody whom no
 * root knows but who uses the same names, and the merchant's.
 */
export class UnionPayKeys {
  readonly account: UnionPayAccount;
  readonly #merchant: Identity;
  readonly #announced: readonly [Identity, Identity];
  readonly #foreign: Identity;
  #rotated = false;

  constructor(merchant: string, nowMs: number) {
    const life = { fromMs: nowMs - YEAR_MS, toMs: nowMs + 10 * YEAR_MS };
    const authority = { kind: 'authority', ...life } as const;
    const [top, middle] = ['Stand-in Root CA', 'Stand-in OCA'];
    const root = newIdentity({ commonName: top, ...authority });
    const intermediate = newIdentity({ commonName: middle, ...authority, issuer: root });
    const ofUnionPay = `041@8310000000083040@${HOLDER}@00016493`;
    const signer = { commonName: ofUnionPay, kind: 'signer', ...life } as const;
    this.#announced = [
      newIdentity({ ...signer, issuer: intermediate }),
      newIdentity({ ...signer, issuer: intermediate }),
    ];
    const otherRoot = newIdentity({ commonName: top, ...authority });
    const otherMiddle = newIdentity({ commonName: middle, ...authority, issuer: otherRoot });
    this.#foreign = newIdentity({ ...signer, issuer: otherMiddle });
    this.#merchant = newIdentity({
      commonName: `041@${merchant}@Stand-in merchant@00000001`,
      kind: 'signer',
      ...life,
      issuer: intermediate,
    });
    this.account = {
      merchant,
      privateKey: this.#merchant.privateKey,
      certificate: this.#merchant.certificate,
      roots: [root.certificate],
      intermediates: [intermediate.certificate],
      holders: [HOLDER],
    };
  }

  rotate(): void {
    this.#rotated = true;
  }

  /** `wrong`: the certificate is UnionPay's, the signature is of another text. */
  sign(message: Message, how: 'well' | 'wrong' | 'foreign' = 'well'): Message {
    const identity = how === 'foreign' ? this.#foreign : this.#announced[this.#rotated ? 1 : 0];
    const full = { ...message, signPubKeyCert: identity.certificate.toString() };
    const covered = how === 'wrong' ? { ...full, txnAmt: '1' } : full;
    const signature = sign('sha256', hashed(covered), identity.privateKey).toString('base64');
    return { ...full, signature };
  }

  isMerchants(message: Message): boolean {
    const { signature = '', certId } = message;
    const { certificate } = this.#merchant;
    if (certId !== BigInt(`0x${certificate.serialNumber}`).toString()) return false;
    const bytes = Buffer.from(signature, 'base64');
    return verify('sha256', hashed(message), certificate.publicKey, bytes);
  }
}

function hashed(message: Message): Uint8Array {
  const names = Object.keys(message).filter((name) => name !== 'signature' && message[name] !== '');
  const text = names
    .sort()
    .map((name) => `${name}=${message[name]}`)
    .join('&');
  return Buffer.from(createHash('sha256').update(text, 'utf8').digest('hex'));
}
