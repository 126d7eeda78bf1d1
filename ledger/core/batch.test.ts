import { p256 } from '@noble/curves/nist.js';
import { describe, expect, it } from 'vitest';
import {
  type BatchPayload,
  batchHash,
  batchPayloadText,
  batchSigningInput,
  parseBatch,
  verifyBatch,
} from './batch.ts';
import { base64url, hex, utf8 } from './bytes.ts';
import { canonicalize } from './canonical-json.ts';
import { thumbprint } from './device-key.ts';
import { portable, sha256 } from './primitives.ts';

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i + 1);
const KEY = p256.getPublicKey(SECRET, false).slice(1);
const KID = thumbprint({
  crv: 'P-256',
  kty: 'EC',
  x: base64url(KEY.slice(0, 32)),
  y: base64url(KEY.slice(32)),
});
const PAYLOAD: BatchPayload = {
  v: 1,
  bridge: 'br-1',
  epoch: 1,
  batch: 0,
  prev: '0'.repeat(64),
  count: 5,
  root: 'a'.repeat(64),
  software: 'b'.repeat(64),
  map: 'c'.repeat(64),
  config: 'd'.repeat(64),
  at: '2026-09-01T01:00:30.000Z',
};

function signed(signingInput: string): string {
  return `${signingInput}.${base64url(p256.sign(utf8(signingInput), SECRET))}`;
}

function jws(header: unknown, payload: unknown): string {
  const part = (value: unknown) => base64url(utf8(JSON.stringify(value)));
  return signed(`${part(header)}.${part(payload)}`);
}

describe('a batch', () => {
  const text = batchPayloadText(PAYLOAD);
  const whole = signed(batchSigningInput(KID, text));

  it('is read from its JWS and verifies under the key that signed it, and no other', () => {
    const batch = parseBatch(whole);
    expect([batch.kid, batch.payload, batch.payloadText]).toEqual([KID, PAYLOAD, text]);
    expect(verifyBatch(batch, KEY, portable)).toBe(true);
    const other = p256.getPublicKey(sha256(SECRET), false).slice(1);
    expect(verifyBatch(batch, other, portable)).toBe(false);
    expect(verifyBatch(batch, new Uint8Array(64), portable)).toBe(false);
    expect(verifyBatch(batch, KEY.slice(1), portable)).toBe(false);
  });

  it('fails with any one byte of its payload changed', () => {
    const batch = parseBatch(whole);
    for (let at = 0; at < batch.signingInput.length; at += 7) {
      const signingInput = batch.signingInput.with(at, (batch.signingInput[at] ?? 0) ^ 1);
      expect(verifyBatch({ ...batch, signingInput }, KEY, portable)).toBe(false);
    }
  });

  it('is followed by one that names the hash of its payload bytes', () => {
    expect(batchHash(text)).toBe(hex(sha256(utf8(canonicalize(PAYLOAD)))));
  });

  const header = { alg: 'ES256', kid: KID };
  const order = JSON.parse(text);
  it.each([
    ['two parts', whole.replace(/\.[^.]*$/, '')],
    ['four parts', `${whole}.`],
    ['padding', `${whole}=`],
    ['a short signature', `${batchSigningInput(KID, text)}.${base64url(new Uint8Array(63))}`],
    ['no algorithm', jws({ alg: 'none', kid: KID }, order)],
    ['another algorithm', jws({ alg: 'HS256', kid: KID }, order)],
    ['a header of its own', jws({ ...header, typ: 'JWT' }, order)],
    ['a critical header', jws({ alg: 'ES256', crit: ['b64'], kid: KID }, order)],
    ['a key inside', jws({ alg: 'ES256', jwk: {}, kid: KID }, order)],
    ['a kid that is no thumbprint', jws({ alg: 'ES256', kid: 'mine' }, order)],
    ['an unknown member', jws(header, { ...order, w: 1 })],
    ['another version', jws(header, { ...order, v: 2 })],
    ['an empty batch', jws(header, { ...order, count: 0 })],
    ['a count beyond a million', jws(header, { ...order, count: 1_000_000 })],
    ['members out of order', jws(header, { v: 1, ...order })],
    ['a number too large', tooLarge()],
  ])('with %s is refused', (_, refused) => {
    expect(() => parseBatch(refused)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(bad-batch|json-)/) }),
    );
  });

  function tooLarge(): string {
    return signed(batchSigningInput(KID, text.replace('"epoch":1', '"epoch":9007199254740993')));
  }

  it('is not written with members that its readers would refuse', () => {
    for (const change of [{ count: 0 }, { bridge: 'a b' }, { root: 'A'.repeat(64) }, { at: '' }]) {
      expect(() => batchPayloadText({ ...PAYLOAD, ...change })).toThrow(
        expect.objectContaining({ code: 'bad-batch' }),
      );
    }
  });
});
