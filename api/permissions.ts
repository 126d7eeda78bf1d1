import { Refusal } from '../ledger/core/refusal.ts';

export const ROLES = [
  'tenant-owner',
  'tenant-payer',
  'tenant-viewer',
  'cashier',
  'accountant',
  'engineer',
  'manager',
  'auditor',
  'admin',
] as const;
export type Role = (typeof ROLES)[number];

const TENANT = ['tenant-owner', 'tenant-payer', 'tenant-viewer'] as const;
const STAFF = ['cashier', 'accountant', 'engineer', 'manager', 'admin'] as const;

/** Roles of those who work here, an auditor among them. */
export const STAFF_ROLES = [...STAFF, 'auditor'] as const;
export const TENANT_ROLES = TENANT;

/**
 * Who may do what. A tenant's permission holds for the one account of the token, everyone's for the
 * site of the token. An auditor reads everything and changes nothing.
 */
const ALLOWED = {
  'site.create': ['admin'],
  'site.read': [...TENANT, ...STAFF, 'auditor'],
  'account.open': ['manager', 'admin'],
  'account.list': [...STAFF, 'auditor'],
  'account.read': [...TENANT, ...STAFF, 'auditor'],
  'event.read': [...TENANT, 'accountant', 'manager', 'auditor', 'admin'],
  'meter.read': [...STAFF, 'auditor'],
  'binding.change': ['engineer', 'manager', 'admin'],
  'room.read': [...STAFF, 'auditor'],
  'room.change': ['engineer', 'manager', 'admin'],
  'lease.read': [...STAFF, 'auditor'],
  'lease.change': ['manager', 'admin'],
  'import.run': ['manager', 'admin'],
  'tenant.read': ['cashier', 'accountant', 'manager', 'auditor', 'admin'],
  'tenant.change': ['cashier', 'manager', 'admin'],
  'tenant.erase': ['manager', 'admin'],
  'tariff.read': [...TENANT, ...STAFF, 'auditor'],
  'tariff.publish': ['manager', 'admin'],
  'stay.record': ['cashier', 'manager', 'admin'],
  'pool.share': ['accountant', 'manager', 'admin'],
  'terms.set': ['manager', 'admin'],
  'top-up.credit': ['cashier', 'manager', 'admin'],
  'shift.run': ['cashier', 'manager', 'admin'],
  'shift.read': ['cashier', 'accountant', 'manager', 'auditor', 'admin'],
  'deposit.take': ['cashier', 'manager', 'admin'],
  'order.open': ['tenant-owner', 'tenant-payer', 'cashier', 'manager', 'admin'],
  'order.read': [...TENANT, 'cashier', 'accountant', 'manager', 'auditor', 'admin'],
  'payment.read': ['cashier', 'accountant', 'manager', 'auditor', 'admin'],
  'wallet.transfer': ['tenant-owner', 'tenant-payer'],
  'credit.draw': ['tenant-owner', 'tenant-payer'],
  'approval.ask': ['cashier', 'accountant', 'manager', 'admin'],
  'approval.read': ['cashier', 'accountant', 'manager', 'auditor', 'admin'],
  'approval.decide': ['accountant', 'manager', 'admin'],
  'reconciliation.read': ['accountant', 'manager', 'auditor', 'admin'],
  'reconciliation.run': ['accountant', 'manager', 'admin'],
  'grid-bill.record': ['accountant', 'manager', 'admin'],
  'pass-through.read': ['accountant', 'manager', 'auditor', 'admin'],
  'fee.charge': ['accountant', 'manager', 'admin'],
  'statement.issue': ['accountant', 'manager', 'admin'],
  'statement.read': [...TENANT, 'cashier', 'accountant', 'manager', 'auditor', 'admin'],
  'statement.share': ['tenant-owner', 'tenant-payer', 'accountant', 'manager', 'admin'],
  'e-invoice.request': ['tenant-owner', 'tenant-payer', 'accountant', 'manager', 'admin'],
  'book.read': ['accountant', 'manager', 'auditor', 'admin'],
  'bridge.create': ['engineer', 'manager', 'admin'],
  'bridge.read': ['engineer', 'manager', 'auditor', 'admin'],
  'held-reading.read': ['engineer', 'manager', 'auditor', 'admin'],
  'held-reading.release': ['engineer', 'manager', 'admin'],
  'evidence.read': ['engineer', 'manager', 'auditor', 'admin'],
  'session.read': [...TENANT, ...STAFF, 'auditor'],
  'session.end': [...TENANT, ...STAFF, 'auditor'],
  'session.revoke': ['manager', 'admin'],
  'staff.read': ['manager', 'auditor', 'admin'],
  'staff.change': ['manager', 'admin'],
  'key.read': ['manager', 'auditor', 'admin'],
  'key.change': ['manager', 'admin'],
  'tenant.invite': ['tenant-owner', 'cashier', 'manager', 'admin'],
  'tenant.remove': ['tenant-owner', 'manager', 'admin'],
  'hook.read': ['manager', 'auditor', 'admin'],
  'hook.change': ['manager', 'admin'],
  'job.read': ['cashier', 'accountant', 'manager', 'auditor', 'admin'],
  'job.retry': ['cashier', 'accountant', 'manager', 'admin'],
  'audit.read': ['auditor', 'admin'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof ALLOWED;

/**
 * What takes a person: an approval that a program asks for and its maker agrees to would be one pair of
 * eyes, and a key that makes keys could not be taken back.
 */
const PERSONAL: readonly Permission[] = [
  ...(['approval.ask', 'approval.decide', 'session.end', 'session.revoke'] as const),
  ...(['staff.change', 'key.change', 'tenant.invite', 'tenant.remove'] as const),
];

/** Whom a bearer token speaks for. */
export interface Principal {
  readonly id: string;
  readonly role: Role;
  /** The one site of the token; absent for those who run several. */
  readonly site?: string;
  /** Where it is for several sites, but not for all. */
  readonly sites?: readonly string[];
  /** The session that the token is of; absent where none can be revoked. */
  readonly session?: string;
  /** A program with an API key. */
  readonly isProgram?: boolean;
  /** The one account of a tenant's token. */
  readonly account?: string;
}

export function isTenant(role: Role): boolean {
  return TENANT.some((tenant) => tenant === role);
}

export function may(role: Role, permission: Permission): boolean {
  const allowed: readonly Role[] = ALLOWED[permission];
  return allowed.includes(role);
}

/** Everyone who may, in the order of `ROLES`; the API document names them. */
export function rolesThatMay(permission: Permission): readonly Role[] {
  return ROLES.filter((role) => may(role, permission));
}

/** Refuses `forbidden` unless the principal's role has the permission. */
export function demand(principal: Principal, permission: Permission): void {
  if (principal.isProgram === true && PERSONAL.includes(permission)) {
    throw new Refusal(
      'forbidden',
      `An API key may not do this (${permission}): it takes a person who has signed in.`,
      { role: principal.role, permission },
    );
  }
  if (may(principal.role, permission)) return;
  throw new Refusal(
    'forbidden',
    `A token with role ${principal.role} may not do this (${permission}). Use one that may: ` +
      `${rolesThatMay(permission).join(', ')}.`,
    { role: principal.role, permission },
  );
}

/** A tenant's token opens its own account only; whether others exist is not told. */
export function demandAccount(principal: Principal, account: string): void {
  if (!isTenant(principal.role) || principal.account === account) return;
  throw new Refusal('not-your-account', 'This token opens another account than the one asked for.');
}

/** The sites that a token is for; undefined: all of them. */
export function sitesOf({ site, sites }: Principal): readonly string[] | undefined {
  return site === undefined ? sites : [site];
}

/** Refuses `forbidden-site` unless the token is for that site. */
export function demandSite(principal: Principal, site: string): void {
  if (sitesOf(principal)?.includes(site) ?? true) return;
  throw new Refusal('forbidden-site', 'This token is for another site than the one asked for.');
}

/**
 * Nobody gives or takes more than they have: only an admin makes admins, and whoever is bound to sites
 * reaches no other. Refuses `role-too-high`, `forbidden-site`.
 */
export function demandGrant(
  principal: Principal,
  role: Role,
  sites: readonly string[] | undefined,
): void {
  if (role === 'admin' && principal.role !== 'admin') {
    throw new Refusal('role-too-high', 'Only an admin has to do with admins. Ask one.');
  }
  const own = sitesOf(principal);
  if (own === undefined || sites?.every((site) => own.includes(site))) return;
  throw new Refusal('forbidden-site', 'This token is for fewer sites than that. Name its own.');
}

/**
 * The site that a request is about: what it names, which must be the token's where the token has
 * one; else the token's. Refusals: `site-missing`, `site-conflict`, `forbidden-site`.
 */
export function siteFor(
  principal: Principal | undefined,
  named: readonly (string | undefined)[],
): string {
  const sites = new Set(named.filter((site) => site !== undefined));
  if (sites.size > 1) {
    throw new Refusal('site-conflict', 'Query and body name different sites. Name one.');
  }
  const [site = principal?.site] = sites;
  if (site === undefined) {
    throw new Refusal('site-missing', 'Say which site is meant: add ?site=… or use its own token.');
  }
  if (principal !== undefined) demandSite(principal, site);
  return site;
}
