import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { bytesOf, der, derInteger, join, pem, signDer } from './fabric-bytes.ts';

/** What a certificate of a test says; what is left out is as Fabric's own tools write it. */
export interface CertificateOptions {
  readonly units?: readonly string[];
  readonly notBefore?: string;
  readonly notAfter?: string;
  /** An authority, below which so many others may stand; the default of `TestAuthority`. */
  readonly authority?: { readonly pathLength?: number; readonly mayCertify?: boolean } | undefined;
  readonly critical?: readonly number[];
  /** Private key of an authority; a new one by default. */
  readonly key?: KeyObject;
}

export interface Holder {
  readonly key: KeyObject;
  readonly pem: Uint8Array;
  readonly serial: number;
}

/** A certificate authority that a test holds the key of. */
export class TestAuthority implements Holder {
  readonly key: KeyObject;
  readonly pem: Uint8Array;
  readonly serial = 1;
  readonly name: string;
  #serials = 1;

  constructor(name: string, options: CertificateOptions = {}, issuer?: TestAuthority) {
    this.key = options.key ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const publicKey = createPublicKey(this.key);
    this.name = name;
    const said = { authority: {}, ...options };
    this.pem = writeCertificate(issuer ?? this, { name, publicKey, serial: 1 }, said);
  }

  issue(name: string, options: CertificateOptions = {}): Holder {
    this.#serials += 1;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const serial = this.#serials;
    return {
      key: privateKey,
      serial,
      pem: writeCertificate(this, { name, publicKey, serial }, options),
    };
  }

  /** A list that revokes these certificates, PEM. */
  revoke(...holders: readonly Holder[]): Uint8Array {
    const revoked = holders.map(({ serial }) =>
      der(0x30, derInteger(BigInt(serial)), utcTime('261124000000Z')),
    );
    const signed = der(
      0x30,
      derInteger(1n),
      ALGORITHM,
      distinguishedName(this.name),
      utcTime('261124000000Z'),
      utcTime('271124000000Z'),
      der(0x30, ...revoked),
    );
    return pem('X509 CRL', der(0x30, signed, ALGORITHM, bits(signDer(this.key, signed))));
  }
}

const ALGORITHM = bytesOf(Buffer.from('300a06082a8648ce3d040302', 'hex'));

function writeCertificate(
  issuer: { readonly key: KeyObject; readonly name: string },
  subject: { readonly name: string; readonly publicKey: KeyObject; readonly serial: number },
  options: CertificateOptions,
): Uint8Array {
  const signed = der(
    0x30,
    der(0xa0, derInteger(2n)),
    derInteger(BigInt(subject.serial)),
    ALGORITHM,
    distinguishedName(issuer.name),
    der(
      0x30,
      utcTime(options.notBefore ?? '261123110500Z'),
      utcTime(options.notAfter ?? '361120110500Z'),
    ),
    distinguishedName(subject.name, options.units),
    bytesOf(subject.publicKey.export({ format: 'der', type: 'spki' })),
    der(0xa3, der(0x30, ...extensions(options))),
  );
  return pem('CERTIFICATE', der(0x30, signed, ALGORITHM, bits(signDer(issuer.key, signed))));
}

function extensions({ authority, critical = [] }: CertificateOptions): Uint8Array[] {
  const limit = authority?.pathLength;
  const constraints = authority
    ? [der(1, Uint8Array.of(255)), ...(limit === undefined ? [] : [derInteger(BigInt(limit))])]
    : [];
  const usage = authority && (authority.mayCertify ?? true) ? [1, 0x86] : [7, 0x80];
  return [
    extension([0x55, 0x1d, 0x0f], der(3, Uint8Array.from(usage))),
    extension([0x55, 0x1d, 0x13], der(0x30, ...constraints)),
    ...critical.map((arc) => extension([0x55, 0x1d, arc], der(0x30))),
  ];
}

function extension(identifier: readonly number[], value: Uint8Array): Uint8Array {
  return der(0x30, der(6, Uint8Array.from(identifier)), der(1, Uint8Array.of(255)), der(4, value));
}

function distinguishedName(name: string, units: readonly string[] = []): Uint8Array {
  return der(0x30, ...units.map((unit) => nameAttribute(0x0b, unit)), nameAttribute(0x03, name));
}

function nameAttribute(arc: number, value: string): Uint8Array {
  return der(0x31, der(0x30, der(6, Uint8Array.of(0x55, 4, arc)), der(0x0c, bytesOf(value))));
}

function utcTime(text: string): Uint8Array {
  return der(text.length === 13 ? 0x17 : 0x18, bytesOf(text));
}

function bits(bytes: Uint8Array): Uint8Array {
  return der(3, join(Uint8Array.of(0), bytes));
}
