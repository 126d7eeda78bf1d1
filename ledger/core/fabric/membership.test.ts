import { describe, expect, it } from 'vitest';
import { TestAuthority } from '../../../test/support/fabric-authority.ts';
import { bytesOf, message, signDer } from '../../../test/support/fabric-bytes.ts';
import { portable } from '../primitives.ts';
import { readCertificate } from './certificate.ts';
import { isSignedBy, Membership } from './membership.ts';

/** `msp.FabricMSPConfig` with the four roles by their usual units. */
function membership(
  roots: readonly TestAuthority[],
  intermediates: readonly TestAuthority[] = [],
  lists: readonly Uint8Array[] = [],
): Membership {
  const units = ['client', 'peer', 'admin', 'orderer'].map(
    (unit, i) => [i + 2, message([2, unit])] as const,
  );
  return new Membership(
    message(
      [1, 'SampleMSP'],
      ...roots.map(({ pem }) => [2, pem] as const),
      ...intermediates.map(({ pem }) => [3, pem] as const),
      ...lists.map((list) => [5, list] as const),
      [11, message([1, 1], ...units)],
    ),
    portable,
  );
}

const root = new TestAuthority('root');
const peer = root.issue('peer0', { units: ['peer'] });

/** Authorities below the root, each the issuer of the next. */
function chain(length: number): TestAuthority[] {
  const authorities: TestAuthority[] = [];
  for (let i = 0; i < length; i += 1) {
    authorities.push(new TestAuthority(`middle-${i}`, {}, authorities.at(-1) ?? root));
  }
  return authorities;
}

describe('a member', () => {
  it('has its key and the role that its unit says', () => {
    const { name } = membership([root]);
    const member = membership([root]).member(peer.pem);
    expect(name).toBe('SampleMSP');
    expect(member).toEqual({ key: readCertificate(peer.pem).key, role: 'peer' });
    for (const role of ['client', 'admin', 'orderer'] as const) {
      const { pem } = root.issue('a', { units: ['floor-2', role] });
      expect(membership([root]).member(pem)).toMatchObject({ role });
    }
  });

  it('has one role, no more and no less', () => {
    for (const units of [[], ['Peer'], ['peer', 'orderer'], ['peer.']]) {
      expect(membership([root]).member(root.issue('a', { units }).pem)).toBe(undefined);
    }
  });

  it('was issued by a root or by an intermediate that leads to one', () => {
    const other = new TestAuthority('root');
    expect(membership([other]).member(peer.pem)).toBe(undefined);
    expect(membership([other, root]).member(peer.pem)).toMatchObject({ role: 'peer' });
    expect(membership([], [root]).member(peer.pem)).toBe(undefined);
    for (const length of [1, 2, 3]) {
      const authorities = chain(length);
      const pem = authorities.at(-1)?.issue('a', { units: ['peer'] }).pem ?? peer.pem;
      expect(membership([root], authorities).member(pem)).toMatchObject({ role: 'peer' });
      expect(membership([root], authorities.slice(1)).member(pem)).toBe(undefined);
      expect(membership([root], authorities.slice(0, -1)).member(pem)).toBe(undefined);
    }
    const tooMany = chain(4);
    const pem = tooMany.at(-1)?.issue('a', { units: ['peer'] }).pem ?? peer.pem;
    expect(membership([root], tooMany).member(pem)).toBe(undefined);
  });

  it('was issued by who has the name, and is an authority', () => {
    const renamed = new TestAuthority('another name', { key: root.key });
    expect(membership([renamed]).member(peer.pem)).toBe(undefined);
    const again = new TestAuthority('root', { key: root.key });
    expect(membership([again]).member(peer.pem)).toMatchObject({ role: 'peer' });
    const plain = new TestAuthority('root', { key: root.key, authority: undefined });
    expect(membership([plain]).member(peer.pem)).toBe(undefined);
  });

  it('has no more authorities above it than each of them allows', () => {
    const strict = new TestAuthority('strict', { authority: { pathLength: 0 } });
    const below = new TestAuthority('below', {}, strict);
    const direct = strict.issue('a', { units: ['peer'] });
    const indirect = below.issue('a', { units: ['peer'] });
    expect(membership([strict], [below]).member(direct.pem)).toMatchObject({ role: 'peer' });
    expect(membership([strict], [below]).member(indirect.pem)).toBe(undefined);
  });

  it('is judged at the time at which its certificate began', () => {
    const old = new TestAuthority('old', { notBefore: '200101000000Z', notAfter: '210101000000Z' });
    const of = (notBefore: string, notAfter: string) =>
      membership([old]).member(old.issue('a', { units: ['peer'], notBefore, notAfter }).pem)?.role;
    expect(of('200101000000Z', '200102000000Z')).toBe('peer');
    expect(of('210101000000Z', '360101000000Z')).toBe('peer');
    expect(of('191231235959Z', '210101000000Z')).toBe(undefined);
    expect(of('210101000001Z', '360101000000Z')).toBe(undefined);
    expect(of('200102000000Z', '200101000000Z')).toBe(undefined);
  });

  it('is none once its certificate, or an authority between, is revoked', () => {
    const [middle] = chain(1);
    if (middle === undefined) throw new Error('a chain of one has one');
    const below = middle.issue('a', { units: ['peer'] });
    const member = (list: Uint8Array) => membership([root], [middle], [list]).member(below.pem);
    expect(member(middle.revoke(below))).toBe(undefined);
    expect(member(root.revoke(middle))).toBe(undefined);
    // The same number of another authority is another certificate.
    expect(member(root.revoke(below))).toMatchObject({ role: 'peer' });
    expect(member(middle.revoke())).toMatchObject({ role: 'peer' });
  });

  it('is none with bytes that are no certificate', () => {
    expect(membership([root]).member(bytesOf('peer0'))).toBe(undefined);
    expect(membership([root]).member(new Uint8Array(0))).toBe(undefined);
    expect(membership([root]).member(root.pem)).toBe(undefined);
  });
});

describe('a signature of a member', () => {
  const key = readCertificate(peer.pem).key;
  const data = bytesOf('what is signed');

  it('verifies in DER with s in its lower half only', () => {
    expect(isSignedBy(key, data, signDer(peer.key, data), portable)).toBe(true);
    expect(isSignedBy(key, data, signDer(peer.key, data, 'high'), portable)).toBe(false);
    expect(isSignedBy(key, bytesOf('else'), signDer(peer.key, data), portable)).toBe(false);
    expect(isSignedBy(key, data, signDer(root.key, data), portable)).toBe(false);
    expect(isSignedBy(key, data, bytesOf('no signature'), portable)).toBe(false);
  });
});

describe('a configuration of members', () => {
  const refused = expect.objectContaining({ code: 'fabric-format' });

  it('is refused when it asks for units of every member, or names more than 16 authorities', () => {
    const asks = message([1, 'SampleMSP'], [2, root.pem], [7, message([2, 'floor-2'])]);
    expect(() => new Membership(asks, portable)).toThrowError(refused);
    expect(() => membership(Array.from({ length: 17 }, () => root))).toThrowError(refused);
  });

  it('passes over an authority that it cannot read, as one with another kind of key', () => {
    const units = message([1, 1], [3, message([2, 'peer'])]);
    const roots = [bytesOf('of another kind'), root.pem].map((pem) => [2, pem] as const);
    const config = message([1, 'SampleMSP'], ...roots, [11, units]);
    expect(new Membership(config, portable).member(peer.pem)).toMatchObject({ role: 'peer' });
  });
});
