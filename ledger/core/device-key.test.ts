import { p256 } from '@noble/curves/nist.js';
import { describe, expect, it } from 'vitest';
import { base64url, hex } from './bytes.ts';
import { parseDeviceJwk, publicKeyBytes, thumbprint } from './device-key.ts';

/** RFC 7517 appendix A.1's P-256 key. */
const JWK = {
  crv: 'P-256',
  kty: 'EC',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
} as const;

describe('a device key', () => {
  it('is read with exactly its four members, in any order', () => {
    const { y, ...rest } = JWK;
    expect(parseDeviceJwk({ y, ...rest })).toEqual(JWK);
  });

  it('has as bytes the point that the curve knows', () => {
    const point = p256.Point.fromHex(`04${hex(publicKeyBytes(JWK))}`);
    expect(() => point.assertValidity()).not.toThrow();
  });

  it('has one thumbprint, whatever is around it, and another one for another key', () => {
    expect(thumbprint(JWK)).toBe('cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s');
    expect(thumbprint({ ...JWK, x: JWK.y, y: JWK.x })).not.toBe(thumbprint(JWK));
  });

  it.each([
    ['a private part', { ...JWK, d: JWK.x }],
    ['a name', { ...JWK, kid: '1' }],
    ['another curve', { ...JWK, crv: 'P-384' }],
    ['another kind', { ...JWK, kty: 'OKP' }],
    ['a short coordinate', { ...JWK, x: base64url(new Uint8Array(31)) }],
    ['a long coordinate', { ...JWK, y: base64url(new Uint8Array(33)) }],
    ['padding', { ...JWK, x: `${JWK.x}=` }],
    ['a number', { ...JWK, x: 1 }],
    ['nothing', {}],
    ['no object', [JWK]],
  ])('with %s is refused', (_, value) => {
    expect(() => parseDeviceJwk(value)).toThrow(
      expect.objectContaining({ code: 'bad-device-key' }),
    );
  });
});
