import { expect, test } from 'vitest';
import { openSealed } from './sealed-resource.ts';

/** Sealed by another implementation (Python's `cryptography`, AESGCM). */
const key = new TextEncoder().encode('0123456789abcdef0123456789abcdef');
const sealed = {
  algorithm: 'AEAD_AES_256_GCM',
  ciphertext: 'f5iy1gJsmbtPwwowVY1UTRvwffCS5+5VXVd7O+u4SNn/GQ==',
  nonce: 'wCq51qZv4Yfg',
  associatedData: 'transaction',
};

test('a resource is opened with the APIv3 key', () => {
  const plain = openSealed(key, sealed);
  expect(new TextDecoder().decode(plain)).toBe('{"hello":"世界"}');
});

test('no byte of it may differ, nor of the tag behind it', () => {
  const bytes = Buffer.from(sealed.ciphertext, 'base64');
  for (let at = 0; at < bytes.length; at += 1) {
    const other = Buffer.from(bytes);
    other[at] = (other[at] ?? 0) ^ 0x80;
    expect(openSealed(key, { ...sealed, ciphertext: other.toString('base64') })).toBeUndefined();
  }
});

test('key, nonce, associated data, algorithm and length are its own', () => {
  const otherKey = Uint8Array.from(key).fill(0x30, 0, 1).fill(0x39, 1, 2);
  expect(openSealed(otherKey, sealed)).toBeUndefined();
  expect(openSealed(key, { ...sealed, nonce: 'wCq51qZv4Yfh' })).toBeUndefined();
  expect(openSealed(key, { ...sealed, nonce: '' })).toBeUndefined();
  expect(openSealed(key, { ...sealed, associatedData: 'refund' })).toBeUndefined();
  expect(openSealed(key, { ...sealed, algorithm: 'AEAD_SM4_GCM' })).toBeUndefined();
  expect(openSealed(key, { ...sealed, ciphertext: 'AAAA' })).toBeUndefined();
});
