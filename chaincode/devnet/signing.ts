import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import { sequence, unsigned } from './der.ts';

export function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** ECDSA P-256 over SHA-256 of the parts, in DER, with the smaller of the two possible `s`. */
export function signParts(key: KeyObject, ...parts: readonly Uint8Array[]): Buffer {
  const pair = sign('sha256', Buffer.concat(parts), { key, dsaEncoding: 'ieee-p1363' });
  const s = BigInt(`0x${pair.toString('hex', 32)}`);
  if (s > HALF_ORDER) pair.write((ORDER - s).toString(16).padStart(64, '0'), 32, 'hex');
  return sequence(unsigned(pair.subarray(0, 32)), unsigned(pair.subarray(32)));
}

/** Fabric turns away the larger `s` and any DER but the shortest: one message, one signature. */
export function isSignedBy(
  key: KeyObject,
  signature: Uint8Array,
  ...parts: readonly Uint8Array[]
): boolean {
  const pair = readSignature(Buffer.from(signature));
  if (pair === undefined) return false;
  const dsaEncoding = 'ieee-p1363';
  return verify('sha256', Buffer.concat(parts), { key, dsaEncoding }, pair);
}

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HALF_ORDER = ORDER / 2n;

/** `r || s` of a strict signature with a low `s`. */
function readSignature(der: Buffer): Buffer | undefined {
  const rLength = der[3] ?? 0;
  const sLength = der[5 + rLength] ?? 0;
  const r = trimmed(der.subarray(4, 4 + rLength));
  const s = trimmed(der.subarray(6 + rLength, 6 + rLength + sLength));
  if (r === undefined || s === undefined || BigInt(`0x${s.toString('hex')}`) > HALF_ORDER) {
    return undefined;
  }
  return sequence(unsigned(r), unsigned(s)).equals(der) ? Buffer.concat([r, s]) : undefined;
}

function trimmed(number: Buffer): Buffer | undefined {
  const digits = number.toString('hex').replace(/^(?:00)+/, '');
  return digits.length > 64 ? undefined : Buffer.from(digits.padStart(64, '0'), 'hex');
}
