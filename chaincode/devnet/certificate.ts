import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import * as der from './der.ts';
import { sha256, signParts } from './signing.ts';

/** A P-256 key pair with its X.509 certificate. */
export interface Issued {
  /** PEM, as it stands in identities and configurations. */
  readonly certificate: string;
  readonly key: KeyObject;
}

export interface Period {
  readonly from: Date;
  readonly until: Date;
}

/** The role of an identity in its organisation, which Fabric reads in the certificate (NodeOUs). */
export type Role = 'admin' | 'client' | 'orderer' | 'peer';

/** A self-signed authority of one organisation, like those that Fabric's tools make. */
export function issueAuthority(organisation: string, period: Period): Issued {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = name({ organisation, commonName: `ca.${organisation}` });
  const extensions = [
    extension(KEY_USAGE, der.bits(Buffer.of(0x06), 1), true),
    extension(BASIC_CONSTRAINTS, der.sequence(der.truth()), true),
    extension(SUBJECT_KEY_ID, der.octets(keyId(publicKey)), false),
  ];
  return {
    key,
    certificate: issue({ subject, issuer: subject, publicKey, period, extensions }, key),
  };
}

/** An identity that the authority vouches for in one role. */
export function issueMember(
  authority: Issued,
  organisation: string,
  role: Role,
  period: Period,
): Issued {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const commonName = `${role}0.${organisation}`;
  const issuerKey = createPublicKey(authority.key);
  const extensions = [
    extension(KEY_USAGE, der.bits(Buffer.of(0x80), 7), true),
    extension(BASIC_CONSTRAINTS, der.sequence(), true),
    extension(AUTHORITY_KEY_ID, der.sequence(der.taggedOctets(0, keyId(issuerKey))), false),
  ];
  const subject = name({ organisation, role, commonName });
  const issuer = name({ organisation, commonName: `ca.${organisation}` });
  return {
    key,
    certificate: issue({ subject, issuer, publicKey, period, extensions }, authority.key),
  };
}

const ECDSA_WITH_SHA256 = der.sequence(der.identifier('1.2.840.10045.4.3.2'));
const ORGANISATION = '2.5.4.10';
const ORGANISATIONAL_UNIT = '2.5.4.11';
const COMMON_NAME = '2.5.4.3';
const SUBJECT_KEY_ID = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const BASIC_CONSTRAINTS = '2.5.29.19';
const AUTHORITY_KEY_ID = '2.5.29.35';
const VERSION_3 = 2;
const SERIAL_BYTES = 16;

interface Subject {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly publicKey: KeyObject;
  readonly period: Period;
  readonly extensions: readonly Buffer[];
}

/** RFC 5280 section 4.1. */
function issue(
  { subject, issuer, publicKey, period, extensions }: Subject,
  key: KeyObject,
): string {
  const toBeSigned = der.sequence(
    der.tagged(0, der.integer(VERSION_3)),
    der.unsigned(randomBytes(SERIAL_BYTES)),
    ECDSA_WITH_SHA256,
    issuer,
    der.sequence(der.time(period.from), der.time(period.until)),
    subject,
    publicKey.export({ format: 'der', type: 'spki' }),
    der.tagged(3, der.sequence(...extensions)),
  );
  const signature = der.bits(signParts(key, toBeSigned));
  return pem(der.sequence(toBeSigned, ECDSA_WITH_SHA256, signature));
}

function name(parts: { organisation: string; role?: Role; commonName: string }): Buffer {
  const attributes = [attribute(ORGANISATION, parts.organisation)];
  if (parts.role !== undefined) attributes.push(attribute(ORGANISATIONAL_UNIT, parts.role));
  attributes.push(attribute(COMMON_NAME, parts.commonName));
  return der.sequence(...attributes);
}

function attribute(type: string, value: string): Buffer {
  return der.setOfOne(der.sequence(der.identifier(type), der.printable(value)));
}

function extension(type: string, value: Buffer, isCritical: boolean): Buffer {
  const critical = isCritical ? [der.truth()] : [];
  return der.sequence(der.identifier(type), ...critical, der.octets(value));
}

function keyId(publicKey: KeyObject): Buffer {
  return sha256(publicKey.export({ format: 'der', type: 'spki' }));
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
