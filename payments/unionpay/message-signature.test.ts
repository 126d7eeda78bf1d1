import { generateKeyPairSync, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { isSignedBy, signedText, signFields } from './message-signature.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const fields = {
  version: '5.1.0',
  encoding: 'UTF-8',
  txnAmt: '5000',
  merId: '777290058110048',
  orderId: 'ORD0000000001',
  certId: '68759663125',
  bizType: '000201',
  accessType: '0',
  reserved: '',
  signature: 'old',
};

test('all fields with a value are signed, sorted, but the signature', () => {
  expect(signedText(fields)).toBe(
    'accessType=0&bizType=000201&certId=68759663125&encoding=UTF-8&merId=777290058110048' +
      '&orderId=ORD0000000001&txnAmt=5000&version=5.1.0',
  );
  expect(signedText({ c: 'x=y', a: '1', b: '中文' })).toBe('a=1&b=中文&c=x=y');
});

test('the hexadecimal of the SHA-256 of that text is what is signed', () => {
  const signed = signFields(fields, privateKey);
  // By sha256sum, of the text above.
  const hex = 'bf05853ad598fd79e1a6299de7b2983d42b2eb8377cf18036093c37cbea6b4db';
  const signature = Buffer.from(signed['signature'] ?? '', 'base64');
  expect(verify('sha256', Buffer.from(hex), publicKey, signature)).toBe(true);
  expect({ ...signed, signature: 'old' }).toEqual(fields);
});

test('a field that differs, is new or is gone breaks the signature; an empty one does not', () => {
  const signed = signFields(fields, privateKey);
  expect(isSignedBy(signed, publicKey)).toBe(true);
  expect(isSignedBy({ ...signed, more: '' }, publicKey)).toBe(true);
  expect(isSignedBy({ ...signed, more: '1' }, publicKey)).toBe(false);
  expect(isSignedBy({ ...signed, txnAmt: '5001' }, publicKey)).toBe(false);
  expect(isSignedBy({ ...signed, orderId: '' }, publicKey)).toBe(false);
  expect(isSignedBy({ ...signed, signature: '' }, publicKey)).toBe(false);
});
