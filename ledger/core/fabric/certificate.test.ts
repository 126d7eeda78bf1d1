import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TestAuthority } from '../../../test/support/fabric-authority.ts';
import { bytesOf, der, pem } from '../../../test/support/fabric-bytes.ts';
import { fromBase64url, fromUtf8, hex } from '../bytes.ts';
import { portable } from '../primitives.ts';
import { readCertificate, readRevocations } from './certificate.ts';
import { readSequence } from './der.ts';

const authority = new TestAuthority('ca.test', { authority: { pathLength: 0 } });
const holder = authority.issue('peer0', { units: ['peer', 'floor-2'] });
const refused = expect.objectContaining({ code: 'fabric-format' });

describe('a certificate', () => {
  it('says what another implementation reads in it', () => {
    const other = new X509Certificate(holder.pem);
    const read = readCertificate(holder.pem);
    const { x = '', y = '' } = other.publicKey.export({ format: 'jwk' });
    expect(read).toMatchObject({
      id: other.raw.toString('hex'),
      serial: other.serialNumber.toLowerCase(),
      units: ['peer', 'floor-2'],
      notBefore: '20261123110500Z',
      notAfter: '20361120110500Z',
      pathLength: undefined,
    });
    expect(hex(read.key)).toBe(hex(fromBase64url(x)) + hex(fromBase64url(y)));
    const issuer = readCertificate(authority.pem);
    expect([issuer.subject, issuer.pathLength]).toEqual([read.issuer, 0]);
    expect(portable.verifyP256(issuer.key, read.signed, read.signature)).toBe(true);
    expect(other.verify(new X509Certificate(authority.pem).publicKey)).toBe(true);
  });

  it('may have words before and after its PEM', () => {
    const text = fromUtf8(holder.pem);
    const read = readCertificate(bytesOf(`Certificate:\n${text.replaceAll('\n', '\r\n')}# end`));
    expect(read).toEqual(readCertificate(holder.pem));
  });

  it('tells years from 1950 to 2049 in two digits, others in four', () => {
    const times = ([from, to]: [string, string]) => {
      const read = readCertificate(authority.issue('a', { notBefore: from, notAfter: to }).pem);
      return [read.notBefore, read.notAfter];
    };
    expect(times(['500101000000Z', '491231235959Z'])).toEqual([
      '19500101000000Z',
      '20491231235959Z',
    ]);
    expect(times(['20500101000000Z', '99991231235959Z'])).toEqual([
      '20500101000000Z',
      '99991231235959Z',
    ]);
    expect(() => times(['261123110500+0100', '361120110500Z'])).toThrowError(refused);
  });

  it('passes over what says nothing here, and refuses a critical word that it does not know', () => {
    // Subject alternative name and extended key usage; name constraints; certificate policies.
    expect(readCertificate(authority.issue('a', { critical: [0x11, 0x25] }).pem).units).toEqual([]);
    for (const arc of [0x1e, 0x20]) {
      const { pem: bytes } = authority.issue('a', { critical: [arc] });
      expect(() => readCertificate(bytes)).toThrowError(refused);
    }
  });

  it('is no authority without the right to sign certificates', () => {
    const { pem: bytes } = new TestAuthority('ca', { authority: { mayCertify: false } });
    expect(() => readCertificate(bytes)).toThrowError(refused);
  });

  it('is no authority where it says that it is none', () => {
    const raw = new X509Certificate(new TestAuthority('ca').pem).raw;
    const said = pem('CERTIFICATE', replaceAll(raw, '30030101ff', '3003010100'));
    expect(readCertificate(said).pathLength).toBe(undefined);
  });

  it('is refused with another kind of key or signature, or cut off', () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
    const spki = bytesOf(other.export({ format: 'der', type: 'spki' }));
    const raw = new X509Certificate(holder.pem).raw;
    const damaged = [
      pem('CERTIFICATE', spki),
      pem('CERTIFICATE', bytesOf(raw.subarray(0, 100))),
      pem('X509 CRL', bytesOf(raw)),
      // ecdsa-with-SHA384 in both places
      pem('CERTIFICATE', replaceAll(raw, '2a8648ce3d040302', '2a8648ce3d040303')),
      pem('CERTIFICATE', replaceAll(raw, '2a8648ce3d030107', '2a8648ce3d030108')),
      // A signature with unused bits, and something behind it.
      pem('CERTIFICATE', withUnusedBits(raw)),
      pem('CERTIFICATE', der(0x30, bytesOf(raw.subarray(4)), Uint8Array.of(5, 0))),
      bytesOf('no certificate'),
    ];
    for (const bytes of damaged) expect(() => readCertificate(bytes)).toThrowError(refused);
    expect(() => readCertificate(Uint8Array.of(255))).toThrowError(
      expect.objectContaining({ code: 'bad-utf8' }),
    );
  });
});

describe('a revocation list', () => {
  it('names its authority and the serial numbers', () => {
    const other = authority.issue('other');
    expect(readRevocations(authority.revoke(holder, other))).toEqual({
      issuer: readCertificate(authority.pem).subject,
      serials: [readCertificate(holder.pem).serial, readCertificate(other.pem).serial],
    });
    expect(readRevocations(authority.revoke()).serials).toEqual([]);
  });
});

function replaceAll(whole: Uint8Array, from: string, to: string): Uint8Array {
  return bytesOf(Buffer.from(hex(whole).replaceAll(from, to), 'hex'));
}

/** The certificate with one bit of its signature called unused. */
function withUnusedBits(whole: Uint8Array): Uint8Array {
  const changed = bytesOf(whole);
  const [, , signature] = readSequence(changed);
  signature?.content.set([1]);
  return changed;
}
