import { z } from 'zod';
import { cursorKey, pageOf } from '../cursor.ts';
import { sitesOf } from '../permissions.ts';
import { jsonRoute, type Route } from '../route.ts';
import { pageShape, paging, siteId, time } from '../shapes.ts';
import { oidcNotSetUp } from '../sign-in/oidc.ts';
import { linkSubject } from '../sign-in/oidc-subject.ts';
import { STAFF, siteList, staffName, staffRole } from '../sign-in/records.ts';
import { addStaff, changeRights, disableStaff, resetStaff } from '../sign-in/staff.ts';
import { invitationView } from './people.ts';

const named = { name: staffName };
const rights = { role: staffRole, sites: siteList.optional() };
const done = z.object({ name: z.string() });
const OF_GRANTS = ['role-too-high', 'forbidden-site', 'staff-unknown', 'not-yourself'];

/** The answers hold secrets that are kept nowhere: none of them can be given again by an Idempotency-Key. */
export const staffRoutes: readonly Route[] = [
  jsonRoute({
    method: 'POST',
    path: '/v1/staff',
    tag: 'Staff',
    summary: 'Add somebody to the staff, who chooses a password by the invitation',
    permission: 'staff.change',
    scope: 'server',
    body: { name: staffName, ...rights },
    reply: invitationView,
    status: 201,
    codes: ['staff-exists', 'role-too-high', 'forbidden-site'],
    example: { body: { name: 'anna', role: 'cashier', sites: ['harbour'] } },
    handle: async ({ body, principal, access }) => ({
      body: await addStaff(access, principal, body),
    }),
  }),
  jsonRoute({
    method: 'GET',
    path: '/v1/staff',
    tag: 'Staff',
    summary: 'List the staff, of your sites where you are bound to some',
    permission: 'staff.read',
    scope: 'server',
    query: paging,
    reply: pageShape(
      z.object({
        name: z.string(),
        role: staffRole,
        sites: z.array(siteId).optional(),
        state: z.enum(['invited', 'active', 'disabled']),
        createdAt: time,
        by: z.string(),
        recoveryLeft: z.int(),
        subject: z.object({ issuer: z.string(), subject: z.string() }).optional(),
      }),
    ),
    codes: ['bad-cursor', 'cursor-mismatch'],
    example: {},
    handle: async ({ query, principal, access }) => {
      const own = sitesOf(principal);
      const filter = `staff ${own?.join(' ') ?? '*'}`;
      const after = cursorKey(query.cursor, filter);
      const kept = await access.page(STAFF, { ...(after && { after }), limit: MOST_STAFF });
      const rows = kept
        .map(
          ({ doc: { person: name, password: _, totp: __, invitation: ___, recovery, ...doc } }) => {
            return { name, ...doc, recoveryLeft: recovery.length };
          },
        )
        .filter(({ sites }) => own === undefined || sites?.some((site) => own.includes(site)));
      return { body: pageOf(rows, query.limit, filter, ({ name }) => name) };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/staff/{name}/rights',
    tag: 'Staff',
    summary: 'Change role and sites, from the next request on',
    permission: 'staff.change',
    scope: 'server',
    params: named,
    body: rights,
    reply: done,
    codes: OF_GRANTS,
    example: { params: { name: 'anna' }, body: { role: 'accountant', sites: ['harbour'] } },
    handle: async ({ params, body, principal, access }) => {
      await changeRights(access, principal, { ...params, ...body });
      return { body: params };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/staff/{name}/subject',
    tag: 'Staff',
    summary: 'Say whom the identity provider calls so, or that it is nobody of it',
    permission: 'staff.change',
    scope: 'server',
    params: named,
    body: { subject: z.string().min(1).max(255).optional().describe('Absent: no longer linked') },
    reply: done,
    codes: [...OF_GRANTS, 'subject-taken', 'oidc-not-set-up'],
    handle: async ({ params, body, principal, access, oidc }) => {
      if (oidc === undefined) throw oidcNotSetUp();
      const { issuer } = oidc;
      await linkSubject(access, principal, params.name, { issuer, subject: body.subject });
      return { body: params };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/staff/{name}/disable',
    tag: 'Staff',
    summary: 'Shut somebody out: every session ends at once',
    permission: 'staff.change',
    scope: 'server',
    params: named,
    reply: done,
    codes: OF_GRANTS,
    example: { params: { name: 'anna' } },
    handle: async ({ params, principal, access }) => {
      await disableStaff(access, principal, params.name);
      return { body: params };
    },
  }),
  jsonRoute({
    method: 'POST',
    path: '/v1/staff/{name}/reset',
    tag: 'Staff',
    summary: 'Take password and app away and invite again: who lost them, or was disabled',
    permission: 'staff.change',
    scope: 'server',
    params: named,
    reply: invitationView,
    codes: OF_GRANTS,
    example: { params: { name: 'anna' } },
    handle: async ({ params, principal, access }) => ({
      body: await resetStaff(access, principal, params.name),
    }),
  }),
];

/** More than any house has; the list is read whole, since it is filtered by sites. */
const MOST_STAFF = 10_000;
