import { fromBase64, fromUtf8, hex } from '../bytes.ts';
import {
  BIT_STRING,
  BOOLEAN,
  contentAt,
  type DerItem,
  INTEGER,
  itemAt,
  OCTET_STRING,
  rawSignature,
  readDer,
  readSequence,
  SEQUENCE,
  SET,
} from './der.ts';
import { unreadable } from './unreadable.ts';

/** What a check needs of an X.509 certificate (RFC 5280) with a P-256 key, signed with ECDSA and SHA-256. */
export interface Certificate {
  /** Hex of the DER: equal certificates have equal ones. */
  readonly id: string;
  /** The bytes that the issuer signed, and the signature r || s. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  readonly serial: string;
  /** Names as hex of their DER. */
  readonly issuer: string;
  readonly subject: string;
  /** Organisational units in the subject. */
  readonly units: readonly string[];
  /** `YYYYMMDDHHMMSSZ`, which compare as texts. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** x || y */
  readonly key: Uint8Array;
  /** How many authorities may stand between this one and a member; undefined where it is no authority. */
  readonly pathLength: number | undefined;
}

/** Reads a certificate in PEM: its first block counts, as in Fabric. */
export function readCertificate(pem: Uint8Array): Certificate {
  const der = readPem(pem, 'CERTIFICATE');
  const parts = readSequence(der);
  const signed = itemAt(parts, 0, SEQUENCE);
  const fields = readDer(signed.content);
  if (parts.length !== 3 || hex(itemAt(fields, 0, VERSION).content) !== '020102')
    throw unreadable();
  for (const algorithm of [itemAt(parts, 1, SEQUENCE), itemAt(fields, 2, SEQUENCE)]) {
    if (hex(algorithm.whole) !== ECDSA_WITH_SHA256) throw unreadable();
  }
  const times = readDer(contentAt(fields, 4, SEQUENCE));
  const subject = itemAt(fields, 5, SEQUENCE);
  return {
    id: hex(der),
    signed: signed.whole,
    signature: rawSignature(readBits(itemAt(parts, 2, BIT_STRING))),
    serial: hex(contentAt(fields, 1, INTEGER)),
    issuer: hex(itemAt(fields, 3, SEQUENCE).whole),
    subject: hex(subject.whole),
    units: readUnits(subject.content),
    notBefore: readTime(times[0]),
    notAfter: readTime(times[1]),
    key: readKey(itemAt(fields, 6, SEQUENCE)),
    pathLength: readPathLength(fields.slice(7)),
  };
}

/** The serial numbers that a certificate revocation list names, and the name of who keeps it. */
export function readRevocations(pem: Uint8Array): { issuer: string; serials: readonly string[] } {
  const fields = readDer(contentAt(readSequence(readPem(pem, 'X509 CRL')), 0, SEQUENCE));
  // The version is optional; the issuer stands behind the algorithm, times behind the issuer.
  const first = fields[0]?.tag === INTEGER ? 2 : 1;
  const list = fields.slice(first + 1).find(({ tag }) => tag === SEQUENCE);
  const entries = list === undefined ? [] : readDer(list.content);
  return {
    issuer: hex(itemAt(fields, first, SEQUENCE).whole),
    serials: entries.map(({ content }) => hex(contentAt(readDer(content), 0, INTEGER))),
  };
}

const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
/** AlgorithmIdentifier of RFC 5758 3.2. */
const ECDSA_WITH_SHA256 = '300a06082a8648ce3d040302';
/** SubjectPublicKeyInfo of RFC 5480 2 before x || y. */
const P256_HEAD = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';
const ORGANISATIONAL_UNIT = '55040b';
const KEY_USAGE = '551d0f';
const BASIC_CONSTRAINTS = '551d13';
/** Subject alternative name and extended key usage say nothing about a member's role. */
const HARMLESS = ['551d11', '551d25'];
const SIGNS_CERTIFICATES = 4;

function readPem(pem: Uint8Array, label: string): Uint8Array {
  const [, lines] = fromUtf8(pem).split(`-----BEGIN ${label}-----`);
  const [body, end] = (lines ?? '').split(`-----END ${label}-----`);
  if (body === undefined || end === undefined) throw unreadable();
  return fromBase64(body.replace(/\s/g, ''));
}

/** The bytes of a BIT STRING without unused bits. */
function readBits({ content }: DerItem): Uint8Array {
  if (content[0] !== 0) throw unreadable();
  return content.subarray(1);
}

function readUnits(name: Uint8Array): string[] {
  return readDer(name).flatMap((_, index, sets) =>
    readDer(contentAt(sets, index, SET)).flatMap(({ content }) => {
      const attribute = readDer(content);
      const value = attribute[1];
      if (hex(contentAt(attribute, 0, 0x06)) !== ORGANISATIONAL_UNIT || !value) return [];
      return [fromUtf8(value.content)];
    }),
  );
}

/** UTCTime or GeneralizedTime, as RFC 5280 4.1.2.5 allows them. */
function readTime(item: DerItem | undefined): string {
  const text = item ? fromUtf8(item.content) : '';
  if (item?.tag === 0x17 && /^\d{12}Z$/.test(text)) return `${text < '5' ? 20 : 19}${text}`;
  if (item?.tag === 0x18 && /^\d{14}Z$/.test(text)) return text;
  throw unreadable();
}

function readKey({ whole }: DerItem): Uint8Array {
  const head = P256_HEAD.length / 2;
  if (hex(whole.subarray(0, head)) !== P256_HEAD) throw unreadable();
  return whole.subarray(head);
}

/** Refuses a critical extension that it does not know: it may forbid what the certificate is used for. */
function readPathLength(optional: readonly DerItem[]): number | undefined {
  const held = optional.find(({ tag }) => tag === EXTENSIONS);
  let pathLength: number | undefined;
  let mayCertify = true;
  for (const { content } of held ? readSequence(held.content) : []) {
    const parts = readDer(content);
    const name = hex(contentAt(parts, 0, 0x06));
    const value = readDer(contentAt(parts, parts.length - 1, OCTET_STRING));
    if (name === BASIC_CONSTRAINTS) {
      const constraints = readDer(contentAt(value, 0, SEQUENCE));
      const [isAuthority, limit] = constraints;
      if (isAuthority?.tag === BOOLEAN && isAuthority.content[0] === 255) {
        pathLength = limit ? Number(`0x${hex(limit.content)}`) : 32;
      }
    } else if (name === KEY_USAGE) {
      mayCertify = ((contentAt(value, 0, BIT_STRING)[1] ?? 0) & SIGNS_CERTIFICATES) !== 0;
    } else if (parts.length > 2 && !HARMLESS.includes(name)) {
      throw unreadable();
    }
  }
  // An authority that may not sign certificates is neither an authority nor a member.
  if (pathLength !== undefined && !mayCertify) throw unreadable();
  return pathLength;
}
