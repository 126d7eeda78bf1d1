import { z } from 'zod';
import type { AccessRecord } from '../../ledger/access/access-store.ts';
import { Refusal } from '../../ledger/core/refusal.ts';
import { STAFF_ROLES, TENANT_ROLES } from '../permissions.ts';
import { id, siteId, time } from '../shapes.ts';

/**
 * A staff member's name is its id in events, approvals and the audit log, so it is never given again. What begins as
 * a tenant's or a key's id does is no name.
 */
export const STAFF_NAME = /^(?!t-|key-)[a-z][a-z0-9._-]{1,31}$/;
export const staffName = z.string().regex(STAFF_NAME).describe('Lower case; never given again');
export const staffRole = z.enum(STAFF_ROLES);
export const tenantRole = z.enum(TENANT_ROLES);
export const siteList = z.array(siteId).min(1).max(100).describe('Absent: all of the granter’s');
const hash = z.string();
const ms = z.int().min(0);

const staffDoc = z.strictObject({
  person: staffName,
  role: staffRole,
  sites: siteList.optional(),
  state: z.enum(['invited', 'active', 'disabled']),
  /** The one invitation that counts: an older one may be in other hands. */
  invitation: z.string().optional(),
  password: z.string().optional(),
  totp: z.strictObject({ secret: z.string(), lastStep: z.int() }).optional(),
  /** Whom an identity provider calls so. */
  subject: z.strictObject({ issuer: z.string(), subject: z.string() }).optional(),
  /** Hashes of those that are left. */
  recovery: z.array(hash),
  createdAt: time,
  by: z.string(),
});
export type StaffDoc = z.output<typeof staffDoc>;

const tenantDoc = z.strictObject({
  person: id,
  role: tenantRole,
  site: siteId,
  account: id,
  createdAt: time,
  by: z.string(),
});
export type TenantDoc = z.output<typeof tenantDoc>;

const holder = z.strictObject({ kind: z.enum(['staff', 'tenant']), id: z.string() });
export type Holder = z.output<typeof holder>;

const sessionDoc = z.strictObject({
  session: z.string(),
  holder,
  secret: hash,
  /** The secret before: taken for a moment, since the answer with the new one may be lost. */
  last: z.strictObject({ secret: hash, untilMs: ms }).optional(),
  ...{ startedMs: ms, usedMs: ms, untilMs: ms, mostMs: ms },
});
export type SessionDoc = z.output<typeof sessionDoc>;

const keyDoc = z.strictObject({
  key: id,
  secret: hash,
  label: z.string(),
  role: staffRole,
  sites: siteList.optional(),
  createdAt: time,
  by: z.string(),
  revokedAt: time.optional(),
});
export type KeyDoc = z.output<typeof keyDoc>;

const invitationDoc = z.strictObject({
  secret: hash,
  untilMs: ms,
  by: z.string(),
  to: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('staff'), person: staffName }),
    z.strictObject({
      kind: z.literal('tenant'),
      ...{ site: siteId, account: id, role: tenantRole },
    }),
  ]),
});
export type InvitationDoc = z.output<typeof invitationDoc>;

export const auditDoc = z.strictObject({
  at: time,
  what: z.string(),
  by: z.string().optional(),
  /** Person, key or session that it was done to. */
  to: z.string().optional(),
  sites: z.array(siteId).optional(),
  account: id.optional(),
  role: z.string().optional(),
  count: z.int().optional(),
});
export type AuditDoc = z.output<typeof auditDoc>;

/** What the store has of one kind. */
export interface Kind<T> {
  readonly name: string;
  readonly shape: z.ZodType<T>;
}

export const STAFF: Kind<StaffDoc> = { name: 'staff', shape: staffDoc };
/** The person that a subject of an issuer is: under the hash of both. */
export const SUBJECT: Kind<{ person: string }> = {
  name: 'subject',
  shape: z.strictObject({ person: staffName }),
};
/** Under `site/account/person`. */
export const TENANT: Kind<TenantDoc> = { name: 'tenant', shape: tenantDoc };
/** Under `person~id`. */
export const SESSION: Kind<SessionDoc> = { name: 'session', shape: sessionDoc };
/** Under the first digits of the secret's hash, as invitations are. */
export const KEY: Kind<KeyDoc> = { name: 'key', shape: keyDoc };
export const INVITATION: Kind<InvitationDoc> = { name: 'invitation', shape: invitationDoc };
/** The newest first. */
export const AUDIT: Kind<AuditDoc> = { name: 'audit', shape: auditDoc };

export interface Kept<T> {
  readonly id: string;
  readonly version: number;
  readonly doc: T;
}

/** Refuses `store-damaged`. */
export function keptOf<T>({ shape }: Kind<T>, { id, version, doc }: AccessRecord): Kept<T> {
  const read = shape.safeParse(doc);
  if (read.success) return { id, version, doc: read.data };
  throw new Refusal('store-damaged', 'A record of the access data cannot be read; restore it.');
}
