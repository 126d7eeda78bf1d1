import { expect, test } from 'vitest';
import { Refusal } from '../ledger/core/refusal.ts';
import {
  demand,
  demandAccount,
  demandGrant,
  may,
  type Permission,
  type Principal,
  ROLES,
  type Role,
  siteFor,
} from './permissions.ts';

// A letter for each role in the order of ROLES: o p v (tenants) c a e m u (auditor) A (admin).
const LETTERS = 'opvcaemuA';
const EXPECTED: Readonly<Record<Permission, string>> = {
  'site.create': '........A',
  'site.read': 'opvcaemuA',
  'account.open': '......m.A',
  'account.list': '...caemuA',
  'account.read': 'opvcaemuA',
  'event.read': 'opv.a.muA',
  'meter.read': '...caemuA',
  'binding.change': '.....em.A',
  'room.read': '...caemuA',
  'room.change': '.....em.A',
  'lease.read': '...caemuA',
  'lease.change': '......m.A',
  'import.run': '......m.A',
  'tenant.read': '...ca.muA',
  'tenant.change': '...c..m.A',
  'tenant.erase': '......m.A',
  'tariff.read': 'opvcaemuA',
  'tariff.publish': '......m.A',
  'stay.record': '...c..m.A',
  'pool.share': '....a.m.A',
  'terms.set': '......m.A',
  'top-up.credit': '...c..m.A',
  'shift.run': '...c..m.A',
  'shift.read': '...ca.muA',
  'deposit.take': '...c..m.A',
  'order.open': 'op.c..m.A',
  'order.read': 'opvca.muA',
  'payment.read': '...ca.muA',
  'wallet.transfer': 'op.......',
  'credit.draw': 'op.......',
  'approval.ask': '...ca.m.A',
  'approval.read': '...ca.muA',
  'approval.decide': '....a.m.A',
  'reconciliation.read': '....a.muA',
  'reconciliation.run': '....a.m.A',
  'grid-bill.record': '....a.m.A',
  'pass-through.read': '....a.muA',
  'fee.charge': '....a.m.A',
  'statement.issue': '....a.m.A',
  'statement.read': 'opvca.muA',
  'statement.share': 'op..a.m.A',
  'e-invoice.request': 'op..a.m.A',
  'book.read': '....a.muA',
  'bridge.create': '.....em.A',
  'bridge.read': '.....emuA',
  'held-reading.read': '.....emuA',
  'held-reading.release': '.....em.A',
  'evidence.read': '.....emuA',
  'session.read': 'opvcaemuA',
  'session.end': 'opvcaemuA',
  'session.revoke': '......m.A',
  'staff.read': '......muA',
  'staff.change': '......m.A',
  'key.read': '......muA',
  'key.change': '......m.A',
  'tenant.invite': 'o..c..m.A',
  'tenant.remove': 'o.....m.A',
  'hook.read': '......muA',
  'hook.change': '......m.A',
  'job.read': '...ca.muA',
  'job.retry': '...ca.m.A',
  'audit.read': '.......uA',
};
const PERMISSIONS = Object.keys(EXPECTED).filter((name): name is Permission => name in EXPECTED);

test.each(PERMISSIONS)('%s is for exactly the roles that the table names', (permission) => {
  const allowed = ROLES.map((role, i) => (may(role, permission) ? LETTERS[i] : '.')).join('');
  expect(allowed).toBe(EXPECTED[permission]);
});

test('an auditor reads, and changes nothing but that the own session ends', () => {
  const granted = PERMISSIONS.filter((permission) => may('auditor', permission));
  expect(granted.filter((permission) => !/\.(read|list)$/.test(permission))).toEqual([
    'session.end',
  ]);
});

test('a role without the permission is refused, with the roles that have it', () => {
  expect(refusalOf(() => demand(principal('cashier'), 'tariff.publish'))).toEqual([
    'forbidden',
    'A token with role cashier may not do this (tariff.publish). Use one that may: manager, admin.',
  ]);
  expect(refusalOf(() => demand(principal('manager'), 'tariff.publish'))).toBe('allowed');
});

test('a tenant opens its own account only, staff each one of the site', () => {
  const tenant: Principal = { id: 't', role: 'tenant-owner', site: 'a', account: 'K1' };
  expect(refusalOf(() => demandAccount(tenant, 'K1'))).toBe('allowed');
  expect(refusalOf(() => demandAccount(tenant, 'K2'))[0]).toBe('not-your-account');
  expect(refusalOf(() => demandAccount(principal('cashier'), 'K2'))).toBe('allowed');
});

test('the site is the one that is named, else that of the token, and never another', () => {
  const bound: Principal = { ...principal('cashier'), site: 'a' };
  const free = principal('admin');
  expect(siteFor(bound, [undefined, undefined])).toBe('a');
  expect(siteFor(bound, ['a', undefined])).toBe('a');
  expect(siteFor(free, ['b', 'b'])).toBe('b');
  expect(refusalOf(() => siteFor(bound, ['b']))[0]).toBe('forbidden-site');
  expect(refusalOf(() => siteFor(free, []))[0]).toBe('site-missing');
  expect(refusalOf(() => siteFor(free, ['a', 'b']))[0]).toBe('site-conflict');
});

test('a token of several sites is for each of them, and has none of its own', () => {
  const several: Principal = { ...principal('cashier'), sites: ['a', 'b'] };
  expect(siteFor(several, ['b'])).toBe('b');
  expect(refusalOf(() => siteFor(several, []))[0]).toBe('site-missing');
  expect(refusalOf(() => siteFor(several, ['c']))[0]).toBe('forbidden-site');
});

test('nobody gives more than they have', () => {
  const grants = (by: Principal, role: Role, sites?: readonly string[]) => {
    const refused = refusalOf(() => demandGrant(by, role, sites));
    return refused === 'allowed' ? refused : refused[0];
  };
  const bound: Principal = { ...principal('manager'), sites: ['a', 'b'] };
  expect(grants(principal('admin'), 'admin')).toBe('allowed');
  expect(grants(principal('manager'), 'admin')).toBe('role-too-high');
  expect(grants(principal('manager'), 'manager')).toBe('allowed');
  expect(grants(bound, 'cashier', ['a'])).toBe('allowed');
  expect(grants(bound, 'cashier', ['a', 'c'])).toBe('forbidden-site');
  expect(grants(bound, 'cashier')).toBe('forbidden-site');
});

test('a program does nothing that takes a person, whatever its role', () => {
  const program: Principal = { ...principal('admin'), isProgram: true };
  const refused = PERMISSIONS.filter((permission) => {
    return refusalOf(() => demand(program, permission)) !== 'allowed';
  });
  expect(refused.sort()).toEqual([
    ...['approval.ask', 'approval.decide', 'credit.draw', 'key.change', 'session.end'],
    ...['session.revoke', 'staff.change', 'tenant.invite', 'tenant.remove', 'wallet.transfer'],
  ]);
});

function principal(role: Role): Principal {
  return { id: 'someone', role };
}

function refusalOf(act: () => unknown): 'allowed' | [code: string, message: string] {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return [error.code, error.message];
    throw error;
  }
  return 'allowed';
}
