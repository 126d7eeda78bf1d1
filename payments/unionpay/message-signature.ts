import { createHash, type KeyObject, sign, verify } from 'node:crypto';

/** A message of UnionPay: names and values of a form. */
export type Fields = Readonly<Record<string, string>>;

/** What is signed: all fields but `signature` that have a value, sorted by name, as `k=v&k=v`. */
export function signedText(fields: Fields): string {
  return Object.entries(fields)
    .filter(([name, value]) => name !== 'signature' && value !== '')
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/**
 * Signature of messages 5.1.0, `signMethod` 01: the text is hashed, and the lower case hexadecimal of
 * that hash is what RSA-SHA256 signs, so it is hashed twice.
 */
export function signFields(fields: Fields, key: KeyObject): Fields {
  const signature = sign('sha256', digestText(fields), key).toString('base64');
  return { ...fields, signature };
}

export function isSignedBy(fields: Fields, key: KeyObject): boolean {
  const signature = Buffer.from(fields['signature'] ?? '', 'base64');
  return verify('sha256', digestText(fields), key, signature);
}

function digestText(fields: Fields): Uint8Array {
  const hash = createHash('sha256').update(signedText(fields)).digest('hex');
  return Buffer.from(hash);
}
