import { describe, expect, test } from 'vitest';
import { type CertificateWish, newIdentity } from '../doubles/unionpay/certificates.ts';
import { certificateId, judgeCertificate } from './certificate-chain.ts';

const NOW = Date.UTC(2026, 8, 1);
const DAY = 24 * 3_600_000;
const life = { fromMs: NOW - DAY, toMs: NOW + DAY };
const HOLDER = '中国银联股份有限公司';
const commonName = `041@8310000000083040@${HOLDER}@00016493`;

const root = newIdentity({ commonName: 'Root', kind: 'authority', ...life });
const middle = newIdentity({ commonName: 'Middle', kind: 'authority', ...life, issuer: root });
const leaf = issued({});
const trusted = {
  roots: [root.certificate],
  intermediates: [middle.certificate],
  holders: [HOLDER],
};

function issued(changes: Partial<CertificateWish>) {
  return newIdentity({ commonName, kind: 'signer', ...life, issuer: middle, ...changes });
}

function judge(one: { readonly certificate: { toString(): string } }, chain = trusted): string {
  return judgeCertificate(one.certificate.toString(), chain, NOW).kind;
}

describe('a certificate in a message', () => {
  test('counts when it stands on our roots', () => {
    const found = judgeCertificate(leaf.certificate.toString(), trusted, NOW);
    expect(found.kind === 'trusted' && found.key.equals(leaf.certificate.publicKey)).toBe(true);
  });

  test('counts with one of several roots and intermediates, while they overlap', () => {
    const nextRoot = newIdentity({ commonName: 'Root', kind: 'authority', ...life });
    const next = { kind: 'authority', ...life, issuer: nextRoot } as const;
    const nextMiddle = newIdentity({ commonName: 'Middle', ...next });
    const both = {
      ...trusted,
      roots: [nextRoot.certificate, root.certificate],
      intermediates: [nextMiddle.certificate, middle.certificate],
    };
    expect([judge(leaf, both), judge(issued({ issuer: nextMiddle }), both)]).toEqual([
      'trusted',
      'trusted',
    ]);
    expect(judge(issued({ issuer: nextMiddle }))).toBe('untrusted');
  });

  test('does not count when it issued itself, or somebody else did under the same names', () => {
    expect(judge(issued({ issuer: undefined }))).toBe('untrusted');
    const self = newIdentity({ commonName: 'Middle', kind: 'authority', ...life });
    expect(judge(issued({ issuer: self }))).toBe('untrusted');
  });

  test('does not count when a certificate that is no authority issued it', () => {
    const merchant = issued({ commonName: 'Middle' });
    const chain = { ...trusted, intermediates: [middle.certificate, merchant.certificate] };
    expect(judge(issued({ issuer: merchant }), chain)).toBe('untrusted');
  });

  test('does not count when its intermediate stands on another root', () => {
    const other = newIdentity({ commonName: 'Root', kind: 'authority', ...life });
    expect(judge(leaf, { ...trusted, roots: [other.certificate] })).toBe('untrusted');
  });

  test('does not count before and after its time, nor when an issuer is out of its own', () => {
    const over = { fromMs: NOW - 2 * DAY, toMs: NOW - 1_000 };
    expect(judge(issued(over))).toBe('expired');
    expect(judge(issued({ fromMs: NOW + 1_000, toMs: NOW + DAY }))).toBe('expired');
    const old = newIdentity({ commonName: 'Middle', kind: 'authority', ...over, issuer: root });
    const chain = { ...trusted, intermediates: [old.certificate] };
    expect(judge(issued({ issuer: old }), chain)).toBe('untrusted');
  });

  test('does not count when it is of another holder, or of an authority', () => {
    expect(judge(issued({ commonName: '041@1@Some merchant@00016493' }))).toBe('of-another');
    expect(judge(issued({ commonName: HOLDER }))).toBe('of-another');
    expect(judge(issued({ kind: 'authority' }))).toBe('of-another');
  });

  test('is read or nothing', () => {
    expect(judgeCertificate('', trusted, NOW)).toEqual({ kind: 'unreadable' });
    expect(judgeCertificate('-----BEGIN CERTIFICATE-----', trusted, NOW)).toEqual({
      kind: 'unreadable',
    });
  });
});

test('certId is the serial number in decimal', () => {
  const { certificate } = leaf;
  expect(certificateId(certificate)).toMatch(/^\d+$/);
  expect(BigInt(certificateId(certificate)).toString(16).toUpperCase()).toBe(
    certificate.serialNumber.replace(/^0+/, ''),
  );
});
