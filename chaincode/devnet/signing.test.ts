import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { sequence, unsigned } from './der.ts';
import { isSignedBy, signParts } from './signing.ts';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const message = Buffer.from('what was signed');
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const numbersOf = (der: Uint8Array) => {
  const rLength = der[3] ?? 0;
  const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return { r: number(der.subarray(4, 4 + rLength)), s: number(der.subarray(6 + rLength)) };
};
const derOf = (r: bigint, s: bigint) => {
  const bytes = (n: bigint) => Buffer.from(n.toString(16).padStart(64, '0'), 'hex');
  return sequence(unsigned(bytes(r)), unsigned(bytes(s)));
};

test('a signature has the smaller s, and the platform accepts it', () => {
  for (let n = 0; n < 300; n += 1) {
    const part = Buffer.from(`part ${n}`);
    const signature = signParts(privateKey, message, part);
    expect(numbersOf(signature).s <= ORDER / 2n).toBe(true);
    expect(verify('sha256', Buffer.concat([message, part]), publicKey, signature)).toBe(true);
    expect(isSignedBy(publicKey, signature, message, part)).toBe(true);
  }
});

test('the larger s of the same signature is refused', () => {
  const { r, s } = numbersOf(signParts(privateKey, message));
  expect(isSignedBy(publicKey, derOf(r, s), message)).toBe(true);
  expect(verify('sha256', message, publicKey, derOf(r, ORDER - s))).toBe(true);
  expect(isSignedBy(publicKey, derOf(r, ORDER - s), message)).toBe(false);
});

test('another message, another key and any other spelling are refused', () => {
  const signature = signParts(privateKey, message);
  const other = createPublicKey(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
  const raw = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  expect(isSignedBy(publicKey, signature, message, message)).toBe(false);
  expect(isSignedBy(other, signature, message)).toBe(false);
  const spelt = [
    raw,
    Buffer.of(),
    signature.subarray(0, -1),
    Buffer.concat([signature, Buffer.of(0)]),
    Buffer.concat([Buffer.of(0x30, 0x81), signature.subarray(1)]),
  ];
  for (const bytes of spelt) expect(isSignedBy(publicKey, bytes, message)).toBe(false);
});
