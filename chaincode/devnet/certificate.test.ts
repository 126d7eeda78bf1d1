import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { issueAuthority, issueMember, type Role } from './certificate.ts';

const period = {
  from: new Date('2026-11-26T18:00:00.000Z'),
  until: new Date('2056-11-26T18:00:00.000Z'),
};

test('an authority signs itself and may sign members', () => {
  const authority = issueAuthority('property.devnet', period);
  const certificate = new X509Certificate(authority.certificate);
  expect(certificate.toString()).toBe(authority.certificate);
  expect(certificate.subject).toBe('O=property.devnet\nCN=ca.property.devnet');
  expect(certificate.issuer).toBe(certificate.subject);
  expect(certificate.ca).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(authority.key)).toBe(true);
  // One date in two digits of the year, one in four.
  expect([certificate.validFromDate, certificate.validToDate]).toEqual([period.from, period.until]);
});

test.each<Role>(['admin', 'client', 'orderer', 'peer'])('a member is a %s by its unit', (role) => {
  const authority = issueAuthority('property.devnet', period);
  const member = issueMember(authority, 'property.devnet', role, period);
  const certificate = new X509Certificate(member.certificate);
  const root = new X509Certificate(authority.certificate);
  expect(certificate.subject).toBe(`O=property.devnet\nOU=${role}\nCN=${role}0.property.devnet`);
  expect(certificate.ca).toBe(false);
  expect(certificate.checkIssued(root)).toBe(true);
  expect(certificate.verify(root.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(member.key)).toBe(true);
  const stranger = new X509Certificate(issueAuthority('property.devnet', period).certificate);
  expect(certificate.verify(stranger.publicKey)).toBe(false);
});
