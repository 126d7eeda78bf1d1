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
  'tariff.read': [...TENANT, ...STAFF, 'auditor'],
  'tariff.publish': ['manager', 'admin'],
  'top-up.credit': ['cashier', 'manager', 'admin'],
  'order.open': ['tenant-owner', 'tenant-payer', 'cashier', 'manager', 'admin'],
  'order.read': [...TENANT, 'cashier', 'accountant', 'manager', 'auditor', 'admin'],
  'payment.read': ['cashier', 'accountant', 'manager', 'auditor', 'admin'],
  'wallet.transfer': ['tenant-owner', 'tenant-payer'],
  'approval.ask': ['cashier', 'accountant', 'manager', 'admin'],
  'approval.read': ['cashier', 'accountant', 'manager', 'auditor', 'admin'],
  'approval.decide': ['accountant', 'manager', 'admin'],
  'reconciliation.read': ['accountant', 'manager', 'auditor', 'admin'],
  'reconciliation.run': ['accountant', 'manager', 'admin'],
  'fee.charge': ['accountant', 'manager', 'admin'],
  'statement.issue': ['accountant', 'manager', 'admin'],
  'statement.read': [...TENANT, 'cashier', 'accountant', 'manager', 'auditor', 'admin'],
  'statement.share': ['tenant-owner', 'tenant-payer', 'accountant', 'manager', 'admin'],
  'book.read': ['accountant', 'manager', 'auditor', 'admin'],
  'bridge.create': ['engineer', 'manager', 'admin'],
  'bridge.read': ['engineer', 'manager', 'auditor', 'admin'],
  'held-reading.read': ['engineer', 'manager', 'auditor', 'admin'],
  'held-reading.release': ['engineer', 'manager', 'admin'],
  'evidence.read': ['engineer', 'manager', 'auditor', 'admin'],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof ALLOWED;

/** Whom a bearer token speaks for. */
export interface Principal {
  readonly id: string;
  readonly role: Role;
  /** The one site of the token; absent for those who run several. */
  readonly site?: string;
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
  if (principal?.site !== undefined && principal.site !== site) {
    throw new Refusal('forbidden-site', 'This token is for another site than the one asked for.');
  }
  return site;
}
