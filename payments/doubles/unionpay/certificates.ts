import {
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import {
  der,
  derBits,
  derInteger,
  derNull,
  derOctets,
  derOid,
  derSequence,
  derText,
  derTime,
  derTrue,
} from './der.ts';

/** A certificate with its private key. */
export interface Identity {
  readonly certificate: X509Certificate;
  readonly privateKey: KeyObject;
}

export interface CertificateWish {
  readonly commonName: string;
  readonly kind: 'authority' | 'signer';
  readonly fromMs: number;
  readonly toMs: number;
  /** Who issues it; nobody: it issues itself. */
  readonly issuer?: Identity | undefined;
}

const SHA256_WITH_RSA = derSequence(derOid('1.2.840.113549.1.1.11'), derNull());

/** An X.509 certificate (RFC 5280) with a new RSA key. */
export function newIdentity({ commonName, kind, fromMs, toMs, issuer }: CertificateWish): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const content = derSequence(
    der(0xa0, derInteger(2n)),
    derInteger(BigInt(`0x7f${randomBytes(7).toString('hex')}`)),
    SHA256_WITH_RSA,
    nameOf(issuer === undefined ? commonName : commonNameOf(issuer.certificate)),
    derSequence(derTime(fromMs), derTime(toMs)),
    nameOf(commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, derSequence(...extensionsOf(kind))),
  );
  const signature = sign('sha256', content, issuer?.privateKey ?? privateKey);
  const certificate = new X509Certificate(
    derSequence(content, SHA256_WITH_RSA, derBits(signature)),
  );
  return { certificate, privateKey };
}

function extensionsOf(kind: CertificateWish['kind']): Uint8Array[] {
  const isAuthority = kind === 'authority';
  const constraints = isAuthority ? derSequence(derTrue()) : derSequence();
  // keyCertSign and cRLSign, or digitalSignature.
  const usage = isAuthority ? derBits(Buffer.from([0x06]), 1) : derBits(Buffer.from([0x80]), 7);
  return [critical('2.5.29.19', constraints), critical('2.5.29.15', usage)];
}

function critical(oid: string, value: Uint8Array): Uint8Array {
  return derSequence(derOid(oid), derTrue(), derOctets(value));
}

function nameOf(commonName: string): Uint8Array {
  return derSequence(der(0x31, derSequence(derOid('2.5.4.3'), derText(commonName))));
}

function commonNameOf(certificate: X509Certificate): string {
  const { CN: name = '' } = certificate.toLegacyObject().subject;
  return String(name);
}
